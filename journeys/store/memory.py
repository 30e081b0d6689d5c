"""The memory of logs: what is in the cache, what is in which partition, and what was told of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, delete, func, insert, select, update

from journeys.errors import StoreError
from journeys.memory.notes import Item, Shift, Summary, shift_to_dict, summary_to_dict
from journeys.memory.policies import Policy, policy_from_dict, policy_to_dict
from journeys.memory.records import (
    Appended,
    MemorySummary,
    NoteRecord,
    PartitionRecord,
    PersonMemory,
)
from journeys.memory.telling import Cost, Told
from journeys.store.engine import now, still_there
from journeys.store.history import COUNTS
from journeys.store.memory_append import append, batches, waiting
from journeys.store.memory_jobs import of_memory
from journeys.store.memory_schema import (
    MemoryEventRow,
    MemoryNoteRow,
    MemoryPartitionRow,
    MemoryPersonRow,
    MemoryRow,
)
from journeys.store.rows import read_names
from journeys.store.schema import Assignment, EventRow, JourneyRow, Log, Naming, Person, Run


class MemoryStore:
    """Make, fill and read memories. Nothing that is stored of a partition ever changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- memories -----------------------------------------------------------------------------

    def open(self, log_id: int, policy: Policy, run_id: int | None = None) -> int:
        """The id of a log's memory under a policy; made when there is none.

        Args:
            run_id: the discovery whose journeys events belong to. That of a memory that is there is
                replaced when one is given: journeys keep their ids from one discovery to the next.

        Raises:
            StoreError: there is no such log or run.
        """
        values = policy_to_dict(policy)
        key = json.dumps(values, sort_keys=True)[:120]
        with still_there("This log or its discovery"), self._engine.begin() as connection:
            # Before reading, so that of two callers one waits for the other.
            if not connection.execute(
                update(Log).where(Log.id == log_id).values(id=log_id)
            ).rowcount:
                raise StoreError(f"There is no log {log_id}; it may have been deleted.")
            found = connection.scalar(
                select(MemoryRow.id).where(MemoryRow.log_id == log_id, MemoryRow.policy_key == key)
            )
            if found is None:
                row = {
                    "log_id": log_id,
                    "run_id": run_id,
                    "policy": values,
                    "policy_key": key,
                    "created_at": now(),
                }
                return int(
                    connection.execute(insert(MemoryRow).returning(MemoryRow.id), row).scalar_one()
                )
            if run_id is not None:
                connection.execute(
                    update(MemoryRow).where(MemoryRow.id == found).values(run_id=run_id)
                )
            return int(found)

    def of_log(self, log_id: int) -> Sequence[MemorySummary]:
        """The memories of a log, newest first."""
        query = _summaries().where(MemoryRow.log_id == log_id).order_by(MemoryRow.id.desc())
        with self._engine.connect() as connection:
            return [_memory(row) for row in connection.execute(query)]

    def get(self, memory_id: int) -> MemorySummary:
        """One memory.

        Raises:
            StoreError: there is none with this id.
        """
        with self._engine.connect() as connection:
            row = connection.execute(_summaries().where(MemoryRow.id == memory_id)).first()
        if row is None:
            raise StoreError(f"There is no memory {memory_id}; it may have been deleted.")
        return _memory(row)

    def delete(self, memory_id: int) -> None:
        """Delete a memory with everything told in it and the jobs about it; the log stays."""
        with self._engine.begin() as connection:
            connection.execute(delete(Run).where(of_memory(memory_id)))
            connection.execute(delete(MemoryRow).where(MemoryRow.id == memory_id))

    # --- the stream ---------------------------------------------------------------------------

    def append(
        self,
        memory_id: int,
        *,
        on_progress: Callable[[int, int], None] | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Appended:
        """Let the log's events that the memory does not have enter it, in order of time.

        Appending again adds nothing. Each transaction takes whole people, so a process that is
        killed leaves a memory that the next append goes on with.

        Args:
            on_progress: called with (events taken, events to take).

        Raises:
            StoreError: there is no such memory.
        """
        memory = self.get(memory_id)
        people_waiting = waiting(self._engine, memory)
        total, taken = sum(count for _, count in people_waiting), Appended()
        for people in batches(people_waiting):
            if should_stop():
                break
            with still_there("This memory"), self._engine.begin() as connection:
                taken += append(connection, memory, people)
            if on_progress:
                on_progress(taken.events, total)
        return taken

    def waiting(self, memory_id: int) -> int:
        """How many events of the log have not entered yet."""
        return sum(count for _, count in waiting(self._engine, self.get(memory_id)))

    # --- reading ------------------------------------------------------------------------------

    def people(self, memory_id: int) -> Sequence[PersonMemory]:
        """Everybody in a memory, most partitions first."""
        told = (
            select(MemoryNoteRow.person_id, func.count(MemoryNoteRow.id.distinct()).label("notes"))
            .where(MemoryNoteRow.memory_id == memory_id, MemoryNoteRow.kind == "summary")
            .group_by(MemoryNoteRow.person_id)
            .subquery()
        )
        query = (
            select(
                MemoryPersonRow.person_id,
                Person.pseudonym,
                MemoryPersonRow.n_events,
                MemoryPersonRow.n_partitions,
                func.coalesce(told.c.notes, 0),
            )
            .join(Person, Person.id == MemoryPersonRow.person_id)
            .outerjoin(told, told.c.person_id == MemoryPersonRow.person_id)
            .where(MemoryPersonRow.memory_id == memory_id)
            .order_by(MemoryPersonRow.n_partitions.desc(), Person.pseudonym)
        )
        with self._engine.connect() as connection:
            return [PersonMemory(*row) for row in connection.execute(query)]

    def partitions(self, memory_id: int, person_id: int) -> Sequence[PartitionRecord]:
        """A person's closed partitions, in order."""
        query = (
            select(
                MemoryPartitionRow.number,
                MemoryPartitionRow.n_events,
                MemoryPartitionRow.n_late,
                MemoryPartitionRow.first_at,
                MemoryPartitionRow.last_at,
                MemoryPartitionRow.closed_at,
            )
            .where(
                MemoryPartitionRow.memory_id == memory_id,
                MemoryPartitionRow.person_id == person_id,
            )
            .order_by(MemoryPartitionRow.number)
        )
        with self._engine.connect() as connection:
            return [PartitionRecord(*row) for row in connection.execute(query)]

    def items(self, memory_id: int, person_id: int) -> Mapping[int, Sequence[Item]]:
        """Number of the partition -> its events in order of time; 0 is the cache.

        Journeys are those of the memory's discovery as they are now.
        """
        run_id = self.get(memory_id).run_id
        query = (
            select(
                MemoryEventRow.partition,
                EventRow.id,
                EventRow.title,
                EventRow.timestamp,
                func.coalesce(Assignment.journey_id, ""),
            )
            .join(EventRow, EventRow.id == MemoryEventRow.event_id)
            .outerjoin(
                Assignment, (Assignment.event_id == EventRow.id) & (Assignment.run_id == run_id)
            )
            .where(MemoryEventRow.memory_id == memory_id, MemoryEventRow.person_id == person_id)
            .order_by(MemoryEventRow.partition, EventRow.timestamp, EventRow.id)
        )
        found: dict[int, list[Item]] = {}
        with self._engine.connect() as connection:
            for number, event_id, title, at, journey in connection.execute(query):
                found.setdefault(number, []).append(Item(event_id, title, at, journey))
        return found

    def journey_names(self, memory_id: int, person_id: int, level: int = 3) -> dict[str, str]:
        """Journey id -> its name at a level, in the memory's discovery; {} without one."""
        run_id = self.get(memory_id).run_id
        if run_id is None:
            return {}
        query = (
            select(Naming.__table__)
            .join(
                JourneyRow,
                (JourneyRow.run_id == Naming.run_id) & (JourneyRow.id == Naming.journey_id),
            )
            .where(Naming.run_id == run_id, JourneyRow.person_id == person_id, ~Naming.alternative)
            .order_by(*COUNTS)
        )
        return {row.journey_id: read_names(row).levels[level - 1] for row in self._rows(query)}

    # --- notes --------------------------------------------------------------------------------

    def untold(self, memory_id: int, people: Sequence[int] | None = None) -> dict[int, list[int]]:
        """Person -> numbers of the partitions that lack a summary or a shift, in order."""
        told = (
            select(MemoryNoteRow.person_id, MemoryNoteRow.number)
            .where(MemoryNoteRow.memory_id == memory_id)
            .group_by(MemoryNoteRow.person_id, MemoryNoteRow.number)
            .having(func.count(MemoryNoteRow.kind.distinct()) == 2)
        )
        whole = {(person, number) for person, number in self._rows(told)}
        query = (
            select(MemoryPartitionRow.person_id, MemoryPartitionRow.number)
            .where(MemoryPartitionRow.memory_id == memory_id)
            .order_by(MemoryPartitionRow.person_id, MemoryPartitionRow.number)
        )
        if people is not None:
            query = query.where(MemoryPartitionRow.person_id.in_(people))
        found: dict[int, list[int]] = {}
        for person, number in self._rows(query):
            if (person, number) not in whole:
                found.setdefault(person, []).append(number)
        return found

    def keep(
        self,
        memory_id: int,
        person_id: int,
        number: int,
        told: Told[Summary] | Told[Shift],
        teller: str,
    ) -> None:
        """Keep what was told of a partition, as a new version beside any that is there.

        Raises:
            StoreError: there is no such partition any more.
        """
        note = told.note
        if isinstance(note, Summary):
            kind, content = "summary", summary_to_dict(note)
        else:
            kind, content = "shift", shift_to_dict(note)
        where = (
            MemoryNoteRow.memory_id == memory_id,
            MemoryNoteRow.person_id == person_id,
            MemoryNoteRow.number == number,
            MemoryNoteRow.kind == kind,
        )
        with still_there("This partition"), self._engine.begin() as connection:
            version = connection.scalar(select(func.max(MemoryNoteRow.version)).where(*where)) or 0
            connection.execute(
                insert(MemoryNoteRow),
                {
                    "memory_id": memory_id,
                    "person_id": person_id,
                    "number": number,
                    "kind": kind,
                    "version": version + 1,
                    "teller": teller,
                    "content": content,
                    "calls": told.cost.calls,
                    "prompt_tokens": told.cost.prompt_tokens,
                    "completion_tokens": told.cost.completion_tokens,
                    "seconds": told.cost.seconds,
                    "completion_key": told.key,
                    "created_at": now(),
                },
            )

    def notes(self, memory_id: int, person_id: int) -> Sequence[NoteRecord]:
        """Everything told of a person, every version, by partition, oldest version first."""
        query = (
            select(MemoryNoteRow.__table__)
            .where(MemoryNoteRow.memory_id == memory_id, MemoryNoteRow.person_id == person_id)
            .order_by(MemoryNoteRow.number, MemoryNoteRow.kind.desc(), MemoryNoteRow.version)
        )
        return [NoteRecord.of(row) for row in self._rows(query)]

    def cost(self, memory_id: int, person_id: int | None = None) -> Cost:
        """What telling has used so far, of everybody or of one person."""
        query = select(
            func.coalesce(func.sum(MemoryNoteRow.calls), 0),
            func.coalesce(func.sum(MemoryNoteRow.prompt_tokens), 0),
            func.coalesce(func.sum(MemoryNoteRow.completion_tokens), 0),
            func.coalesce(func.sum(MemoryNoteRow.seconds), 0.0),
        ).where(MemoryNoteRow.memory_id == memory_id)
        if person_id is not None:
            query = query.where(MemoryNoteRow.person_id == person_id)
        ((calls, prompt, completion, seconds),) = self._rows(query)
        return Cost(int(calls), int(prompt), int(completion), float(seconds))

    def _rows(self, query: Any) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(query))


def _summaries() -> Any:
    people = (
        select(
            MemoryPersonRow.memory_id,
            func.count(MemoryPersonRow.person_id).label("people"),
            func.sum(MemoryPersonRow.n_events).label("events"),
            func.sum(MemoryPersonRow.n_partitions).label("partitions"),
        )
        .group_by(MemoryPersonRow.memory_id)
        .subquery()
    )
    return select(
        MemoryRow.id,
        MemoryRow.log_id,
        MemoryRow.run_id,
        MemoryRow.policy,
        MemoryRow.created_at,
        func.coalesce(people.c.people, 0).label("people"),
        func.coalesce(people.c.events, 0).label("events"),
        func.coalesce(people.c.partitions, 0).label("partitions"),
    ).outerjoin(people, people.c.memory_id == MemoryRow.id)


def _memory(row: Any) -> MemorySummary:
    return MemorySummary(
        id=row.id,
        log_id=row.log_id,
        run_id=row.run_id,
        policy=policy_from_dict(row.policy),
        created_at=row.created_at,
        people=int(row.people),
        events=int(row.events),
        partitions=int(row.partitions),
    )
