"""How the sources put titles and texts together from what they know."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from html import unescape

_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_LINE_END = re.compile(r"<(?:br|/p)\b[^<>]*>", re.IGNORECASE)


def by(title: str, creator: str) -> str:
    """A work with who made it, as people say it.

    >>> by("Emma", "Jane Austen")
    'Emma by Jane Austen'
    """
    title, creator = " ".join(title.split()), " ".join(creator.split())
    return f"{title} by {creator}" if title and creator else title


def without_tags(text: str) -> str:
    """A text that was written in HTML, without its tags and entities.

    >>> without_tags("So <i>calm</i>.<br />Again &amp; again")
    'So calm.\\nAgain & again'
    """
    if "<" not in text and "&" not in text:
        return text
    return unescape(_TAG.sub("", _LINE_END.sub("\n", text)))


def joined(parts: Iterable[str]) -> str:
    """What there is of some texts, one a line and none twice."""
    return "\n".join(dict.fromkeys(part.strip() for part in parts if part.strip()))


def text_of(value: object) -> str:
    """A value of JSON as text if it is a text or a number, and '' if it is anything else.

    Numbers keep their digits, as a time in seconds has more of them than a float shows by default.
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    return repr(value) if isinstance(value, float) else str(value)
