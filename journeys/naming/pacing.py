"""How many requests may be under way at once, and how long one may take.

Additive increase, multiplicative decrease (Chiu and Jain 1989): each answer makes room for a
sixteenth of a request more. One "slow down" (429) takes one place away, since it may be chance;
when a quarter of the latest requests are told so, the places are halved and nothing is sent
before the time that the endpoint named.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from journeys.errors import EndpointBusy

#: Part of a place that one answer adds.
_GROWTH = 1 / 16
#: Weight of the latest request in the share that was told to slow down.
_WEIGHT = 1 / 16
_OVERLOAD = 0.25
#: A request is given up after so many times the slowest of the latest answers ...
_PATIENCE = 4.0
#: ... but not before so many seconds, nor while so few answers were seen.
_LEAST_SECONDS, _LEAST_ANSWERS = 4.0, 8
#: However slow: longest wait for one answer, in seconds.
_MOST_SECONDS = 120.0


class Pace:
    """The places that requests of many threads share.

    Args:
        most: requests under way at once, at most.
        timeout: seconds to wait for an answer until enough were seen to know better.
        adaptive: learn the time-out from the answers; else it stays as given.
    """

    def __init__(
        self,
        most: int = 64,
        *,
        timeout: float = 30.0,
        adaptive: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most = most
        self._timeout = timeout
        self._adaptive = adaptive
        self._clock = clock
        self._changed = threading.Condition()
        self._limit = float(most)
        self._under_way = 0
        self._not_before = 0.0
        self._cut_at = float("-inf")
        self._share = 0.0
        self._took: deque[float] = deque(maxlen=64)
        self._stopped = False

    @property
    def limit(self) -> int:
        """Requests that may be under way now."""
        return max(1, int(self._limit))

    def patience(self, attempt: int = 0) -> float:
        """Seconds to wait for an answer; twice as long at each further attempt."""
        if not self._adaptive:
            return self._timeout
        with self._changed:
            known = len(self._took) >= _LEAST_ANSWERS
            slowest = max(self._took, default=0.0)
        first = self._timeout
        if known:
            first = min(self._timeout, max(_LEAST_SECONDS, _PATIENCE * slowest))
        return min(first * 2.0**attempt, max(self._timeout, _MOST_SECONDS))

    @contextmanager
    def place(self) -> Iterator[float]:
        """Wait for a place and hold it during the block; gives the time of entering.

        Raises:
            EndpointBusy: :meth:`stop` was called.
        """
        with self._changed:
            while True:
                self._check()
                early = self._not_before - self._clock()
                if early <= 0 and self._under_way < self.limit:
                    break
                self._changed.wait(early if early > 0 else None)
            self._under_way += 1
            entered = self._clock()
        try:
            yield entered
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def answered(self, seconds: float) -> None:
        """A request was answered after so many seconds."""
        with self._changed:
            self._took.append(seconds)
            self._share *= 1 - _WEIGHT
            self._limit = min(float(self.most), self._limit + _GROWTH)

    def slow_down(self, entered: float, wait: float) -> None:
        """A request that entered at that time was told to come back in ``wait`` seconds."""
        with self._changed:
            if entered < self._cut_at:
                return  # sent before the cut that answers it
            self._share += _WEIGHT * (1 - self._share)
            if self._share < _OVERLOAD:
                self._limit = max(1.0, self._limit - 1)
                return
            now = self._clock()
            self._limit = max(1.0, self._limit / 2)
            self._cut_at, self._share = now, 0.0
            self._not_before = max(self._not_before, now + wait)

    def sleep(self, seconds: float) -> None:
        """Wait without a place.

        Raises:
            EndpointBusy: :meth:`stop` was called.
        """
        until = self._clock() + seconds
        with self._changed:
            while (left := until - self._clock()) > 0:
                self._check()
                self._changed.wait(left)
            self._check()

    def stop(self) -> None:
        """Send nothing more; whoever waits is told so."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _check(self) -> None:
        if self._stopped:
            raise EndpointBusy("Naming was stopped.")
