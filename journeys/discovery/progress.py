"""How a run tells what it is doing, and hears that it should stop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from journeys.errors import Cancelled


class Progress(Protocol):
    """Receives a run's progress. Every number counts real work."""

    def stage(self, name: str, done: int, total: int) -> None:
        """A stage begins, of which ``done`` of ``total`` was there already."""
        ...

    def update(self, done: int) -> None:
        """So much of the stage is done now."""
        ...

    def should_stop(self) -> bool:
        """The user asked to stop."""
        ...


class Silent:
    """A :class:`Progress` that says nothing and never stops."""

    def stage(self, name: str, done: int, total: int) -> None:
        return

    def update(self, done: int) -> None:
        return

    def should_stop(self) -> bool:
        return False


def check(progress: Progress) -> None:
    """Stop here if the user asked to.

    Raises:
        Cancelled: they did.
    """
    if progress.should_stop():
        raise Cancelled("Stopped as you asked. What was found so far is kept; resume to go on.")


class Stopwatch:
    """Seconds by step; steps may be entered many times."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def measure(self, step: str) -> Iterator[None]:
        """Add the time of the block to a step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - start
