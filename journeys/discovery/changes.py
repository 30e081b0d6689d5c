"""How one set of a person's journeys became another: what stays, splits, merges, comes and goes.

The events are the same before and after, so the journeys are compared by the events they share.
The names of the transitions follow MONIC (Spiliopoulou et al., KDD 2006); unlike there, the rule
is the same in both directions, so that reading a change backwards turns splits into merges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from journeys.journey import UserJourneys

ChangeKind = Literal["stays", "changes", "splits", "merges", "regroups", "vanishes", "appears"]

#: Two journeys with a Jaccard index of their events of at least this are the same journey. Above
#: 1/2 a journey has at most one such partner; .8 lets go of one event in five.
SAME = 0.8

#: Two journeys are connected when more than this share of the smaller one lies in the other: above
#: 1/2, so that a journey is never drawn into two bigger ones.
CONNECTED = 0.5


@dataclass(frozen=True)
class Flow:
    """Events that were in one journey before and are in one journey after; -1 is no journey."""

    before: int
    after: int
    events: int


@dataclass(frozen=True)
class Change:
    """What became of some journeys. Every journey, before and after, is in exactly one change.

    Attributes:
        kind: ``stays``: one journey with (nearly) the same events; ``changes``: one that gained
            or lost more; ``splits``: one became several; ``merges``: several became one;
            ``regroups``: several became several others; ``vanishes``: most of its events went to
            no journey, or into many; ``appears``: the reverse.
        before, after: positions in the journeys before and after, in order.
        events: events that are in ``before`` and in ``after``.
    """

    kind: ChangeKind
    before: tuple[int, ...]
    after: tuple[int, ...]
    events: int


@dataclass(frozen=True)
class Changes:
    """The whole comparison.

    Attributes:
        changes: ordered by kind as in :data:`ChangeKind`, then by the first journey.
        flows: with at least one event, by ``before`` (no journey last), then most events first.
        before_sizes, after_sizes: events of each journey.
        events: of the person.
        unassigned_before, unassigned_after: events in no journey.
    """

    changes: tuple[Change, ...]
    flows: tuple[Flow, ...]
    before_sizes: tuple[int, ...]
    after_sizes: tuple[int, ...]
    events: int
    unassigned_before: int
    unassigned_after: int

    def of(self, *kinds: ChangeKind) -> Sequence[Change]:
        """The changes of these kinds."""
        return [change for change in self.changes if change.kind in kinds]


def compare(before: UserJourneys, after: UserJourneys) -> Changes:
    """How the journeys of the same events differ.

    Journeys are connected by :data:`CONNECTED`; what hangs together is one :class:`Change`, which
    is called by the number of journeys on its two sides.

    Raises:
        ValueError: the two are of different numbers of events.
    """
    table = _table(before, after)
    inner = table[:-1, :-1]
    old, new = table[:-1].sum(axis=1), table[:, :-1].sum(axis=0)
    smaller = np.minimum(old[:, None], new[None, :])
    groups = _components(inner > CONNECTED * smaller)
    changes = [_change(a, b, inner, old, new) for a, b in groups]
    order = get_args(ChangeKind)
    changes.sort(key=lambda c: (order.index(c.kind), c.before or c.after))
    rows, columns = np.nonzero(table)
    flows = [
        Flow(_position(a, len(old)), _position(b, len(new)), int(table[a, b]))
        for a, b in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    flows.sort(key=lambda flow: (flow.before < 0, flow.before, -flow.events, flow.after))
    return Changes(
        changes=tuple(changes),
        flows=tuple(flows),
        before_sizes=tuple(old.tolist()),
        after_sizes=tuple(new.tolist()),
        events=int(table.sum()),
        unassigned_before=int(table[-1].sum()),
        unassigned_after=int(table[:, -1].sum()),
    )


def kept_pairs(before: UserJourneys, after: UserJourneys) -> Sequence[tuple[int, int]]:
    """(position before, position after) of the journeys that are the same by :data:`SAME`."""
    table = _table(before, after)
    shared = table[:-1, :-1]
    union = table[:-1].sum(axis=1)[:, None] + table[:, :-1].sum(axis=0)[None, :] - shared
    pairs = np.argwhere(shared >= SAME * union) if shared.size else np.empty((0, 2), np.int64)
    return [(int(a), int(b)) for a, b in pairs]


def _table(before: UserJourneys, after: UserJourneys) -> np.ndarray:
    """Shared events, shape ``(before + 1, after + 1)``; the last row and column: no journey."""
    if len(before.labels) != len(after.labels):
        raise ValueError(f"{len(before.labels)} and {len(after.labels)} events cannot be compared")
    shape = len(before.journeys) + 1, len(after.journeys) + 1
    rows = np.where(before.labels < 0, shape[0] - 1, before.labels)
    columns = np.where(after.labels < 0, shape[1] - 1, after.labels)
    table = np.zeros(shape, dtype=np.int64)
    np.add.at(table, (rows, columns), 1)
    return table


def _position(at: int, count: int) -> int:
    return at if at < count else -1


def _components(linked: np.ndarray) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Connected parts of a bipartite graph, shape ``(before, after)``: nodes on either side."""
    parts = []
    free = [set(range(linked.shape[0])), set(range(linked.shape[1]))]
    while free[0] or free[1]:
        side = 0 if free[0] else 1
        start = min(free[side])
        free[side].discard(start)
        found: tuple[set[int], set[int]] = (set(), set())
        waiting = [(side, start)]
        while waiting:
            side, at = waiting.pop()
            found[side].add(at)
            row = linked[at] if side == 0 else linked[:, at]
            for other in free[1 - side].intersection(np.flatnonzero(row).tolist()):
                free[1 - side].discard(other)
                waiting.append((1 - side, other))
        parts.append((tuple(sorted(found[0])), tuple(sorted(found[1]))))
    return parts


def _change(
    a: tuple[int, ...], b: tuple[int, ...], inner: np.ndarray, old: np.ndarray, new: np.ndarray
) -> Change:
    events = int(inner[np.ix_(a, b)].sum())
    kind: ChangeKind
    if not a or not b:
        kind = "vanishes" if a else "appears"
    elif len(a) == len(b) == 1:
        union = int(old[a[0]] + new[b[0]]) - events
        kind = "stays" if events >= SAME * union else "changes"
    elif len(a) == 1:
        kind = "splits"
    else:
        kind = "merges" if len(b) == 1 else "regroups"
    return Change(kind, a, b, events)
