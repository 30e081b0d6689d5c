"""What can still be read of a JSON file behind the place where it is broken."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from journeys.ingest.contract import Bytes, ReadLimits
from journeys.timeline import Rejected

BROKEN = "the JSON is broken here"

#: When to give up: as many broken objects, or as many characters looked at in vain.
_FAILURES = 1_000
_WASTE = 32 << 20

_BLOCK = 64 << 10
_FIRST_KEY = re.compile(r'\[\s*\{\s*"((?:[^"\\]|\\.){0,200})"\s*:')


def salvaged(
    stream: Bytes, window: bytes, done: Sequence[Any], key: str, limits: ReadLimits
) -> Iterator[Any]:
    """The objects behind a break; a :class:`Rejected` without its number for each broken one.

    An object is found by its first key, which must be that of the records before the break, so
    that an object within a record is not taken for a record.

    Args:
        stream: valid UTF-8, from where reading stopped.
        window: what was read since the last record ended; the break is in it.
        done: the records of the window that are known already.
        key: the first key of a record; '' takes that of the first object of a list.
    """
    text = _Text(stream, window)
    if not key:
        found = _FIRST_KEY.search(text.buffer)
        if found is None:
            return
        key = found[1]
    start = re.compile(r'\{\s*"' + re.escape(key) + r'"\s*:')
    decoder = json.JSONDecoder(parse_float=Decimal)  # as ijson has them, to know them again
    known = list(done)
    failures = wasted = 0
    first = True
    while failures < _FAILURES and wasted < _WASTE and (at := text.find(start)) is not None:
        value, used = text.decode(decoder, at, limits.record_bytes)
        if value is None:
            failures += 1
            wasted += used
            text.skip(at + 1)
            if not first:  # the first is the break itself, which has been counted
                yield Rejected(0, BROKEN)
            first = False
            continue
        text.skip(at + used)
        if value in known:
            del known[: known.index(value) + 1]
        else:
            first = False
            yield value


class _Text:
    """A stream as text of which only what is looked at is kept."""

    def __init__(self, stream: Bytes, window: bytes) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._ended = False
        # The window may begin within a character.
        self.buffer = self._decoder.decode(window)
        self._at = 0

    def more(self) -> bool:
        """Read on; whether there was more."""
        block = b"" if self._ended else self._stream.read(_BLOCK)
        self._ended = not block
        self.buffer += self._decoder.decode(block, final=self._ended)
        return not self._ended

    def find(self, pattern: re.Pattern[str]) -> int | None:
        """Where the pattern is next."""
        while True:
            if match := pattern.search(self.buffer, self._at):
                return match.start()
            # What might be the beginning of a match stays.
            self.skip(max(self._at, len(self.buffer) - 1_000))
            if not self.more():
                return None

    def skip(self, at: int) -> None:
        """What is before this place is not needed any more."""
        self._at = at
        if at > 4 * _BLOCK:
            self.buffer, self._at = self.buffer[at:], 0

    def decode(self, decoder: json.JSONDecoder, at: int, longest: int) -> tuple[Any, int]:
        """The object there, None if it is broken, and how many characters were looked at."""
        while True:
            try:
                value, end = decoder.raw_decode(self.buffer, at)
            except json.JSONDecodeError as error:
                left = len(self.buffer) - at
                open_ended = error.pos >= len(self.buffer) - 20 or "Unterminated" in error.msg
                if open_ended and left < longest and self._double(left):
                    continue
                return None, max(error.pos - at, 1) if not open_ended else left
            except (ValueError, ArithmeticError, RecursionError):
                return None, len(self.buffer) - at
            return value, end - at

    def _double(self, size: int) -> bool:
        """Read as much again, so that trying again costs no more than reading did."""
        wanted = len(self.buffer) + max(size, _BLOCK)
        grown = False
        while len(self.buffer) < wanted and self.more():
            grown = True
        return grown
