"""Ids to rows of a table of fixed size: rare ids left out, old ones dropped, collisions measured.

An id that is admitted owns ``heads`` rows of the table, drawn by a hash, and its weight is their
sum (multi-hash, as in Bloom embeddings, Serrà and Karatzoglou 2017): two ids share a weight only
where all their rows fall together. Which ids are admitted is decided at a refresh and frozen until
the next, so that no user's event can move the row of another's. Users are not hashed at all: see
:mod:`journeys.agents.rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

import numpy as np


@dataclass(frozen=True)
class TableRules:
    """What the table may hold.

    Attributes:
        rows: of the table; row 0 is nobody's and always nought.
        heads: rows an id has.
        min_count: events with an id before it is admitted (frequency filter).
        min_users: different users with an id before it is admitted: what only one person has is
            that person's, and is learnt in their own rows.
        max_ids: admitted at most, the most frequent first.
        expiry: an id that was not seen for so long is dropped.
    """

    rows: int = 65_536
    heads: int = 2
    min_count: int = 5
    min_users: int = 2
    max_ids: int = 50_000
    expiry: timedelta = timedelta(days=365)


@dataclass
class Counted:
    """What was seen of an id."""

    events: int = 0
    users: set[str] = field(default_factory=set)
    last: datetime | None = None


@dataclass(frozen=True)
class Collisions:
    """How often ids share rows of the table.

    Attributes:
        ids: admitted.
        full: share of ids all of whose rows another id has too, as a set: their weights cannot be
            told apart.
        any_row: share of ids with at least one row that another id has too.
        single_hash: share that would have shared its only row, had it one.
        load: ids a row.
    """

    ids: int
    full: float
    any_row: float
    single_hash: float
    load: float


@dataclass(frozen=True)
class IdTable:
    """The admitted ids and their rows, frozen."""

    rules: TableRules
    ids: frozenset[str]

    def rows_of(self, name: str) -> tuple[int, ...]:
        """Rows of an id, ``heads`` of them; all 0 if it is not admitted."""
        if name not in self.ids:
            return (0,) * self.rules.heads
        return hashed_rows(name, self.rules.rows, self.rules.heads)

    def collisions(self) -> Collisions:
        """Measured over the admitted ids."""
        owned = np.array(
            [sorted(self.rows_of(name)) for name in sorted(self.ids)], dtype=np.int64
        ).reshape(len(self.ids), self.rules.heads)
        if not len(owned):
            return Collisions(0, 0.0, 0.0, 0.0, 0.0)
        first = np.array([self.rows_of(name)[0] for name in sorted(self.ids)])
        _, which, times = np.unique(owned, axis=0, return_inverse=True, return_counts=True)
        held = np.zeros(self.rules.rows, dtype=np.int64)
        for column in owned.T:
            np.add.at(held, column, 1)
        alone = np.bincount(first, minlength=self.rules.rows)
        return Collisions(
            ids=len(owned),
            full=float((times[which.ravel()] > 1).mean()),
            any_row=float((held[owned] > 1).any(axis=1).mean()),
            single_hash=float((alone[first] > 1).mean()),
            load=len(owned) * self.rules.heads / (self.rules.rows - 1),
        )


@lru_cache(maxsize=262_144)
def hashed_rows(name: str, rows: int, heads: int) -> tuple[int, ...]:
    """Rows 1 to ``rows - 1`` of an id, by double hashing of one BLAKE2b digest."""
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    first, second = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big") | 1
    return tuple((first + head * second) % (rows - 1) + 1 for head in range(heads))


def count_ids(events: Iterable[tuple[str, datetime, Iterable[str]]]) -> dict[str, Counted]:
    """What was seen of each id, from (user, time, ids) of events."""
    found: dict[str, Counted] = {}
    for user, time, names in events:
        for name in names:
            seen = found.setdefault(name, Counted())
            seen.events += 1
            seen.users.add(user)
            seen.last = time if seen.last is None else max(seen.last, time)
    return found


def admit_ids(counted: Mapping[str, Counted], rules: TableRules, now: datetime) -> IdTable:
    """Decide which ids have rows until the next refresh."""
    fit = [
        (-seen.events, name)
        for name, seen in counted.items()
        if seen.events >= rules.min_count
        and len(seen.users) >= rules.min_users
        and seen.last is not None
        and now - seen.last <= rules.expiry
    ]
    return IdTable(rules, frozenset(name for _, name in sorted(fit)[: rules.max_ids]))
