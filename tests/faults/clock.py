"""A clock that can be moved while the processes that read it go on."""

from __future__ import annotations

import mmap
import struct
import time
from pathlib import Path

_OFFSET = struct.Struct("<q")


class MovedClock:
    """A file with the seconds by which the wall clock of some processes is off."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            path.write_bytes(_OFFSET.pack(0))

    def move(self, seconds: int) -> None:
        """From now on, for every process that follows this clock."""
        with self.path.open("r+b") as file, mmap.mmap(file.fileno(), _OFFSET.size) as shared:
            shared[:] = _OFFSET.pack(seconds)


def follow(path: Path) -> None:
    """Let this process's wall clock follow a moved one, for the rest of its life.

    The monotonic clock stays as it is, as it does when a machine's clock is set.
    """
    with path.open("rb") as file:
        shared = mmap.mmap(file.fileno(), _OFFSET.size, access=mmap.ACCESS_READ)
    true_time, true_time_ns = time.time, time.time_ns

    def moved() -> float:
        return true_time() + _OFFSET.unpack(shared[:])[0]

    def moved_ns() -> int:
        return true_time_ns() + _OFFSET.unpack(shared[:])[0] * 1_000_000_000

    time.time, time.time_ns = moved, moved_ns
