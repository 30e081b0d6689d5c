"""What a participant may read and write: their own, and nothing else.

Every method takes the :class:`~journeys.store.invitations.Participant` that a valid link gave, and
every statement asks again for that link (:mod:`journeys.store.access`). There is no method that
takes a person, an invitation or a study by number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, delete, insert, or_, select, update

from journeys.errors import AccessDenied, InputError
from journeys.journey import UserJourneys
from journeys.naming.tuning.installed import withdraw
from journeys.privacy import Keys
from journeys.store.access import (
    CONSENTED,
    Saving,
    holds_link,
    literals,
    may_answer,
    require_consent,
    require_link,
    value,
)
from journeys.store.engine import now
from journeys.store.erase import Erased, delete_unused_completions, erase_person
from journeys.store.example_names import forget_examples
from journeys.store.invitations import Participant
from journeys.store.logs import LogStore
from journeys.store.names import NameStore
from journeys.store.results import ResultStore
from journeys.store.schema import Base, EventRow, JourneyRow, Person
from journeys.store.study_rows import read_consent, read_correction, read_trial
from journeys.store.study_schema import (
    ConsentRow,
    CorrectionRow,
    InvitationRow,
    PreferredLevelRow,
    StatedJourneyRow,
    StudyAnswerRow,
    StudyItemsRow,
    StudyRunRow,
    StudyStepRow,
)
from journeys.store.upserting import upsert
from journeys.study.answers import (
    MOST_STATED,
    STEPS,
    Consent,
    Correction,
    Moment,
    Shown,
    Step,
    TrialAnswers,
    TrialRecord,
    clean_words,
)
from journeys.study.design_file import text_hash
from journeys.study.showing import under_condition
from journeys.timeline import Timeline

#: A day: longer than anybody takes for one question without going away.
_MOST_MS = 86_400_000

_SHOWN = (
    "trial", "kind", "run_id", "journey_id", "condition", "level", "name_shown", "namer", "prompts",
)  # fmt: skip


def _their_journey(table: type[Base], column: str) -> ColumnElement[bool]:
    """On ``invitation``: the journey that is saved is the person's own."""
    return (
        select(JourneyRow.id)
        .where(
            JourneyRow.run_id == value(table, "run_id"),
            JourneyRow.id == value(table, column),
            JourneyRow.person_id == InvitationRow.person_id,
        )
        .exists()
    )


#: A trial is about a foil, or about a journey of theirs in the discovery of the condition.
_THEIR_TRIAL = or_(
    value(StudyAnswerRow, "kind") == "foil",
    and_(
        _their_journey(StudyAnswerRow, "journey_id"),
        select(StudyRunRow.run_id)
        .where(
            StudyRunRow.study_id == InvitationRow.study_id,
            StudyRunRow.version == InvitationRow.version,
            StudyRunRow.condition == value(StudyAnswerRow, "condition"),
            StudyRunRow.run_id == value(StudyAnswerRow, "run_id"),
        )
        .exists(),
    ),
)

#: A correction is about no journey, or about journeys of theirs.
_THEIR_JOURNEYS = and_(
    *(
        or_(value(CorrectionRow, column) == "", _their_journey(CorrectionRow, column))
        for column in ("journey_id", "other_id")
    )
)


class ParticipationStore:
    """A participant's consent, journeys, answers, corrections, copy and erasure.

    Every method raises AccessDenied where the link does not work any more; those that save also
    where the study is closed or no consent stands.
    """

    def __init__(self, engine: Engine, keys: Keys, tuned: Path | None = None) -> None:
        self._engine = engine
        self._tuned = tuned
        self._logs = LogStore(engine, keys)
        self._results = ResultStore(engine)
        self._names = NameStore(engine)
        self._save_trial = Saving(
            engine,
            StudyAnswerRow,
            (*_SHOWN, "answers", "response_ms", "first_saved_at", "saved_at"),
            key=("invitation_id", "trial"),
            update=("answers", "saved_at"),
            only_if=_THEIR_TRIAL,
            unless_changed=("kind", "journey_id", "condition", "level"),
        )
        self._save_stated = Saving(
            engine,
            StatedJourneyRow,
            ("position", "words", "saved_at"),
            key=("invitation_id", "position"),
            update=("words", "saved_at"),
        )
        self._save_items = Saving(
            engine,
            StudyItemsRow,
            ("moment", "answers", "response_ms", "saved_at"),
            key=("invitation_id", "moment"),
            update=("answers", "saved_at"),
        )
        self._save_correction = Saving(
            engine,
            CorrectionRow,
            ("key", "kind", "run_id", "journey_id", "other_id", "events", "words", "saved_at"),
            key=("invitation_id", "key"),
            update=("events", "words", "saved_at"),
            only_if=_THEIR_JOURNEYS,
        )
        self._note_step = Saving(
            engine, StudyStepRow, ("step", "at"), key=("invitation_id", "step"), consent=False
        )

    # Consent

    def consent(self, participant: Participant) -> Consent | None:
        """The consent that stands, or None."""
        query = (
            select(ConsentRow.__table__)
            .join(InvitationRow, InvitationRow.id == ConsentRow.invitation_id)
            .where(holds_link(participant), ConsentRow.withdrawn_at.is_(None))
            .order_by(ConsentRow.id.desc())
        )
        with self._engine.connect() as connection:
            require_link(connection, participant)
            row = connection.execute(query).first()
        return None if row is None else read_consent(row)

    def give_consent(self, participant: Participant, *, as_examples: bool = False) -> None:
        """Note that the participant agrees to the design's consent text, now.

        A second time while consent stands changes nothing.

        Args:
            as_examples: their corrections may be shown to a model as examples when it names the
                journeys of others; counts only where the design asks for it.
        """
        design = participant.design
        source = select(
            InvitationRow.id,
            *literals(
                ConsentRow,
                {
                    "text_version": design.consent_version,
                    "text_hash": text_hash(design.consent_text),
                    "as_examples": as_examples and design.corrections_as_examples,
                    "given_at": now(),
                },
            ),
        ).where(holds_link(participant), ~CONSENTED)
        with self._engine.begin() as connection:
            connection.execute(
                insert(ConsentRow).from_select(
                    ["invitation_id", "text_version", "text_hash", "as_examples", "given_at"],
                    source,
                )
            )
            require_link(connection, participant)

    def withdraw(self, participant: Participant) -> None:
        """Take consent back: nothing more is saved, and no analysis counts what was.

        What they said serves no namer as an example from now on. Names that it helped to make are
        dropped, and namers that were tuned on it withdrawn.
        """
        if self._tuned:
            withdraw(self._tuned, {self._pseudonym(participant)})
        with self._engine.begin() as connection:
            connection.execute(
                update(ConsentRow)
                .where(
                    ConsentRow.invitation_id.in_(
                        select(InvitationRow.id).where(holds_link(participant))
                    ),
                    ConsentRow.withdrawn_at.is_(None),
                )
                .values(withdrawn_at=now())
            )
            require_link(connection, participant)
            if forget_examples(connection, [participant.invitation_id]):
                delete_unused_completions(connection)

    def _pseudonym(self, participant: Participant) -> str:
        with self._engine.connect() as connection:
            require_link(connection, participant)
            query = select(Person.pseudonym).where(Person.id == participant.person_id)
            return connection.execute(query).scalar_one()

    # What they look at

    def timeline(self, participant: Participant, condition: str | None = None) -> Timeline:
        """The participant's own events; with a condition, those that its discovery saw.

        Raises:
            AccessDenied: also where no consent stands.
        """
        with self._engine.connect() as connection:
            require_consent(connection, participant)
        run = None if condition is None else participant.runs.get(condition)
        return self._logs.timeline(participant.person_id, run)

    def journeys(self, participant: Participant, condition: str) -> UserJourneys:
        """The participant's own journeys with the names of a condition.

        Journeys that the condition's namer has not named are left out; without a discovery there
        are none.

        Raises:
            AccessDenied: also where no consent stands, or the condition is not one of theirs.
        """
        if condition not in participant.conditions:
            raise AccessDenied("This is not part of what you were invited to.")
        timeline = self.timeline(participant, condition)
        run = participant.runs.get(condition)
        person = participant.person_id
        found = self._results.user(-1 if run is None else run, person, timeline)
        if run is None:
            return found
        wanted = participant.design.condition(condition)
        return under_condition(found, wanted, self._names.of_person(run, person))

    # What they answer

    def save_answer(
        self, participant: Participant, shown: Shown, answers: TrialAnswers, response_ms: int
    ) -> None:
        """Keep what was answered in a trial, in place of what was answered in it before.

        Saving the same twice changes nothing; a trial is kept once. ``response_ms`` and the first
        time stay those of the first saving.

        Raises:
            StoreError: the journey is not one of theirs, or the trial showed something else when
                it was answered first.
        """
        at = now()
        values = {
            "trial": shown.trial,
            "kind": shown.kind,
            "run_id": shown.run_id,
            "journey_id": shown.journey_id,
            "condition": shown.condition,
            "level": shown.level,
            "name_shown": shown.name,
            "namer": shown.namer,
            "prompts": shown.prompts,
            "answers": answers.to_dict(),
            "response_ms": min(max(0, response_ms), _MOST_MS),
            "first_saved_at": at,
            "saved_at": at,
        }
        self._save_trial(participant, values)

    def answers(self, participant: Participant) -> Sequence[TrialRecord]:
        """What was answered so far, by trial."""
        return [
            read_trial(row) for row in self._own(participant, StudyAnswerRow, StudyAnswerRow.trial)
        ]

    def save_stated(self, participant: Participant, words: Sequence[str]) -> None:
        """Keep the journeys that the participant states, in place of those stated before.

        Raises:
            InputError: one is too long, or there are too many.
        """
        said = [line for line in map(clean_words, words) if line]
        if len(said) > MOST_STATED:
            raise InputError(f"Up to {MOST_STATED} journeys can be stated, not {len(said)}.")
        for position, line in enumerate(said):
            values = {"position": position, "words": line, "saved_at": now()}
            self._save_stated(participant, values)
        self._drop(participant, StatedJourneyRow, StatedJourneyRow.position >= len(said))

    def stated(self, participant: Participant) -> tuple[str, ...]:
        """The stated journeys, in their order."""
        rows = self._own(participant, StatedJourneyRow, StatedJourneyRow.position)
        return tuple(row.words for row in rows)

    def save_items(
        self,
        participant: Participant,
        moment: Moment,
        answers: Mapping[str, int],
        response_ms: int,
    ) -> None:
        """Keep the answers (1 to 5, by item key) about trust and risk, before or after.

        Raises:
            InputError: an item is not one of the design's, or an answer is off the scale.
        """
        keys = {item.key for item in participant.design.items}
        if moment not in ("before", "after") or not set(answers) <= keys:
            raise InputError("These questions are not part of this study.")
        if not all(isinstance(a, int) and 1 <= a <= 5 for a in answers.values()):
            raise InputError("Answers are from 1 to 5.")
        values = {
            "moment": moment,
            "answers": dict(answers),
            "response_ms": min(max(0, response_ms), _MOST_MS),
            "saved_at": now(),
        }
        self._save_items(participant, values)

    def items(self, participant: Participant, moment: Moment) -> dict[str, int]:
        """The answers about trust and risk; empty where none were given."""
        for row in self._own(participant, StudyItemsRow, StudyItemsRow.moment):
            if row.moment == moment:
                return dict(row.answers)
        return {}

    # What they correct

    def correct(self, participant: Participant, correction: Correction) -> None:
        """Keep a correction in place of an earlier one of the same.

        Raises:
            InputError: an event is not one of theirs.
            StoreError: a journey is not one of theirs.
        """
        with self._engine.connect() as connection:
            require_consent(connection, participant)
            own = select(EventRow.id).where(EventRow.person_id == participant.person_id)
            events = set(correction.events)
            if events and not events <= set(connection.scalars(own)):
                raise InputError("One of these items is not in your log.")
        values = {
            "key": correction.key,
            "kind": correction.kind,
            "run_id": correction.run_id,
            "journey_id": correction.journey_id,
            "other_id": correction.other_id,
            "events": list(correction.events),
            "words": correction.words,
            "saved_at": now(),
        }
        self._save_correction(participant, values)

    def take_back(self, participant: Participant, key: str) -> None:
        """Undo the correction with a key."""
        self._drop(participant, CorrectionRow, CorrectionRow.key == key)

    def corrections(self, participant: Participant) -> Sequence[Correction]:
        """The participant's corrections, oldest first."""
        rows = self._own(participant, CorrectionRow, CorrectionRow.id)
        return [read_correction(row) for row in rows]

    # Where they are

    def reach(self, participant: Participant, step: Step) -> None:
        """Note that the participant reached a step; only the first time counts."""
        if step not in STEPS:
            raise ValueError(f"step must be one of {STEPS}, not {step!r}")
        self._note_step(participant, {"step": step, "at": now()})

    def steps(self, participant: Participant) -> dict[str, int]:
        """step -> when it was reached first."""
        rows = self._own(participant, StudyStepRow, StudyStepRow.at)
        return {row.step: row.at for row in rows}

    def finish(self, participant: Participant) -> None:
        """Note that the participant is done; answers can still be changed."""
        self.reach(participant, "done")
        with self._engine.begin() as connection:
            connection.execute(
                update(InvitationRow)
                .where(may_answer(participant), InvitationRow.finished_at.is_(None))
                .values(finished_at=now())
            )

    def keep_level(
        self, participant: Participant, level: float, spread: float, answers: int
    ) -> None:
        """Keep the level (1 to 5) that the participant was found to prefer, as their default.

        Args:
            spread: posterior standard deviation.
            answers: how many are behind it.
        """
        if not (1 <= level <= 5 and spread >= 0 and answers >= 0):
            raise ValueError(f"no such level: {level} ± {spread} of {answers}")
        values = {
            "person_id": participant.person_id,
            "study_id": participant.study_id,
            "level": level,
            "spread": spread,
            "answers": answers,
            "updated_at": now(),
        }
        source = select(*literals(PreferredLevelRow, values)).where(
            select(InvitationRow.id).where(may_answer(participant)).exists()
        )
        statement = upsert(self._engine, PreferredLevelRow).from_select(list(values), source)
        with self._engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["person_id"],
                    set_={name: statement.excluded[name] for name in list(values)[1:]},
                )
            )

    # Their rights

    def copy(self, participant: Participant) -> dict[str, object]:
        """Everything that the study holds of the participant, for themselves; JSON values."""
        consent = self.consent(participant)
        return {
            "study": participant.design.title,
            "design": participant.design_hash,
            "consent": None if consent is None else asdict(consent),
            "stated": list(self.stated(participant)),
            "before": self.items(participant, "before"),
            "answers": [asdict(record) for record in self.answers(participant)],
            "corrections": [asdict(c) for c in self.corrections(participant)],
            "after": self.items(participant, "after"),
            "steps": self.steps(participant),
        }

    def erase(self, participant: Participant) -> Erased:
        """Erase the participant: their log, journeys, answers, this invitation, everything.

        Namers that were tuned on what they called their journeys are withdrawn.

        Raises:
            StoreError: as :func:`journeys.store.erase.erase_person`.
        """
        with self._engine.connect() as connection:
            require_link(connection, participant)
        return erase_person(self._engine, participant.person_id, tuned=self._tuned)

    def _own(self, participant: Participant, table: Any, order: Any) -> Sequence[Any]:
        """The participant's rows of a table."""
        query = (
            select(table.__table__)
            .join(InvitationRow, InvitationRow.id == table.invitation_id)
            .where(holds_link(participant))
            .order_by(order)
        )
        with self._engine.connect() as connection:
            require_link(connection, participant)
            return connection.execute(query).all()

    def _drop(self, participant: Participant, table: Any, which: ColumnElement[bool]) -> None:
        mine = select(InvitationRow.id).where(may_answer(participant))
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.invitation_id.in_(mine), which))
            require_link(connection, participant)
