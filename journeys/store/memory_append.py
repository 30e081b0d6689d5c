"""A log's new events into a memory: the cache fills, and what is complete becomes a partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update

from journeys.errors import StoreError
from journeys.memory.partitioning import Stream, late, partition
from journeys.memory.records import Appended, MemorySummary
from journeys.store.engine import now
from journeys.store.memory_schema import (
    CACHE,
    MemoryEventRow,
    MemoryPartitionRow,
    MemoryPersonRow,
    MemoryRow,
)
from journeys.store.schema import Assignment, EventRow, Person

#: Events that one transaction takes, about.
_EVENTS_AT_ONCE = 50_000
_CHUNK = 10_000


def waiting(engine: Engine, memory: MemorySummary) -> list[tuple[int, int]]:
    """(person, number of their events that the memory lacks), for those who have some."""
    taken = func.coalesce(MemoryPersonRow.n_events, 0)
    query = (
        select(Person.id, Person.n_events - taken)
        .outerjoin(
            MemoryPersonRow,
            (MemoryPersonRow.person_id == Person.id) & (MemoryPersonRow.memory_id == memory.id),
        )
        .where(Person.log_id == memory.log_id, Person.n_events > taken)
        .order_by(Person.id)
    )
    with engine.connect() as connection:
        return [(int(person), int(count)) for person, count in connection.execute(query)]


def batches(people: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """People in groups that one transaction takes, from :func:`waiting`."""
    batch: list[int] = []
    size = 0
    for person, count in people:
        batch.append(person)
        size += count
        if size >= _EVENTS_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def append(connection: Connection, memory: MemorySummary, people: Sequence[int]) -> Appended:
    """Take the waiting events of some people, in the open transaction."""
    # A write first: it locks, so that two appends to a memory go one by one.
    locked = update(MemoryRow).where(MemoryRow.id == memory.id).values(id=memory.id)
    if not connection.execute(locked).rowcount:
        raise StoreError(f"There is no memory {memory.id}; it may have been deleted.")
    known = {
        row.person_id: row
        for row in connection.execute(
            select(MemoryPersonRow.__table__).where(
                MemoryPersonRow.memory_id == memory.id, MemoryPersonRow.person_id.in_(people)
            )
        )
    }
    caches = _streams(connection, memory, people, taken=True)
    arrived = _streams(connection, memory, people, taken=False)
    at = now()
    events: list[tuple[int, int, int]] = []
    moved: list[dict[str, int]] = []
    partitions: list[dict[str, int]] = []
    states: list[dict[str, Any]] = []
    empty = Stream.of([], [])
    for person, new in arrived.items():
        before = known.get(person)
        number = before.n_partitions if before else 0
        last_at = before.last_at if before else None
        cache = caches.get(person, empty)
        closed, _rest = partition(cache, new, memory.policy)
        place: dict[int, int] = {}
        for part in closed:
            number += 1
            partitions.append(
                {
                    "memory_id": memory.id,
                    "person_id": person,
                    "number": number,
                    "n_events": len(part),
                    "n_late": late(part, last_at),
                    "first_at": int(part.times[0]),
                    "last_at": int(part.times[-1]),
                    "closed_at": at,
                }
            )
            last_at = max(int(part.times[-1]), last_at or int(part.times[-1]))
            place.update(dict.fromkeys(part.ids.tolist(), number))
        events += [(event, person, place.get(event, CACHE)) for event in new.ids.tolist()]
        moved += [
            {"moved_event": event, "moved_to": place[event]}
            for event in cache.ids.tolist()
            if event in place
        ]
        states.append(
            {
                "memory_id": memory.id,
                "person_id": person,
                "n_events": (before.n_events if before else 0) + len(new),
                "n_partitions": number,
                "last_at": last_at,
                "last_event": max(int(new.ids.max()), before.last_event if before else 0),
            }
        )
    _write(connection, memory.id, known, states, partitions, events, moved)
    return Appended(len(events), len(partitions), sum(p["n_late"] for p in partitions), len(states))


def _write(
    connection: Connection,
    memory_id: int,
    known: Mapping[int, Any],
    states: Sequence[dict[str, Any]],
    partitions: Sequence[dict[str, int]],
    events: Sequence[tuple[int, int, int]],
    moved: Sequence[dict[str, int]],
) -> None:
    fresh = [state for state in states if state["person_id"] not in known]
    if fresh:
        connection.execute(insert(MemoryPersonRow), fresh)
    people = MemoryPersonRow.__table__
    counts = ("n_events", "n_partitions", "last_at", "last_event")
    if changed := [state for state in states if state["person_id"] in known]:
        connection.execute(
            update(people)  # type: ignore[arg-type]
            .where(
                people.c.memory_id == memory_id, people.c.person_id == bindparam("changed_person")
            )
            .values({name: bindparam(f"changed_{name}") for name in counts}),
            [
                {"changed_person": state["person_id"]}
                | {f"changed_{name}": state[name] for name in counts}
                for state in changed
            ],
        )
    for start in range(0, len(partitions), _CHUNK):
        connection.execute(insert(MemoryPartitionRow), partitions[start : start + _CHUNK])
    for start in range(0, len(events), _CHUNK):
        rows = [
            {"memory_id": memory_id, "event_id": event, "person_id": person, "partition": place}
            for event, person, place in events[start : start + _CHUNK]
        ]
        connection.execute(insert(MemoryEventRow), rows)
    if moved:
        connection.execute(
            update(MemoryEventRow.__table__)  # type: ignore[arg-type]
            .where(
                MemoryEventRow.__table__.c.memory_id == memory_id,
                MemoryEventRow.__table__.c.event_id == bindparam("moved_event"),
            )
            .values(partition=bindparam("moved_to")),
            list(moved),
        )


def _streams(
    connection: Connection, memory: MemorySummary, people: Sequence[int], *, taken: bool
) -> dict[int, Stream]:
    """Person -> the events in their cache, or those that the memory has not taken."""
    query = (
        select(
            EventRow.person_id,
            EventRow.id,
            EventRow.timestamp,
            func.coalesce(Assignment.journey_id, ""),
        )
        .outerjoin(
            Assignment,
            (Assignment.event_id == EventRow.id) & (Assignment.run_id == memory.run_id),
        )
        .where(EventRow.person_id.in_(people))
        .order_by(EventRow.person_id, EventRow.timestamp, EventRow.id)
    )
    if taken:
        query = query.join(
            MemoryEventRow,
            (MemoryEventRow.event_id == EventRow.id)
            & (MemoryEventRow.person_id == EventRow.person_id),
        ).where(MemoryEventRow.memory_id == memory.id, MemoryEventRow.partition == CACHE)
    else:
        query = query.outerjoin(
            MemoryPersonRow,
            (MemoryPersonRow.person_id == EventRow.person_id)
            & (MemoryPersonRow.memory_id == memory.id),
        ).where(EventRow.id > func.coalesce(MemoryPersonRow.last_event, 0))
    rows = connection.execute(query).all()
    if not rows:
        return {}
    persons = np.array([row[0] for row in rows], dtype=np.int64)
    ids = np.array([row[1] for row in rows], dtype=np.int64)
    times = np.array([row[2] for row in rows], dtype=np.int64)
    journeys = tuple(row[3] for row in rows)
    starts = np.flatnonzero(np.r_[True, persons[1:] != persons[:-1]])
    ends = np.r_[starts[1:], len(rows)]
    return {
        int(persons[start]): Stream(ids[start:end], times[start:end], journeys[start:end])
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    }
