"""What participants of a study said instead of a name, as examples for naming, while they allow it.

Nothing is copied: examples are read from the answers each time, and whose may serve is asked before
each prompt. What is kept is their ids, beside the names that they helped to make. When consent is
taken back, or a person or study erased, those names go too, so that the journeys are named anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Engine, func, select

from journeys.discovery.evidence import build_evidence
from journeys.naming.base import Evidence
from journeys.naming.examples import Allowed, ExampleBook, NameExample, Selection
from journeys.privacy import Keys
from journeys.store.access import CONSENTED
from journeys.store.example_names import example_id, invitations_of, with_examples
from journeys.store.logs import LogStore
from journeys.store.results import ResultStore
from journeys.store.schema import Naming, Person
from journeys.store.study_rows import read_trial
from journeys.store.study_schema import (
    ConsentRow,
    InvitationRow,
    StudyAnswerRow,
    StudyRow,
    StudyRunRow,
)
from journeys.study.answers import TrialRecord
from journeys.study.examples import example_of

#: On ``invitation``: the consent that stands allows examples for others, too.
SHARES = (
    select(ConsentRow.id)
    .where(
        ConsentRow.invitation_id == InvitationRow.id,
        ConsentRow.withdrawn_at.is_(None),
        ConsentRow.as_examples,
    )
    .exists()
)


@dataclass(frozen=True)
class Sharing:
    """How many of a study's participants whose consent stands allow their corrections as examples.

    Attributes:
        people: who allow it; ``of``: whose consent stands.
    """

    people: int
    of: int


@dataclass(frozen=True)
class _Said:
    """One correction, with the journey that it is about."""

    id: str
    person_id: int
    pseudonym: str
    trial: TrialRecord


class ExampleStore:
    """Read the examples of a study: the researcher's side."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self._engine = engine
        self._logs = LogStore(engine, keys)
        self._results = ResultStore(engine)

    def sharing(self, study_id: int) -> Sharing:
        """How many allow it."""
        query = select(func.count()).where(InvitationRow.study_id == study_id, CONSENTED)
        with self._engine.connect() as connection:
            return Sharing(
                connection.scalar(query.where(SHARES)) or 0, connection.scalar(query) or 0
            )

    def allowed(self, study_id: int, log_id: int | None = None) -> Allowed:
        """Whose examples may serve now.

        Args:
            log_id: of the journeys that are named. A pseudonym is a person within one log only, so
                in another log nobody's example serves "themselves".
        """
        query = (
            select(Person.pseudonym, Person.log_id, SHARES.label("shares"))
            .join(InvitationRow, InvitationRow.person_id == Person.id)
            .where(InvitationRow.study_id == study_id, CONSENTED)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return Allowed(
            own=frozenset(row.pseudonym for row in rows if row.log_id == log_id),
            others=frozenset(row.pseudonym for row in rows if row.shares),
        )

    def book(
        self, study_id: int, log_id: int | None = None, selection: Selection | None = None
    ) -> ExampleBook:
        """The examples for a namer; see :meth:`allowed` for ``log_id``.

        Raises:
            StoreError: there is no such study.
        """
        examples = [example for example, _ in self._examples(study_id)]
        return ExampleBook(
            f"study {study_id}", examples, lambda: self.allowed(study_id, log_id), selection
        )

    def shared(self, study_id: int) -> list[tuple[NameExample, Evidence]]:
        """The examples that may teach a namer for everybody, with their journeys' evidence."""
        allowed = self.allowed(study_id)
        return [
            (example, evidence)
            for example, evidence in self._examples(study_id)
            if example.owner in allowed.others and not example.sensitive
        ]

    def teachers(self, study_id: int) -> frozenset[str]:
        """Pseudonyms of a study's participants whose words were examples for names it shows.

        They are no held-out participants in a comparison of namers with and without examples.
        """
        runs = select(StudyRunRow.run_id).where(StudyRunRow.study_id == study_id)
        with self._engine.connect() as connection:
            used = {
                invitation
                for row in with_examples(connection, Naming.run_id.in_(runs))
                for invitation in invitations_of(row.basis)
            }
            mine = select(Person.pseudonym, InvitationRow.id).join(
                InvitationRow, InvitationRow.person_id == Person.id
            )
            log = select(StudyRow.log_id).where(StudyRow.id == study_id).scalar_subquery()
            rows = connection.execute(mine.where(Person.log_id == log)).all()
        return frozenset(row.pseudonym for row in rows if row.id in used)

    def _examples(self, study_id: int) -> Iterator[tuple[NameExample, Evidence]]:
        """The latest correction of each journey and level, by person and discovery."""
        by_place = sorted(self._said(study_id), key=_place)
        for (person_id, run_id), own in groupby(by_place, key=_place):
            timeline = self._logs.timeline(person_id, run_id)
            result = self._results.user(run_id, person_id, timeline)
            journeys = {journey.id: journey for journey in result.journeys}
            newest = {(s.trial.shown.journey_id, s.trial.shown.level): s for s in own}
            for said in newest.values():
                journey = journeys.get(said.trial.shown.journey_id)
                if journey is None:
                    continue  # an edit emptied it since
                shown, answers = said.trial.shown, said.trial.answers
                names = list(journey.names.levels)
                names[shown.level - 1] = shown.name
                evidence = build_evidence(timeline, result, journey)
                example = example_of(
                    said.id,
                    said.pseudonym,
                    evidence,
                    names,
                    {shown.level: answers.own_words},
                    said.trial.saved_at,
                )
                if example is not None:
                    yield example, evidence

    def _said(self, study_id: int) -> list[_Said]:
        query = (
            select(StudyAnswerRow.__table__, Person.id.label("person_id"), Person.pseudonym)
            .join(InvitationRow, InvitationRow.id == StudyAnswerRow.invitation_id)
            .join(Person, Person.id == InvitationRow.person_id)
            .where(
                InvitationRow.study_id == study_id,
                CONSENTED,
                StudyAnswerRow.kind != "foil",
                StudyAnswerRow.run_id.is_not(None),
            )
            .order_by(StudyAnswerRow.saved_at, StudyAnswerRow.trial)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        said = [
            _Said(
                example_id(study_id, row.invitation_id, row.trial),
                row.person_id,
                row.pseudonym,
                read_trial(row),
            )
            for row in rows
        ]
        return [one for one in said if one.trial.answers.own_words]


def _place(said: _Said) -> tuple[int, int]:
    return said.person_id, said.trial.shown.run_id or 0
