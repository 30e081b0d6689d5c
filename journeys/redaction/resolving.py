"""Text as a reader sees it, with the way back to where each character stood.

A detail can be written so that only the eye sees it: with full-width or mathematical letters,
with HTML entities, or with invisible characters inside. It is looked for in the resolved text,
and its place is given in the original.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

#: Not seen, and able to break up an address or a number: soft hyphen, zero-width characters,
#: word joiner, byte order mark, marks and overrides of direction.
UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"

#: Letters, digits and signs in another style: superscripts, circled, full-width, mathematical.
STYLED = (
    "\u00b2\u00b3\u00b9\u2070-\u209c\u2100-\u214f\u2460-\u24ff\ufb00-\ufb06\ufe50-\ufe6b"
    "\uff01-\uff5e\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\U0001d400-\U0001d7ff"
)

_TOKEN = re.compile(rf"&(?:#\d{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z]{{2,10}});|[{UNSEEN}]")
_NEEDED = re.compile(rf"&[#A-Za-z][A-Za-z0-9]{{1,9}};|[{UNSEEN}{STYLED}]")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A resolved text. ``starts[i]:ends[i]`` is where its character ``i`` stood."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` stood in the original."""
        return self.starts[start], self.ends[end - 1]


def resolve(text: str) -> Resolved | None:
    """The resolved text; None where it is the text itself, as it almost always is."""
    if not _NEEDED.search(text):
        return None
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def put(seen: str, start: int, end: int) -> None:
        parts.append(seen)
        starts.extend([start] * len(seen))
        ends.extend([end] * len(seen))

    at = 0
    for token in _TOKEN.finditer(text):
        for place in range(at, token.start()):
            put(_compatible(text[place]), place, place + 1)
        value = unescape(token.group())
        if len(token.group()) > 1 and value == token.group():  # '&copy' of a query is no entity
            for place in range(token.start(), token.end()):
                put(text[place], place, place + 1)
        elif len(token.group()) > 1:
            put(value, token.start(), token.end())
        at = token.end()
    for place in range(at, len(text)):
        put(_compatible(text[place]), place, place + 1)
    seen = "".join(parts)
    return None if seen == text else Resolved(seen, tuple(starts), tuple(ends))


@lru_cache(maxsize=4096)
def _compatible(char: str) -> str:
    """The character without its styling (NFKC); what would become several stays as it is."""
    if char.isascii():
        return char
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char
