"""A person's years as they are shown: what was told, and what the counts say where nothing was.

Where a partition has no note yet, its summary and shift are counted, so the page is whole before
any model was asked; every statement says who makes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

from journeys.memory.cascade import newest
from journeys.memory.history import Fact, Life, lives
from journeys.memory.notes import Change, Item, Shift, Summary
from journeys.memory.records import NoteRecord, PartitionRecord
from journeys.memory.telling import counted_shift, counted_summary

#: An interest that so many of the newest partitions lack has ended; until then it is dormant.
ENDED_AFTER = 3
#: An absence of no more partitions than this is not told of as a return.
SHORT_ABSENCE = 2

Standing = Literal["current", "fading", "dormant", "ended"]


@dataclass(frozen=True)
class Part:
    """A partition with what is said of it.

    Attributes:
        told: the summary comes from a teller, and not from the page's own counting.
        shift: against the partition before; of the first, with no changes.
    """

    record: PartitionRecord
    summary: Summary
    shift: Shift
    told: bool

    @property
    def year(self) -> int:
        """That it ended in, UTC."""
        return datetime.fromtimestamp(self.record.last_at / 1e6, UTC).year


@dataclass(frozen=True)
class Years:
    """Everything that is known of a person, in order of time.

    Attributes:
        lives: interests that any partition had, the strongest now first.
        items: number of the partition -> its events; 0 is the cache.
    """

    parts: tuple[Part, ...]
    lives: tuple[Life, ...]
    items: Mapping[int, Sequence[Item]]

    @property
    def told(self) -> int:
        """Partitions that were told of."""
        return sum(part.told for part in self.parts)

    @property
    def refused(self) -> int:
        """Changes that a model told and the events contradict."""
        return sum(part.shift.refused for part in self.parts)

    def evidence(self, change: Change) -> list[Item]:
        """The events that a change refers to, in order of time."""
        wanted = set(change.evidence)
        return sorted(
            (item for items in self.items.values() for item in items if item.event_id in wanted),
            key=lambda item: (item.at, item.event_id),
        )

    def returned(self, change: Change, number: int) -> bool:
        """Whether an interest that a partition tells as new had been there before."""
        return change in self._returned.get(number, ())

    @cached_property
    def _returned(self) -> Mapping[int, Sequence[Change]]:
        """Number of a partition -> changes of what came back in it."""
        found: dict[int, list[Change]] = {}
        for life in self.lives:
            for fact in life.facts:
                if fact.kind == "returned":
                    found.setdefault(fact.number, []).append(fact.change)
        return found


def years(
    records: Sequence[PartitionRecord],
    items: Mapping[int, Sequence[Item]],
    names: Mapping[str, str],
    notes: Sequence[NoteRecord],
) -> Years:
    """Put a person's years together.

    Args:
        records: closed partitions, in order.
        items: number of the partition -> its events.
        names: journey id -> name.
        notes: everything told; the newest version counts.
    """
    told, shifts = newest(notes)
    parts: list[Part] = []
    before: Summary | None = None
    for record in records:
        number = record.number
        summary = told.get(number) or counted_summary(items.get(number, ()), names)
        if number in shifts:
            shift = shifts[number]
        elif before is None:
            shift = Shift("", ())
        else:
            shift = _unrenamed(counted_shift(before, summary))
        parts.append(Part(record, summary, shift, number in told))
        before = summary
    found = lives(
        records,
        {part.record.number: part.summary for part in parts},
        {part.record.number: part.shift for part in parts},
    ) if parts else ()  # fmt: skip
    return Years(tuple(parts), tuple(sorted(found, key=_strength)), items)


def _unrenamed(shift: Shift) -> Shift:
    """Without earlier names: those of a model and of key phrases differ though nothing changed."""
    return replace(shift, changes=tuple(replace(change, earlier="") for change in shift.changes))


def _strength(life: Life) -> tuple[int, float]:
    """The latest first, of equals the strongest."""
    last = max(life.seen)
    return -last, -life.seen[last].share


def standing(life: Life, last: int) -> Standing:
    """How an interest stands after the partition ``last``, the newest."""
    missing = last - max(life.seen)
    if missing >= ENDED_AFTER:
        return "ended"
    if missing:
        return "dormant"
    return "fading" if life.state == "fading" else "current"


@dataclass(frozen=True)
class Moment:
    """A date in the life of an interest, in a word."""

    what: Literal["begun", "returned", "growing", "fading", "dropped"]
    number: int
    at: int
    fact: Fact | None = None


def story(life: Life, records: Mapping[int, PartitionRecord]) -> tuple[Moment, ...]:
    """An interest's history with dates; what later notes say never removes what was.

    Args:
        records: number -> partition.
    """
    first = min(life.seen)
    moments = [Moment("begun", first, records[first].first_at)]
    for fact in life.facts:
        if fact.kind == "new":
            continue
        at = fact.first_at
        earlier = [number for number in life.seen if number < fact.number]
        if fact.kind == "dropped" and earlier:
            # It ended when it was last there, not when its absence was noticed.
            at = records[max(earlier)].last_at
        if fact.kind == "returned" and fact.number - max(earlier) <= SHORT_ABSENCE:
            continue
        moments.append(Moment(fact.kind, fact.number, at, fact))
    return tuple(moments)
