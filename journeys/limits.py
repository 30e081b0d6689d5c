"""How often somebody may ask: token buckets.

A bucket holds ``per_minute`` tokens, fills evenly, and gives one a request; who finds it empty is
told how long to wait. Buckets live in one process: several servers of one store each have theirs.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
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

    def wait(self, whose: Hashable, per_minute: int) -> float:
        """Seconds until there is a token; none is taken."""
        with self._lock:
            tokens, since = self._held.get(whose, (float(per_minute), self._clock()))
            tokens = min(float(per_minute), tokens + (self._clock() - since) * per_minute / 60.0)
        return 0.0 if tokens >= 1.0 else (1.0 - tokens) * 60.0 / per_minute


@dataclass(frozen=True)
class Rate:
    """How often something may fail, or be asked, a minute: from one address, and in all."""

    address: int
    overall: int


class Attempts:
    """Attempts that are limited by address and in all. One process counts its own.

    Args:
        rate: attempts a minute.
        buckets: where they are counted.
    """

    def __init__(self, rate: Rate, *, buckets: Buckets | None = None) -> None:
        self._rate = rate
        self._buckets = buckets or Buckets()

    def wait(self, address: str | None) -> float:
        """Seconds until somebody at this address may try; 0: now.

        Args:
            address: None where it is not known: these share one.
        """
        return max(
            self._buckets.wait(("from", network(address)), self._rate.address),
            self._buckets.wait("all", self._rate.overall),
        )

    def count(self, address: str | None) -> None:
        """One attempt was made."""
        self._buckets.take(("from", network(address)), self._rate.address)
        self._buckets.take("all", self._rate.overall)


def network(address: str | None) -> str:
    """What an attempt is counted under: an IPv4 address, or the /64 that one IPv6 site has."""
    try:
        found = ip_address((address or "").split("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> 64 << 64))
