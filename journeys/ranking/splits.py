"""Three ways to keep impressions for validation and for test, each without a leak of its own kind.

``random`` is the protocol of RecBole's published figures: it says how well a model fills in what
it has not seen, and lets it learn from a user's later events. ``time`` cuts each user's own
order, so that a user's later taste is never learnt from; other users' later events are. ``global``
cuts the world's time: nothing of a later day is known, and most users of the test days are new.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from journeys.errors import ConfigError
from journeys.ranking.impressions import Impressions

SPLITS = ("random", "time", "global")

#: A user of a global split is warm with this many impressions in training.
WARM = 10


@dataclass(frozen=True)
class Split:
    """Positions in the log, disjoint; what is in none of the three is told in ``note``.

    Attributes:
        train, valid, test: sorted positions.
        known: shape ``(n,)``, bool: impressions whose outcome a later one may use. In a random
            split only those of training, as in the published protocol; in a split by time every
            earlier event is known when a later one comes, as it is to a running service.
        note: what a reader of the figures must know, such as the number of warm users.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    known: np.ndarray
    note: str


def split(log: Impressions, kind: str, *, seed: int = 0, share: float = 0.1) -> Split:
    """Split a log.

    Args:
        log: the impressions.
        kind: one of :data:`SPLITS`.
        seed: of the random split; the others draw nothing.
        share: of the impressions for validation, and as many for test.

    Raises:
        ConfigError: the kind is unknown.
    """
    if kind == "random":
        return _random(log, seed, share)
    if kind == "time":
        return _by_user_time(log, share)
    if kind == "global":
        return _by_global_time(log, share)
    raise ConfigError(f"There is no split {kind!r}. Choose one of {', '.join(SPLITS)}.")


def _random(log: Impressions, seed: int, share: float) -> Split:
    n = len(log)
    order = np.random.default_rng(seed).permutation(n)
    held = round(n * share)
    test, valid, train = np.split(order, [held, 2 * held])
    known = np.zeros(n, dtype=bool)
    known[train] = True
    note = "drawn at random; features know earlier events of training only"
    return Split(np.sort(train), np.sort(valid), np.sort(test), known, note)


def _by_user_time(log: Impressions, share: float) -> Split:
    order = np.lexsort((np.arange(len(log)), log.time, log.user))
    counts = np.bincount(log.user, minlength=log.n_users)
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1]
    users = log.user[order]
    place = np.arange(len(log)) - starts[users]
    held = np.maximum(np.round(counts[users] * share), 1)
    left = counts[users] - place
    test, valid = left <= held, (left > held) & (left <= 2 * held)
    first_valid, first_test = (_first(log.time[order], users, at, log) for at in (valid, test))
    # Several things rated in one second were before one screen: a later part must not have taught.
    train = ~test & ~valid & (log.time[order] < first_valid[users])
    valid &= log.time[order] < first_test[users]
    dropped = len(log) - int(train.sum() + valid.sum() + test.sum())
    note = (
        "each user's last tenth is the test, the tenth before it validation; "
        f"{dropped:,} impressions of the same instant as a later part are left out"
    )
    return Split(
        np.sort(order[train]),
        np.sort(order[valid]),
        np.sort(order[test]),
        np.ones(len(log), dtype=bool),
        note,
    )


def _first(times: np.ndarray, users: np.ndarray, at: np.ndarray, log: Impressions) -> np.ndarray:
    """Shape ``(n_users,)``: time of each user's first impression among those marked."""
    first = np.full(log.n_users, np.iinfo(np.int64).max)
    np.minimum.at(first, users[at], times[at])
    return first


def _by_global_time(log: Impressions, share: float) -> Split:
    first, second = np.quantile(log.time, [1 - 2 * share, 1 - share])
    train = log.time < first
    warm = np.bincount(log.user[train], minlength=log.n_users) >= WARM
    valid = (log.time >= first) & (log.time < second) & warm[log.user]
    test = (log.time >= second) & warm[log.user]
    users = len(np.unique(log.user[test]))
    note = (
        f"the last tenth of all time is the test; {users} warm users ({WARM} or more impressions "
        f"in training) with {test.sum():,} impressions of {(log.time >= second).sum():,}"
    )
    return Split(
        np.flatnonzero(train),
        np.flatnonzero(valid),
        np.flatnonzero(test),
        np.ones(len(log), dtype=bool),
        note,
    )
