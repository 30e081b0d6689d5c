"""People as lists show them: some at a time, found by the beginning of a pseudonym.

A log may have thousands of people and more; a page never asks for all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, select

from journeys.memory import PersonMemory
from journeys.store.logs import PersonSummary
from journeys.store.memory_schema import MemoryNoteRow, MemoryPersonRow
from journeys.store.results import PersonResult, person_results
from journeys.store.schema import Person, UserResult


@dataclass(frozen=True)
class Totals:
    """What a run found, over everybody.

    Attributes:
        without: rule -> how many people have no journeys by it, most first.
    """

    people: int
    events: int
    unassigned: int
    journeys: int
    without: Mapping[str, int]

    @property
    def people_without(self) -> int:
        """How many have no journeys."""
        return sum(self.without.values())


class ListingStore:
    """People of a log, of a discovery, of a memory; those with most come first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_log(
        self, log_id: int, *, beginning: str = "", limit: int, offset: int = 0
    ) -> Sequence[PersonSummary]:
        """People of a log, most events first."""
        query = (
            select(Person.id, Person.pseudonym, Person.n_events)
            .where(Person.log_id == log_id)
            .order_by(Person.n_events.desc(), Person.pseudonym)
        )
        return [PersonSummary(*row) for row in self._part(query, beginning, limit, offset)]

    def one_of_log(self, log_id: int, person_id: int) -> PersonSummary | None:
        """One of them; None who is not, or not any more."""
        query = select(Person.id, Person.pseudonym, Person.n_events).where(
            Person.log_id == log_id, Person.id == person_id
        )
        return next((PersonSummary(*row) for row in self._rows(query)), None)

    def of_run(
        self, run_id: int, *, beginning: str = "", limit: int, offset: int = 0
    ) -> Sequence[PersonResult]:
        """Who is done in a run, most journeys first."""
        query = person_results(run_id).order_by(UserResult.n_journeys.desc(), Person.pseudonym)
        return [PersonResult(*row) for row in self._part(query, beginning, limit, offset)]

    def one_of_run(self, run_id: int, person_id: int) -> PersonResult | None:
        """One of them; None who is not done, or not there any more."""
        query = person_results(run_id).where(UserResult.person_id == person_id)
        return next((PersonResult(*row) for row in self._rows(query)), None)

    def without_journeys(
        self, run_id: int, *, limit: int, offset: int = 0
    ) -> Sequence[PersonResult]:
        """Who is done in a run and has none, by pseudonym."""
        query = person_results(run_id).where(UserResult.n_journeys == 0).order_by(Person.pseudonym)
        return [PersonResult(*row) for row in self._part(query, "", limit, offset)]

    def of_memory(
        self, memory_id: int, *, beginning: str = "", limit: int, offset: int = 0
    ) -> Sequence[PersonMemory]:
        """People in a memory, most partitions first."""
        query = _remembered(memory_id).order_by(
            MemoryPersonRow.n_partitions.desc(), Person.pseudonym
        )
        return [PersonMemory(*row) for row in self._part(query, beginning, limit, offset)]

    def one_of_memory(self, memory_id: int, person_id: int) -> PersonMemory | None:
        """One of them; None who is not."""
        query = _remembered(memory_id).where(MemoryPersonRow.person_id == person_id)
        return next((PersonMemory(*row) for row in self._rows(query)), None)

    def number(self, run_id: int) -> int:
        """How many people are done in a run."""
        query = select(func.count()).where(UserResult.run_id == run_id)
        return int(self._rows(query)[0][0])

    def totals(self, run_id: int) -> Totals:
        """What a run found, added up by the database."""
        sums = select(
            func.count(),
            func.coalesce(func.sum(UserResult.n_events), 0),
            func.coalesce(func.sum(UserResult.n_unassigned), 0),
            func.coalesce(func.sum(UserResult.n_journeys), 0),
        ).where(UserResult.run_id == run_id)
        notes = (
            select(UserResult.note, func.count())
            .where(UserResult.run_id == run_id, UserResult.n_journeys == 0)
            .group_by(UserResult.note)
        )
        without: Counter[str] = Counter()
        for note, number in self._rows(notes):
            without[note.partition(":")[0]] += number
        people, events, unassigned, journeys = map(int, self._rows(sums)[0])
        return Totals(people, events, unassigned, journeys, dict(without.most_common()))

    def _part(self, query: Any, beginning: str, limit: int, offset: int) -> list[Any]:
        if beginning:
            query = query.where(Person.pseudonym.startswith(beginning, autoescape=True))
        return self._rows(query.limit(limit).offset(offset))

    def _rows(self, query: Any) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(query))


def _remembered(memory_id: int) -> Any:
    told = (
        select(func.count(MemoryNoteRow.id.distinct()))
        .where(
            MemoryNoteRow.memory_id == memory_id,
            MemoryNoteRow.person_id == MemoryPersonRow.person_id,
            MemoryNoteRow.kind == "summary",
        )
        .scalar_subquery()
    )
    return (
        select(
            MemoryPersonRow.person_id,
            Person.pseudonym,
            MemoryPersonRow.n_events,
            MemoryPersonRow.n_partitions,
            told,
        )
        .join(Person, Person.id == MemoryPersonRow.person_id)
        .where(MemoryPersonRow.memory_id == memory_id)
    )
