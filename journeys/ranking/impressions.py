"""A log of impressions: who saw which item when, and how they liked it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from journeys.errors import InputError


@dataclass(frozen=True)
class Impressions:
    """``n`` impressions of ``n_users`` users and ``n_items`` items, in any order.

    Attributes:
        user, item: shape ``(n,)``, int64, positions in the tables of users and items.
        time: shape ``(n,)``, int64, microseconds since 1970 UTC. "Before" is strictly before:
            two events of the same instant never see each other.
        grade: shape ``(n,)``, int64, how much it was liked, from 0 to ``n_grades - 1``.
        liked_from: the least grade that counts as liked.
        n_grades: number of grades; 2 for a plain yes or no.
        user_fields, item_fields: name to category of each user or item, int64 from 0.
        item_tags: shape ``(n_items, n_tags)``, bool; several may hold, such as genres.
        tag_names: ``n_tags`` words.
        item_titles: ``n_items`` titles; untrusted text.
        user_names: ``n_users`` ids as the log's origin writes them.
    """

    user: np.ndarray
    item: np.ndarray
    time: np.ndarray
    grade: np.ndarray
    liked_from: int
    n_grades: int
    item_tags: np.ndarray
    tag_names: tuple[str, ...]
    item_titles: tuple[str, ...]
    user_names: tuple[str, ...]
    user_fields: Mapping[str, np.ndarray] = field(default_factory=dict)
    item_fields: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {len(column) for column in (self.user, self.item, self.time, self.grade)}
        if len(lengths) != 1:
            raise InputError(f"The columns of the impressions differ in length: {sorted(lengths)}.")
        if not len(self.user):
            raise InputError("There are no impressions to rank.")

    def __len__(self) -> int:
        return len(self.user)

    @property
    def n_users(self) -> int:
        return len(self.user_names)

    @property
    def n_items(self) -> int:
        return len(self.item_titles)

    @property
    def label(self) -> np.ndarray:
        """Shape ``(n,)``, float32: 1 where the item was liked."""
        return (self.grade >= self.liked_from).astype(np.float32)


@dataclass(frozen=True)
class Evidence:
    """Each user's events whose outcome may be known, in order of time.

    Attributes:
        rows: positions in the log, sorted by user, then time, then position.
        starts: shape ``(n_users + 1,)``; the events of user ``u`` are
            ``rows[starts[u]:starts[u + 1]]``.
        times: of ``rows``.
    """

    rows: np.ndarray
    starts: np.ndarray
    times: np.ndarray

    def of(self, user: int) -> np.ndarray:
        """Positions in the log of one user's events, oldest first."""
        return self.rows[self.starts[user] : self.starts[user + 1]]

    def before(self, log: Impressions) -> np.ndarray:
        """Shape ``(n,)``: how many of the user's events lie strictly before each one."""
        counts = np.empty(len(log), dtype=np.int64)
        for user, at in enumerate(_rows_by_user(log.user, log.n_users)):
            known = self.times[self.starts[user] : self.starts[user + 1]]
            counts[at] = np.searchsorted(known, log.time[at], side="left")
        return counts


def gather_evidence(log: Impressions, known: np.ndarray) -> Evidence:
    """The events that later impressions may know of.

    Args:
        log: the impressions.
        known: shape ``(n,)``, bool: whose outcome may be used at all.
    """
    rows = np.flatnonzero(known)
    rows = rows[np.lexsort((rows, log.time[rows], log.user[rows]))]
    counts = np.bincount(log.user[rows], minlength=log.n_users)
    return Evidence(rows, np.concatenate([[0], np.cumsum(counts)]), log.time[rows])


def _rows_by_user(users: np.ndarray, n_users: int) -> list[np.ndarray]:
    order = np.argsort(users, kind="stable")
    return np.split(order, np.cumsum(np.bincount(users, minlength=n_users))[:-1])
