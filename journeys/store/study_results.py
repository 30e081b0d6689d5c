"""What a study's participants answered, for its analysis. Who withdrew consent is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, Select, func, select

from journeys.store.access import CONSENTED
from journeys.store.schema import JourneyRow, NameLabel, Person
from journeys.store.study_rows import read_consent, read_correction, read_match, read_trial
from journeys.store.study_schema import (
    ConsentRow,
    CorrectionRow,
    InvitationRow,
    StatedJourneyRow,
    StatedMatchRow,
    StudyAnswerRow,
    StudyItemsRow,
    StudyRunRow,
    StudyStepRow,
)
from journeys.study.answers import STEPS, Consent, Correction, Match, TrialAnswers, TrialRecord
from journeys.study.levels import LevelAnswer

#: Microseconds.
DAY = 86_400_000_000


@dataclass(frozen=True)
class ParticipantRecord:
    """Everything that one participant gave a study.

    Attributes:
        pseudonym: the person's; the same in every export of this installation.
        person_id: the person's in the store, for their journeys; not for an export.
        version: of the design.
        number: place in the scheme of assignment, in the order of consent.
        conditions: keys, in the order in which they were met.
        stated: journeys in the participant's own words.
        matches: index of a stated journey -> the (run id, journey id) that the participant takes
            it for, or None for none of what was found; what they did not say is missing.
        before, after: item key -> 1 to 5.
        journeys: (run id, journey id) -> (rank, number of events), of the journeys answered.
        finished_at: None until they are done; microseconds since 1970-01-01 UTC.
        days: (run id, journey id) -> days from the journey's first to its last event.
        invited_at: microseconds since 1970-01-01 UTC.
    """

    pseudonym: str
    person_id: int
    version: int
    number: int
    conditions: tuple[str, ...]
    consent: Consent
    stated: tuple[str, ...]
    before: Mapping[str, int]
    trials: tuple[TrialRecord, ...]
    corrections: tuple[Correction, ...]
    after: Mapping[str, int]
    steps: Mapping[str, int]
    journeys: Mapping[tuple[int, str], tuple[int, int]]
    finished_at: int | None
    matches: Mapping[int, Match] = field(default_factory=dict)
    days: Mapping[tuple[int, str], float] = field(default_factory=dict)
    invited_at: int | None = None


@dataclass(frozen=True)
class Extent:
    """How much a study holds of those whose consent stands; it changes with any answer.

    Attributes:
        answers: trials answered.
        newest: when the last was saved, microseconds; 0 without any.
        said: journeys stated, matches and corrections.
        labels: of the names that were shown, by whoever labelled them.
    """

    participants: int
    finished: int
    answers: int
    newest: int
    said: int
    labels: int
    newest_label: int


class StudyResultStore:
    """Read answers across participants: the researcher's side."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def participants(
        self, study_id: int, version: int | None = None
    ) -> Sequence[ParticipantRecord]:
        """Everybody whose consent stands, in the order in which they were invited.

        Args:
            version: of the design; all where None.
        """
        query = (
            select(InvitationRow.__table__, Person.pseudonym)
            .join(Person, Person.id == InvitationRow.person_id)
            .where(InvitationRow.study_id == study_id, CONSENTED)
            .order_by(InvitationRow.id)
        )
        if version is not None:
            query = query.where(InvitationRow.version == version)
        journeys = (
            select(
                StudyAnswerRow.invitation_id,
                JourneyRow.run_id,
                JourneyRow.id,
                JourneyRow.rank,
                JourneyRow.n_events,
                JourneyRow.first_seen,
                JourneyRow.last_seen,
            )
            .join(InvitationRow, InvitationRow.id == StudyAnswerRow.invitation_id)
            .join(
                JourneyRow,
                (JourneyRow.run_id == StudyAnswerRow.run_id)
                & (JourneyRow.id == StudyAnswerRow.journey_id),
            )
            .where(InvitationRow.study_id == study_id)
        )
        with self._engine.connect() as connection:
            consents = _grouped(connection.execute(_of(study_id, ConsentRow, ConsentRow.id)))
            trials = _grouped(
                connection.execute(_of(study_id, StudyAnswerRow, StudyAnswerRow.trial))
            )
            stated = _grouped(
                connection.execute(_of(study_id, StatedJourneyRow, StatedJourneyRow.position))
            )
            matched = _grouped(
                connection.execute(_of(study_id, StatedMatchRow, StatedMatchRow.position))
            )
            items = _grouped(connection.execute(_of(study_id, StudyItemsRow, StudyItemsRow.moment)))
            corrections = _grouped(
                connection.execute(_of(study_id, CorrectionRow, CorrectionRow.id))
            )
            steps = _grouped(connection.execute(_of(study_id, StudyStepRow, StudyStepRow.at)))
            about = _grouped(connection.execute(journeys))
            rows = connection.execute(query).all()
        standing = {
            invitation: read_consent(given[-1])
            for invitation, given in consents.items()
            if given[-1].withdrawn_at is None
        }
        return [
            ParticipantRecord(
                pseudonym=row.pseudonym,
                person_id=row.person_id,
                version=row.version,
                number=row.number if row.arrival is None else row.arrival,
                conditions=tuple(row.conditions),
                consent=standing[row.id],
                stated=tuple(s.words for s in stated.get(row.id, ())),
                before=_answers(items.get(row.id, ()), "before"),
                trials=tuple(map(read_trial, trials.get(row.id, ()))),
                corrections=tuple(map(read_correction, corrections.get(row.id, ()))),
                after=_answers(items.get(row.id, ()), "after"),
                steps={s.step: s.at for s in steps.get(row.id, ())},
                journeys={(j.run_id, j.id): (j.rank, j.n_events) for j in about.get(row.id, ())},
                finished_at=row.finished_at,
                matches={m.position: read_match(m) for m in matched.get(row.id, ())},
                days={
                    (j.run_id, j.id): (j.last_seen - j.first_seen) / DAY
                    for j in about.get(row.id, ())
                },
                invited_at=row.created_at,
            )
            for row in rows
            if row.id in standing
        ]

    def extent(self, study_id: int) -> Extent:
        """How much there is, counted by the database."""
        mine = (InvitationRow.study_id == study_id) & CONSENTED
        people = select(func.count(), func.count(InvitationRow.finished_at)).where(mine)
        answers = (
            select(func.count(), func.coalesce(func.max(StudyAnswerRow.saved_at), 0))
            .join(InvitationRow, InvitationRow.id == StudyAnswerRow.invitation_id)
            .where(mine)
        )
        said = [
            select(func.count())
            .select_from(table)
            .join(InvitationRow, InvitationRow.id == table.invitation_id)
            .where(mine)
            for table in (StatedJourneyRow, StatedMatchRow, CorrectionRow)
        ]
        runs = select(StudyRunRow.run_id).where(StudyRunRow.study_id == study_id)
        labels = select(func.count(), func.coalesce(func.max(NameLabel.created_at), 0)).where(
            NameLabel.run_id.in_(runs)
        )
        with self._engine.connect() as connection:
            return Extent(
                *connection.execute(people).one(),
                *connection.execute(answers).one(),
                sum(connection.scalar(each) or 0 for each in said),
                *connection.execute(labels).one(),
            )

    def level_answers(
        self, study_id: int, *, without: int | None = None
    ) -> Sequence[Sequence[LevelAnswer]]:
        """What everybody whose consent stands said of the names of their own journeys.

        Answers to foils and repetitions are left out. One entry a participant who said anything,
        in the order of their trials; nothing tells who it is.

        Args:
            without: a person to leave out.
        """
        query = (
            select(StudyAnswerRow.invitation_id, StudyAnswerRow.level, StudyAnswerRow.answers)
            .join(InvitationRow, InvitationRow.id == StudyAnswerRow.invitation_id)
            .where(InvitationRow.study_id == study_id, StudyAnswerRow.kind == "journey", CONSENTED)
            .order_by(StudyAnswerRow.invitation_id, StudyAnswerRow.trial)
        )
        if without is not None:
            query = query.where(InvitationRow.person_id != without)
        with self._engine.connect() as connection:
            rows = _grouped(connection.execute(query))
        everybody = (
            [LevelAnswer.of(row.level, TrialAnswers.from_dict(row.answers)) for row in own]
            for own in rows.values()
        )
        return [said for own in everybody if (said := [a for a in own if a.says_something])]

    def funnel(self, study_id: int) -> dict[str, int]:
        """How many reached each step, the invited first; those who withdrew are counted."""
        invited = select(func.count()).where(InvitationRow.study_id == study_id)
        reached = (
            select(StudyStepRow.step, func.count().label("people"))
            .join(InvitationRow, InvitationRow.id == StudyStepRow.invitation_id)
            .where(InvitationRow.study_id == study_id)
            .group_by(StudyStepRow.step)
        )
        with self._engine.connect() as connection:
            counts = {row.step: row.people for row in connection.execute(reached)}
            return {
                "invited": connection.scalar(invited) or 0,
                **{step: counts.get(step, 0) for step in STEPS},
            }

    def withdrawn(self, study_id: int) -> int:
        """How many agreed and took it back."""
        ever = select(ConsentRow.id).where(ConsentRow.invitation_id == InvitationRow.id).exists()
        query = (
            select(func.count())
            .select_from(InvitationRow)
            .where(InvitationRow.study_id == study_id, ever, ~CONSENTED)
        )
        with self._engine.connect() as connection:
            return connection.scalar(query) or 0


def _of(study_id: int, table: Any, order: Any) -> Select[Any]:
    return (
        select(table.__table__)
        .join(InvitationRow, InvitationRow.id == table.invitation_id)
        .where(InvitationRow.study_id == study_id)
        .order_by(table.invitation_id, order)
    )


def _grouped(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.invitation_id, []).append(row)
    return found


def _answers(rows: Sequence[Any], moment: str) -> dict[str, int]:
    return next((dict(row.answers) for row in rows if row.moment == moment), {})
