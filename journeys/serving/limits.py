"""How often somebody may ask: token buckets.

A bucket holds ``per_minute`` tokens, fills evenly, and gives one a request; who finds it empty is
told how long to wait. Buckets live in one process: several servers of one store each have theirs.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

#: Buckets that are remembered; one that was not asked for longest is forgotten, and is full again.
MOST = 50_000


class Buckets:
    """Token buckets by whatever has one.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, *, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = Lock()
        self._held: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, whose: Hashable, per_minute: int) -> float:
        """Take a token; returns 0, or the seconds until there is one."""
        with self._lock:
            now = self._clock()
            tokens, since = self._held.pop(whose, (float(per_minute), now))
            tokens = min(float(per_minute), tokens + (now - since) * per_minute / 60.0)
            wait = 0.0 if tokens >= 1.0 else (1.0 - tokens) * 60.0 / per_minute
            self._held[whose] = (tokens - 1.0 if wait == 0.0 else tokens, now)
            if len(self._held) > self._most:
                self._held.popitem(last=False)
        return wait
