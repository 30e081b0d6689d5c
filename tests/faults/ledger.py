"""What was sent and what was acknowledged, kept outside of everything that is disturbed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Account:
    """Where one actor stands: its operations are numbered from 0 and done one after the other.

    Attributes:
        sent: operations begun. The last may have taken effect or not where it is not done.
        done: operations that were acknowledged.
    """

    sent: int
    done: int


class Ledger:
    """One actor's file; each line is on disk before this returns."""

    def __init__(self, folder: Path, actor: str) -> None:
        self._path = folder / f"{actor}.ledger"

    def sent(self, number: int) -> None:
        """About to be done."""
        self._append(f"sent {number}\n")

    def done(self, number: int) -> None:
        """Acknowledged."""
        self._append(f"done {number}\n")

    def account(self) -> Account:
        """As far as it goes; a line that a kill cut off does not count."""
        counts = {"sent": 0, "done": 0}
        if self._path.exists():
            whole, _, _ = self._path.read_text().rpartition("\n")
            for line in whole.splitlines():
                what, number = line.split()
                counts[what] = int(number) + 1
        return Account(**counts)

    def _append(self, line: str) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
