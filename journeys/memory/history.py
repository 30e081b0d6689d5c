"""The life of each interest over the partitions: the current view, and the history apart from it.

A later note never overwrites an earlier one. Who loved something and dropped it has both facts
here, each with its dates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from journeys.memory.comparing import Alike, pairs, same_words
from journeys.memory.notes import Change, ChangeKind, Interest, Shift, Summary
from journeys.memory.records import PartitionRecord

FactKind = Literal["new", "growing", "fading", "dropped", "returned"]
State = Literal["current", "fading", "dropped"]


@dataclass(frozen=True)
class Fact:
    """Something that became of an interest, and when.

    Attributes:
        first_at, last_at: the time that the partition spans, microseconds since 1970-01-01 UTC.
        change: the change as it was told.
    """

    kind: FactKind
    number: int
    first_at: int
    last_at: int
    change: Change


@dataclass
class Life:
    """One interest through the partitions.

    Attributes:
        journey: its id, '' where it is not known.
        seen: number of the partition -> the interest there.
        facts: in order of time.
        state: now. "dropped" when the newest partition does not have it.
    """

    journey: str
    seen: dict[int, Interest] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    state: State = "current"

    @property
    def name(self) -> str:
        """What it was called last."""
        return self.seen[max(self.seen)].name

    @property
    def names(self) -> tuple[str, ...]:
        """What it was called, in order, without repeats: "from beginner to fingerstyle"."""
        return tuple(dict.fromkeys(self.seen[number].name for number in sorted(self.seen)))


def lives(
    partitions: Sequence[PartitionRecord],
    summaries: Mapping[int, Summary],
    shifts: Mapping[int, Shift],
    alike: Alike = same_words,
) -> tuple[Life, ...]:
    """Every interest that was ever told of, by the partition that had it first.

    Args:
        summaries, shifts: number of the partition -> the note that counts.
        alike: whether two names are of one interest, where no journeys are known.
    """
    found: list[Life] = []
    spans = {record.number: record for record in partitions}
    numbers = [record.number for record in partitions if record.number in summaries]
    before = Summary("", (), 0)
    for number in numbers:
        now = summaries[number]
        record, shift = spans[number], shifts.get(number, Shift("", ()))
        for pair in pairs(before, now, alike):
            life = _life_of(found, pair.before, pair.now, alike)
            if life is None:
                life = Life((pair.now or pair.before).journey)  # type: ignore[union-attr]
                found.append(life)
            returned = bool(life.seen) and pair.before is None
            if pair.now is not None:
                life.seen[number] = pair.now
            change = _told(shift, pair.now or pair.before)
            if returned:
                change = change or pair.change("new")
            if change is not None:
                kind: FactKind = "returned" if returned else change.kind
                life.facts.append(Fact(kind, number, record.first_at, record.last_at, change))
        before = now
    for life in found:
        life.state = _state(life, numbers[-1])
    return tuple(found)


def current(found: Sequence[Life]) -> tuple[Life, ...]:
    """The current view: what the newest partition has, the strongest first."""
    here = [life for life in found if life.state != "dropped"]
    return tuple(sorted(here, key=lambda life: -life.seen[max(life.seen)].share))


def _life_of(
    found: Sequence[Life], before: Interest | None, now: Interest | None, alike: Alike
) -> Life | None:
    """The life that an interest goes on with, or returns to."""
    meant = now or before
    assert meant is not None
    if before is not None:
        return next(
            (life for life in found if life.seen and life.seen[max(life.seen)] == before), None
        )
    if meant.journey:
        return next((life for life in found if life.journey == meant.journey), None)
    return next((life for life in found if not life.journey and alike(life.name, meant.name)), None)


def _told(shift: Shift, interest: Interest | None) -> Change | None:
    assert interest is not None
    return next(
        (
            change
            for change in shift.changes
            if change.name == interest.name and change.evidence == interest.evidence
        ),
        None,
    )


def _state(life: Life, last: int) -> State:
    if last not in life.seen:
        return "dropped"
    kinds: Sequence[ChangeKind | str] = [fact.kind for fact in life.facts if fact.number == last]
    return "fading" if "fading" in kinds else "current"
