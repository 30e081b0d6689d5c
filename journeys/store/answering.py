"""What a participant answers, states, matches and corrects: saved once, read as their own.

Part of :mod:`journeys.store.participation`, and under its rule: every statement asks for the link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, delete, or_, select

from journeys.errors import InputError
from journeys.store.access import (
    Saving,
    holds_link,
    may_answer,
    require_consent,
    require_link,
    value,
)
from journeys.store.engine import now
from journeys.store.invitations import Participant
from journeys.store.queueing import writer
from journeys.store.schema import Base, EventRow, JourneyRow
from journeys.store.study_rows import read_correction, read_match, read_trial
from journeys.store.study_schema import (
    CorrectionRow,
    InvitationRow,
    StatedJourneyRow,
    StatedMatchRow,
    StudyAnswerRow,
    StudyItemsRow,
    StudyRunRow,
)
from journeys.study.answers import (
    MOST_STATED,
    Correction,
    Match,
    Moment,
    Shown,
    TrialAnswers,
    TrialRecord,
    clean_words,
)

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

#: A match is with nothing, or with a journey of theirs that the study shows; of a stated one.
_THEIR_MATCH = and_(
    select(StatedJourneyRow.position)
    .where(
        StatedJourneyRow.invitation_id == InvitationRow.id,
        StatedJourneyRow.position == value(StatedMatchRow, "position"),
    )
    .exists(),
    or_(
        value(StatedMatchRow, "run_id").is_(None),
        and_(
            _their_journey(StatedMatchRow, "journey_id"),
            select(StudyRunRow.run_id)
            .where(
                StudyRunRow.study_id == InvitationRow.study_id,
                StudyRunRow.version == InvitationRow.version,
                StudyRunRow.run_id == value(StatedMatchRow, "run_id"),
            )
            .exists(),
        ),
    ),
)

#: A correction is about no journey, or about journeys of theirs.
_THEIR_JOURNEYS = and_(
    *(
        or_(value(CorrectionRow, column) == "", _their_journey(CorrectionRow, column))
        for column in ("journey_id", "other_id")
    )
)


class AnswerStore:
    """A participant's answers, stated journeys, matches, items about trust, and corrections."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        through = writer(engine)
        self._save_trial = Saving(
            engine,
            StudyAnswerRow,
            (*_SHOWN, "answers", "recall_ms", "response_ms", "first_saved_at", "saved_at"),
            key=("invitation_id", "trial"),
            update=("answers", "saved_at"),
            fill=("recall_ms", "response_ms"),
            only_if=_THEIR_TRIAL,
            unless_changed=("kind", "journey_id", "condition", "level"),
            writer=through,
        )
        self._save_stated = Saving(
            engine,
            StatedJourneyRow,
            ("position", "words", "saved_at"),
            key=("invitation_id", "position"),
            update=("words", "saved_at"),
            writer=through,
        )
        self._save_match = Saving(
            engine,
            StatedMatchRow,
            ("position", "run_id", "journey_id", "saved_at"),
            key=("invitation_id", "position"),
            update=("run_id", "journey_id", "saved_at"),
            only_if=_THEIR_MATCH,
            writer=through,
        )
        self._save_items = Saving(
            engine,
            StudyItemsRow,
            ("moment", "answers", "response_ms", "saved_at"),
            key=("invitation_id", "moment"),
            update=("answers", "saved_at"),
            writer=through,
        )
        self._save_correction = Saving(
            engine,
            CorrectionRow,
            ("key", "kind", "run_id", "journey_id", "other_id", "events", "words", "saved_at"),
            key=("invitation_id", "key"),
            update=("events", "words", "saved_at"),
            only_if=_THEIR_JOURNEYS,
            writer=through,
        )

    # What they answer

    def save_answer(
        self,
        participant: Participant,
        shown: Shown,
        answers: TrialAnswers,
        response_ms: int | None = None,
        recall_ms: int | None = None,
    ) -> None:
        """Keep what was answered in a trial, in place of what was answered in it before.

        Saving the same twice changes nothing; a trial is kept once. Each of the two times stays
        that of the first saving which has the answer that it is of.

        Args:
            response_ms: from when the name was shown; kept with an identification only.
            recall_ms: from when the items were shown; kept with an answer to recall only.

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
            "recall_ms": None if answers.recalled is None else _within_a_day(recall_ms),
            "response_ms": None if answers.identification is None else _within_a_day(response_ms),
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
        self._drop(participant, StatedMatchRow, StatedMatchRow.position >= len(said))

    def stated(self, participant: Participant) -> tuple[str, ...]:
        """The stated journeys, in their order."""
        rows = self._own(participant, StatedJourneyRow, StatedJourneyRow.position)
        return tuple(row.words for row in rows)

    def save_match(self, participant: Participant, stated: int, match: Match) -> None:
        """Keep which of the found journeys a stated one is, in the participant's own judgement.

        Args:
            stated: its index in :meth:`stated`.
            match: (run id, journey id), or None for none of what was found.

        Raises:
            StoreError: there is no such stated journey, or the journey is not one of theirs.
        """
        run_id, journey_id = match or (None, "")
        values = {
            "position": stated,
            "run_id": run_id,
            "journey_id": journey_id,
            "saved_at": now(),
        }
        self._save_match(participant, values)

    def drop_match(self, participant: Participant, stated: int) -> None:
        """Take back what was said of a stated journey's match."""
        self._drop(participant, StatedMatchRow, StatedMatchRow.position == stated)

    def matches(self, participant: Participant) -> dict[int, Match]:
        """Index of a stated journey -> its match, of those that the participant matched."""
        rows = self._own(participant, StatedMatchRow, StatedMatchRow.position)
        return {row.position: read_match(row) for row in rows}

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
            "response_ms": _within_a_day(response_ms),
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


def _within_a_day(ms: int | None) -> int | None:
    return None if ms is None else min(max(0, ms), _MOST_MS)
