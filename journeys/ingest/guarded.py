"""A guard before the JSON parser that knows what is inside of a string.

ijson keeps the path to every open container, so nesting without end would cost memory squared.
People paste code and the output of terminals into texts, so brackets and digits there say nothing
about the structure of a file.
"""

from __future__ import annotations

import re
from typing import Any

from journeys.errors import InputError
from journeys.ingest.contract import Bytes

#: Objects and lists that may be open at once; an export has a dozen.
DEPTH = 200

#: Near the 4,300 digits at which ijson's C parser can crash.
_HUGE_NUMBER = re.compile(rb"\d{2000}")


class Guarded:
    """A stream of JSON that gives up on what no export holds: nesting without end, a record longer
    than ``longest`` bytes, or a number of thousands of digits.

    Attributes:
        since: the records that ended in the first block of the window.
    """

    def __init__(self, stream: Bytes, longest: int) -> None:
        self._stream, self._longest = stream, longest
        self._blocks: list[bytes] = []
        self.since: list[Any] = []
        self._inside = self._escaped = False
        self._size = self._open = 0

    @property
    def window(self) -> bytes:
        """What was read from the block on in which the last record ended."""
        return b"".join(self._blocks)

    def record(self, value: Any) -> None:
        """Another record has been read."""
        self._size = 0
        if len(self._blocks) > 1:
            del self._blocks[:-1]
            self.since.clear()
        self.since.append(value)

    def read(self, size: int = -1, /) -> bytes:
        if size == 0:  # ijson asks for nothing to learn whether it gets bytes
            return b""
        block = self._stream.read(size)
        self._blocks.append(block)
        self._size += len(block)
        if self._size > self._longest:
            raise InputError(f"a record is longer than {self._longest:,} bytes")
        code = self._outside(block)
        self._open += code.count(b"[") + code.count(b"{") - code.count(b"]") - code.count(b"}")
        if self._open > DEPTH:
            raise InputError("a record is nested too deeply")
        if _HUGE_NUMBER.search(code):
            raise InputError("a number has thousands of digits")
        return block

    def _outside(self, block: bytes) -> bytes:
        """The block without its strings, which may have begun before it and end after it."""
        if self._escaped:
            block = block[1:]
        if b"\\" in block:  # pairs first, so that what stays before a quote escapes it
            block = block.replace(b"\\\\", b"").replace(b'\\"', b"")
        self._escaped = block.endswith(b"\\")
        parts = block.split(b'"')
        code = b"".join(parts[self._inside :: 2])
        self._inside ^= len(parts) % 2 == 0
        return code
