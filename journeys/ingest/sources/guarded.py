"""A guard before the JSON parser that knows what is inside of a string.

People paste code and the output of terminals into messages, so brackets and digits there say
nothing about the structure of a file. :mod:`journeys.ingest.jsonfiles` counts them all, which is
enough for short records.
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

#: A string that ends within a block; else one that does not, of which the first quote and, where
#: it stands at the very end, an escaping backslash are kept.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"|(")(?:[^"\\]++|\\.)*+(\\?)\Z', re.DOTALL)
_REST_OF_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)


class Guarded:
    """A stream of JSON that gives up on what no export holds: nesting without end, a record longer
    than ``longest`` bytes, or a number of thousands of digits.

    Attributes:
        last: the latest block that was read.
        since: the records that ended in it.
    """

    def __init__(self, stream: Bytes, longest: int) -> None:
        self._stream, self._longest = stream, longest
        self.last = b""
        self.since: list[Any] = []
        self._inside = self._escaped = False
        self._size = self._open = 0

    def record(self, value: Any) -> None:
        """Another record has been read."""
        self._size = 0
        self.since.append(value)

    def read(self, size: int = -1, /) -> bytes:
        if size == 0:  # ijson asks for nothing to learn whether it gets bytes
            return b""
        block = self.last = self._stream.read(size)
        self.since.clear()
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
        at = 0
        if self._inside and block:
            at = 1 if self._escaped else 0
            match = _REST_OF_STRING.match(block, at)
            at = match.end() if match else at
            if at < len(block) and block[at : at + 1] == b'"':
                self._inside, at = False, at + 1
            else:  # the block ends within the string, perhaps just after a backslash
                self._escaped = at < len(block)
                return b""
        code = _STRING.sub(rb"\1\2", block[at:])
        self._inside = b'"' in code
        self._escaped = self._inside and code.endswith(b"\\")
        return code
