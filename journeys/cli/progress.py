"""Progress on the terminal: one line a stage, with counts and time left."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_STAGES = {
    "read": "reading (MB)",
    "embed": "embedding (texts)",
    "cluster": "finding journeys (people)",
    "stability": "measuring stability (people)",
    "project": "drawing maps (events)",
    "name": "naming (journeys)",
    "judge": "judging (names)",
    "memory": "entering the memory (events)",
    "tell": "telling (partitions)",
    "tune": "training (steps, at most)",
    "small": "training a small language model (steps)",
    "fit": "teaching the language model (steps)",
    "ask": "asking about people",
    "convert": "converting (files)",
    "split": "dividing people (blocks)",
    "embed_parts": "embedding (partitions)",
    "find_parts": "finding journeys (partitions)",
    "agents": "learning from requests and answers",
}


class TerminalProgress:
    """A :class:`~journeys.discovery.progress.Progress` on standard error.

    On a terminal the line is rewritten; in a file each stage leaves one line when it ends.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._name = ""
        self._start = self._shown = 0.0
        self._base = self._done = self._total = 0

    def stage(self, name: str, done: int, total: int) -> None:
        self.close()
        self._name, self._base, self._done, self._total = name, done, done, total
        self._start = time.monotonic()
        self._show(force=True)

    def update(self, done: int) -> None:
        self._done = done
        self._show(force=False)

    def should_stop(self) -> bool:
        return False

    def close(self) -> None:
        """End the present line."""
        if self._name:
            elapsed = time.monotonic() - self._start
            line = f"{_STAGES.get(self._name, self._name)}: {self._done:,} in {elapsed:.1f} s"
            self._stream.write(("\r\x1b[K" if self._live else "") + line + "\n")
            self._stream.flush()
            self._name = ""

    def _show(self, force: bool) -> None:
        at = time.monotonic()
        if not self._live or (not force and at - self._shown < 0.2):
            return
        self._shown = at
        left = ""
        fresh = self._done - self._base
        if fresh > 0 and at - self._start > 0.5:
            seconds = (at - self._start) / fresh * (self._total - self._done)
            left = f", {seconds:.0f} s left"
        label = _STAGES.get(self._name, self._name)
        self._stream.write(f"\r\x1b[K{label}: {self._done:,} of {self._total:,}{left}")
        self._stream.flush()
