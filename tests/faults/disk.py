"""A small disk of one's own that can be filled: a tmpfs, which needs root."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path


class Disk:
    """A folder on a file system of its own where that is possible, else a plain one.

    Attributes:
        own: it has a file system of its own, so it may be filled.
    """

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
        self.own = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Take all the room there is, to the last byte (ENOSPC)."""
        piece = bytes(1 << 20)
        with suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            while piece:
                try:
                    file.write(piece)
                except OSError:
                    piece = piece[: len(piece) // 2]

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        if self.own:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)
