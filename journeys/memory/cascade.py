"""Telling a memory's partitions, each once: the summary, then the shift since the one before.

Everything is stored as soon as it is there, so the work can stop anywhere and go on; people are
independent of each other, so that an endpoint can tell of several at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import Protocol

from journeys.discovery.sendable import sendable
from journeys.errors import CapReached, EndpointBusy, EndpointRefused
from journeys.memory.notes import Item, Shift, Summary
from journeys.memory.records import NoteRecord
from journeys.memory.telling import Cost, Teller, Told

#: Journey id -> name, of one person.
Names = Mapping[str, str]


class Memories(Protocol):
    """What telling needs of the store."""

    def untold(self, memory_id: int, people: Sequence[int] | None = None) -> dict[int, list[int]]:
        """Person -> numbers of the partitions that lack a summary or a shift, in order."""
        ...

    def items(self, memory_id: int, person_id: int) -> Mapping[int, Sequence[Item]]:
        """Number of the partition -> its events in order of time."""
        ...

    def notes(self, memory_id: int, person_id: int) -> Sequence[NoteRecord]:
        """Everything told of a person."""
        ...

    def keep(
        self,
        memory_id: int,
        person_id: int,
        number: int,
        told: Told[Summary] | Told[Shift],
        teller: str,
    ) -> None:
        """Keep what was told of a partition."""
        ...


@dataclass
class Telling:
    """What was told.

    Attributes:
        problems: sentences on what could not be told now; the next telling tries again.
    """

    partitions: int = 0
    cost: Cost = field(default_factory=Cost)
    problems: list[str] = field(default_factory=list)


def tell(
    memories: Memories,
    memory_id: int,
    teller: Teller,
    names: Callable[[int], Names],
    *,
    people: Sequence[int] | None = None,
    most: int | None = None,
    concurrency: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Telling:
    """Tell of every partition that has not been told of, at most two calls each.

    Args:
        names: person -> the names of their journeys.
        people: only these.
        most: partitions a person, the earliest first.
        concurrency: people told of at once.
        on_progress: called with (partitions told, partitions to tell).

    Raises:
        EndpointRefused, CapReached: no later call would succeed either.
    """
    waiting = {
        person: [number for number in numbers if most is None or number <= most]
        for person, numbers in memories.untold(memory_id, people).items()
    }
    total, done = sum(map(len, waiting.values())), Telling()
    stop = False

    def one(person: int) -> Telling:
        return _tell_person(
            memories, memory_id, person, waiting[person], teller, names(person),
            lambda: stop or should_stop(),
        )  # fmt: skip

    with ThreadPoolExecutor(max_workers=max(1, concurrency)) as pool:
        tasks = [pool.submit(one, person) for person, numbers in waiting.items() if numbers]
        try:
            for task in as_completed(tasks):
                told = task.result()
                done.partitions += told.partitions
                done.cost += told.cost
                done.problems += told.problems
                if on_progress:
                    on_progress(done.partitions, total)
        except (EndpointRefused, CapReached):
            stop = True
            raise
        finally:
            for task in tasks:
                task.cancel()
    return done


def _tell_person(
    memories: Memories,
    memory_id: int,
    person_id: int,
    numbers: Sequence[int],
    teller: Teller,
    names: Names,
    should_stop: Callable[[], bool],
) -> Telling:
    done = Telling()
    parts = memories.items(memory_id, person_id)
    summaries, shifts = newest(memories.notes(memory_id, person_id))

    def keep(number: int, told: Told[Summary] | Told[Shift]) -> None:
        memories.keep(memory_id, person_id, number, told, teller.id)
        done.cost += told.cost

    for number in numbers:
        if should_stop():
            break
        try:
            if number not in summaries:
                told = teller.summary(_sendable(parts[number]), _sendable_names(names))
                keep(number, told)
                summaries[number] = told.note
            if number not in shifts:
                keep(number, _shift(teller, summaries.get(number - 1), summaries[number]))
        except EndpointBusy as error:
            done.problems.append(f"Partition {number} was not told: {error}")
            break  # The next shift would lack its predecessor.
        done.partitions += 1
    return done


def _shift(teller: Teller, before: Summary | None, now: Summary) -> Told[Shift]:
    """The first partition has nothing before it, and needs no call."""
    return Told(Shift("", ()), Cost()) if before is None else teller.shift(before, now)


def newest(notes: Sequence[NoteRecord]) -> tuple[dict[int, Summary], dict[int, Shift]]:
    """The newest versions: number of the partition -> summary, and -> shift."""
    summaries: dict[int, Summary] = {}
    shifts: dict[int, Shift] = {}
    for record in sorted(notes, key=lambda record: record.version):
        if isinstance(record.note, Summary):
            summaries[record.number] = record.note
        else:
            shifts[record.number] = record.note
    return summaries, shifts


def _sendable(items: Sequence[Item]) -> list[Item]:
    return [replace(item, title=sendable(item.title)) for item in items]


def _sendable_names(names: Names) -> Names:
    return {journey: sendable(name) for journey, name in names.items()}


__all__ = ["Memories", "Names", "Telling", "newest", "tell"]
