"""Text from untrusted files made safe to store and show: no control characters, no lone
surrogates, bounded length. Letters of every script stay, right-to-left ones included."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from hashlib import blake2b

from journeys.ingest.contract import Cell

#: Line ends and tabs, which become a space in a title.
_SPACES = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")

#: Control characters, byte order marks, and the bidirectional overrides and isolates that can
#: make a title read as something else. Joiners stay: emoji and Persian need them.
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufeff\u202a-\u202e\u2066-\u2069]+")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def one_line(text: str) -> str:
    """Text on one line, without control characters, stripped."""
    if text.isprintable():
        return text.strip()
    text = _UNWANTED.sub("", _SPACES.sub(" ", text))
    return _SURROGATES.sub("\ufffd", text).strip()


def paragraphs(text: str) -> str:
    r"""Like :func:`one_line`, but ``\n`` and tabs stay."""
    if text.isprintable():
        return text.strip()
    lines = (one_line(line) for line in re.split(r"\r\n?|[\n\v\f\x85\u2028\u2029]", text))
    return "\n".join(lines).strip()


def as_text(value: Cell) -> str:
    """A cell as text; whole floats, as tables with gaps make of ids, without their '.0'."""
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def texts(values: Sequence[Cell], *, lines: bool = False) -> list[str]:
    """A column of cells as clean text."""
    clean = paragraphs if lines else one_line
    return [clean(v if isinstance(v, str) else as_text(v)) for v in values]


def cut(values: list[str], limit: int) -> int:
    """Cut the values that are longer than ``limit`` in place; how many were."""
    long = [at for at, value in enumerate(values) if len(value) > limit]
    for at in long:
        values[at] = values[at][: limit - 1].rstrip() + "…"
    return len(long)


def title_id(title: str) -> str:
    """The item id of an event that has neither an id nor a URL."""
    digest = blake2b(title.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return f"title:{digest}"
