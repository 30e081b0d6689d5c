"""Reading stops with a sentence when it takes too long, whatever the file does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from journeys.errors import InputError

T = TypeVar("T")
Progress = Callable[[int, "int | None"], None]


class Deadline:
    """A time by which reading must be done.

    Args:
        seconds: from now; None: there is none.
        clock: seconds that only grow.
    """

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._until = None if seconds is None else clock() + seconds

    def check(self) -> None:
        """Raises:
        InputError: it is over.
        """
        if self._until is not None and self._clock() > self._until:
            raise InputError(
                f"Reading took longer than {self._seconds:,.0f} seconds, so it was stopped and "
                "nothing of the file was stored. Split the file, read it on the command line, or "
                "raise JOURNEYS_READ_SECONDS."
            )

    def each(self, given: Iterable[T]) -> Iterator[T]:
        """What is given, checked before each."""
        for one in given:
            self.check()
            yield one
        self.check()

    def on_progress(self, told: Progress | None) -> Progress | None:
        """Progress that is checked each time it is told."""
        if self._until is None:
            return told

        def checked(done: int, total: int | None) -> None:
            self.check()
            if told is not None:
                told(done, total)

        return checked
