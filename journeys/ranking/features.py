"""What may be known of an impression before it happened.

Every figure here is made of events strictly before the impression, and only of those whose outcome
may be known (:attr:`~journeys.ranking.splits.Split.known`). The log is read once in order of time;
events of one instant are all answered before any of them is learnt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from journeys.errors import ConfigError
from journeys.ranking.impressions import Evidence, Impressions, gather_evidence

#: Names of the columns of :attr:`Features.numbers`.
NUMBERS = (
    "user_events",
    "user_mean",
    "item_events",
    "item_mean",
    "tag_mean",
    "recent_mean",
    "neighbours",
    "neighbour_weight",
)

#: Those that say nothing of what kinds of items a user likes: the first columns.
PLAIN = NUMBERS[:4]

#: Sets of numeric features to choose from.
FEATURES = {"all": NUMBERS, "plain": PLAIN}

#: Pseudo-events that draw a mean towards the one above it (user and item to all, tag to user).
PRIOR_EVENTS = 5.0
#: Pseudo-pairs that draw the covariance of two items towards none.
PRIOR_PAIRS = 10.0
#: Of a user's last events, for ``recent_mean``.
RECENT = 10


@dataclass(frozen=True)
class Features:
    """Features of every impression of a log.

    Attributes:
        fields: shape ``(n, F)``, int64: user, item, then the fields of ``field_names``.
        field_names: their names.
        cardinalities: number of categories of each field.
        numbers: shape ``(n, N)``, float32: the first columns of :data:`NUMBERS`, around 1.
        history: shape ``(n, L)``, int64, items of the user's last known events, newest first.
        history_grade: the same shape: their grades.
        history_mask: the same shape, bool: False where there is no event.
        seen: shape ``(n,)``: how many known events of the user lie before.
    """

    fields: np.ndarray
    field_names: tuple[str, ...]
    cardinalities: tuple[int, ...]
    numbers: np.ndarray
    history: np.ndarray
    history_grade: np.ndarray
    history_mask: np.ndarray
    seen: np.ndarray


def build_features(
    log: Impressions, known: np.ndarray, *, history: int = 60, numbers: str = "all"
) -> Features:
    """Features of every impression.

    Args:
        log: the impressions.
        known: shape ``(n,)``, bool: events whose outcome later impressions may use.
        history: length of the history, ``L``.
        numbers: one of :data:`FEATURES`.

    Raises:
        ConfigError: there is no such set.
    """
    if numbers not in FEATURES:
        raise ConfigError(f"There are no features {numbers!r}: choose {' or '.join(FEATURES)}.")
    evidence = gather_evidence(log, known)
    seen = evidence.before(log)
    rows = _history(log, evidence, seen, history)
    mask = rows >= 0
    columns = {
        "user": log.user,
        "item": log.item,
        **{name: codes[log.user] for name, codes in log.user_fields.items()},
        **{name: codes[log.item] for name, codes in log.item_fields.items()},
        **_clock(log.time),
        "seen": np.minimum(np.log2(1 + seen), 9).astype(np.int64),
    }
    sizes = {"user": log.n_users, "item": log.n_items}
    return Features(
        fields=np.stack(list(columns.values()), axis=1),
        field_names=tuple(columns),
        cardinalities=tuple(
            sizes.get(name, int(codes.max()) + 1) for name, codes in columns.items()
        ),
        numbers=_numbers(log, known)[:, : len(FEATURES[numbers])],
        history=np.where(mask, log.item[rows], 0),
        history_grade=np.where(mask, log.grade[rows], 0),
        history_mask=mask,
        seen=seen,
    )


def _clock(time: np.ndarray) -> dict[str, np.ndarray]:
    """Hour of the day and day of the week (UTC); known when the item is shown."""
    hours = time // 3_600_000_000
    return {"hour": hours % 24, "weekday": (hours // 24 + 3) % 7}


def _history(log: Impressions, evidence: Evidence, seen: np.ndarray, length: int) -> np.ndarray:
    """Shape ``(n, length)``: the user's last known events, newest first, -1 for none."""
    back = seen[:, None] - 1 - np.arange(length)
    at = evidence.starts[log.user][:, None] + np.maximum(back, 0)
    return np.where(back >= 0, evidence.rows[np.minimum(at, len(evidence.rows) - 1)], -1)


def _instants(log: Impressions) -> Iterator[np.ndarray]:
    """Positions in the log, all of one instant at a time, oldest first."""
    order = np.argsort(log.time, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(log.time[order])) + 1)


def _numbers(log: Impressions, known: np.ndarray) -> np.ndarray:
    """Shape ``(n, len(NUMBERS))``, float32; see :data:`NUMBERS`."""
    running = _Running(log)
    numbers = np.zeros((len(log), len(NUMBERS)), dtype=np.float32)
    for rows in _instants(log):
        for row in rows:
            numbers[row] = running.describe(int(log.user[row]), int(log.item[row]))
        for row in rows[known[rows]]:
            running.learn(int(log.user[row]), int(log.item[row]), float(log.grade[row]))
    return numbers


class _Running:
    """Counts, means and item-to-item covariances of all events learnt so far.

    A grade is first taken apart into what user and item explain and a residual. Two items are near
    if people's residuals agree on them (item-based collaborative filtering with shrunk covariance;
    Koren 2010, "Factor in the neighbors", section 3), and an item's neighbours among the user's
    events say how far this user will be from what is expected.
    """

    def __init__(self, log: Impressions) -> None:
        self._tags = log.item_tags
        self._sum = self._count = 0.0
        self._user = np.zeros((log.n_users, 2))
        self._item = np.zeros((log.n_items, 2))
        self._tag = np.zeros((log.n_users, log.item_tags.shape[1], 2))
        self._cov = np.zeros((log.n_items, log.n_items), dtype=np.float32)
        self._pairs = np.zeros((log.n_items, log.n_items), dtype=np.float32)
        room = np.bincount(log.user, minlength=log.n_users)
        self._events = np.zeros(log.n_users, dtype=np.int64)
        self._items = [np.zeros(size, dtype=np.int64) for size in room]
        self._residuals = [np.zeros(size, dtype=np.float32) for size in room]

    def _expected(self, user: int, item: int) -> tuple[float, float, float]:
        """Mean of all; the item's and the user's deviation from it; each shrunk."""
        mean = self._sum / self._count if self._count else 0.0
        total, count = self._item[item]
        of_item = total / (count + PRIOR_EVENTS)
        total, count = self._user[user]
        return mean, of_item, total / (count + PRIOR_EVENTS)

    def describe(self, user: int, item: int) -> tuple[float, ...]:
        """The numbers of an impression that comes now."""
        _, of_item, of_user = self._expected(user, item)
        held = self._tag[user][self._tags[item]].sum(axis=0)
        of_tags = held[0] / (held[1] + PRIOR_EVENTS) if len(held) else 0.0
        events = self._events[user]
        others, residuals = self._items[user][:events], self._residuals[user][:events]
        likeness = self._cov[item].take(others) / (self._pairs[item].take(others) + PRIOR_PAIRS)
        near, weight = float(likeness @ residuals), float(np.abs(likeness).sum())
        recent = residuals[-RECENT:]
        return (
            float(np.log1p(self._user[user, 1])) / 4,
            of_user,
            float(np.log1p(self._item[item, 1])) / 4,
            of_item,
            of_tags,
            float(recent.sum()) / (len(recent) + PRIOR_EVENTS),
            near / (weight + 1.0),
            float(np.log1p(weight)),
        )

    def learn(self, user: int, item: int, grade: float) -> None:
        """Take in an event that has happened."""
        mean, of_item, of_user = self._expected(user, item)
        residual = grade - mean - of_item - of_user if self._count else 0.0
        events = self._events[user]
        others = self._items[user][:events]
        added = residual * self._residuals[user][:events]
        for table, change in ((self._cov, added), (self._pairs, 1)):
            table[item, others] += change
            table[others, item] += change
        self._items[user][events], self._residuals[user][events] = item, residual
        self._events[user] += 1
        self._tag[user][self._tags[item]] += (residual, 1)
        self._item[item] += (grade - mean - of_user if self._count else 0.0, 1)
        self._user[user] += (grade - mean - of_item if self._count else 0.0, 1)
        self._sum += grade
        self._count += 1
