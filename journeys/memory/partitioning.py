"""A stream of events into fixed partitions and a cache (LIBER's UBSP, arXiv 2411.14713)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeys.memory.policies import Policy


@dataclass(frozen=True)
class Stream:
    """Events of one person in order of time, equal times in order of arrival.

    Attributes:
        ids: shape ``(events,)``, int64.
        times: shape ``(events,)``, int64 microseconds since 1970-01-01 UTC.
        journeys: the journey of each, '' where there is none.
    """

    ids: np.ndarray
    times: np.ndarray
    journeys: tuple[str, ...]

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.times) == len(self.journeys):
            raise ValueError("ids, times and journeys must be of one length")

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, ids: Sequence[int], times: Sequence[int], journeys: Sequence[str] = ()) -> Stream:
        """A stream from lists, put in order."""
        moments = np.asarray(times, dtype=np.int64)
        order = np.argsort(moments, kind="stable")
        names = journeys or [""] * len(order)
        return cls(
            np.asarray(ids, dtype=np.int64)[order],
            moments[order],
            tuple(names[at] for at in order),
        )

    def part(self, start: int, end: int | None = None) -> Stream:
        """The events from ``start`` to before ``end``."""
        chosen = slice(start, end)
        return Stream(self.ids[chosen], self.times[chosen], self.journeys[chosen])

    def with_(self, other: Stream) -> Stream:
        """Both, in order of time; at equal times this one's first."""
        if not len(self):
            return other
        if not len(other):
            return self
        return Stream.of(
            np.concatenate([self.ids, other.ids]).tolist(),
            np.concatenate([self.times, other.times]).tolist(),
            (*self.journeys, *other.journeys),
        )


def partition(cache: Stream, new: Stream, policy: Policy) -> tuple[tuple[Stream, ...], Stream]:
    """New events enter the cache; what is complete leaves it.

    An event that is older than the last partition is late. It enters the cache like any other,
    in its place by time: a partition is never opened again.

    Returns:
        The closed partitions in order, and the cache that is left. Together they are exactly the
        events of both arguments.
    """
    rest = cache.with_(new)
    closed: list[Stream] = []
    while (cut := policy.first_cut(rest.times, rest.journeys)) is not None:
        closed.append(rest.part(0, cut))
        rest = rest.part(cut)
    return tuple(closed), rest


def late(part: Stream, last_at: int | None) -> int:
    """How many events of a partition are older than the end of those before it."""
    return 0 if last_at is None else int(np.count_nonzero(part.times < last_at))
