"""People with known changes of interest, made of the titles of labelled groups.

A person's period is one partition long. At each start of a period the mix of topics may change in
a planned way: a topic starts, grows, fades, is dropped or returns. The titles are real, the people
are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from journeys.memory.notes import ChangeKind, Item, Shift

Kind = Literal["rapid", "seasonal", "stable", "mixed"]
KINDS: tuple[Kind, ...] = ("mixed", "rapid", "seasonal", "stable")

_DAY = 86_400_000_000
_MONTH = 30 * _DAY

#: Events of each topic in a period of twenty; the plan of each kind, one row a topic.
_PLANS: Mapping[Kind, tuple[tuple[int, ...], ...]] = {
    # One grows while another fades, one is dropped, one starts, and returns.
    "mixed": (
        (10, 10, 4, 4, 4),
        (5, 5, 0, 0, 0),
        (3, 3, 9, 9, 9),
        (0, 0, 5, 0, 5),
        (2, 2, 2, 7, 2),
    ),
    # Every period is about something else.
    "rapid": (
        (12, 4, 0, 0, 0),
        (6, 12, 4, 0, 0),
        (0, 4, 12, 4, 0),
        (0, 0, 4, 12, 6),
        (2, 0, 0, 4, 14),
    ),
    # Two topics take turns.
    "seasonal": ((9, 0, 9, 0, 9), (0, 9, 0, 9, 0), (8, 8, 8, 8, 8), (3, 3, 3, 3, 3)),
    # Nothing changes but by chance.
    "stable": ((9, 8, 9, 10, 9), (6, 7, 6, 5, 6), (5, 5, 5, 5, 5)),
}
#: Events in a period.
PERIOD = 20


@dataclass(frozen=True)
class Planted:
    """A change that was planted: of a topic, at the start of a partition (from 1)."""

    topic: str
    number: int
    kind: ChangeKind


@dataclass(frozen=True)
class PlantedPerson:
    """A made-up person.

    Attributes:
        partitions: the items of each, in order of time; ``journey`` is the topic.
        changes: what was planted.
    """

    kind: Kind
    partitions: tuple[tuple[Item, ...], ...]
    changes: tuple[Planted, ...]


def planted_person(
    titles: Mapping[str, Sequence[str]], kind: Kind, rng: np.random.Generator
) -> PlantedPerson:
    """A person of a kind.

    Args:
        titles: topic -> its titles; five topics with 50 titles each at least.
    """
    plan = _PLANS[kind]
    topics = [str(t) for t in rng.choice(sorted(titles), size=len(plan), replace=False)]
    left = {topic: list(rng.permutation(np.array(titles[topic], dtype=object))) for topic in topics}
    partitions: list[tuple[Item, ...]] = []
    event = 0
    for period in range(len(plan[0])):
        drawn = [
            (topic, str(left[topic].pop()))
            for topic, counts in zip(topics, plan, strict=True)
            for _ in range(counts[period])
        ]
        items = []
        for at, place in enumerate(rng.permutation(len(drawn)).tolist()):
            event += 1
            topic, title = drawn[place]
            items.append(Item(event, title, period * _MONTH + at * _DAY, topic))
        partitions.append(tuple(items))
    changes = [
        Planted(topic, period + 1, kind_)
        for topic, counts in zip(topics, plan, strict=True)
        for period in range(1, len(counts))
        if (kind_ := planned(counts[period - 1], counts[period])) is not None
    ]
    return PlantedPerson(kind, tuple(partitions), tuple(changes))


def planned(before: int, now: int) -> ChangeKind | None:
    """The change that two counts of a plan stand for: doubled or halved at least, else none."""
    if before == now:
        return None
    if before == 0:
        return "new"
    if now == 0:
        return "dropped"
    if now >= 2 * before:
        return "growing"
    return "fading" if before >= 2 * now else None


@dataclass(frozen=True)
class Found:
    """How the shifts of one person compare with what was planted.

    Attributes:
        planted, found: changes, and how many of them were reported in their partition.
        placed: how many were reported there as any change of that topic.
        told: changes reported.
        false: how many of those were never planted in that partition, as any change of the topic.
        partitions: that have a partition before them.
    """

    planted: int
    found: int
    placed: int
    told: int
    false: int
    partitions: int


def compare(person: PlantedPerson, shifts: Mapping[int, Shift]) -> Found:
    """Hold the shifts told against what was planted.

    A change is of the topic that most of its evidence belongs to, so it does not matter what
    it is called.
    """
    topic_of = {item.event_id: item.journey for part in person.partitions for item in part}
    told = [
        (number, _most([topic_of[event] for event in change.evidence]), change.kind)
        for number, shift in shifts.items()
        for change in shift.changes
        if change.evidence
    ]
    exact = set(told)
    places = {(number, topic) for number, topic, _ in told}
    wanted = {(change.number, change.topic) for change in person.changes}
    return Found(
        planted=len(person.changes),
        found=sum((c.number, c.topic, c.kind) in exact for c in person.changes),
        placed=sum((c.number, c.topic) in places for c in person.changes),
        told=len(told),
        false=sum((number, topic) not in wanted for number, topic, _ in told),
        partitions=len(person.partitions) - 1,
    )


def _most(topics: Sequence[str]) -> str:
    return max(dict.fromkeys(topics), key=topics.count)
