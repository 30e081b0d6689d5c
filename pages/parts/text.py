"""Words on the screen: untrusted text shown literally, and numbers as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_SPACES = re.compile(r"\s+")

#: Streamlit turns emoji shortcodes, bare addresses and arrows into something else after it has
#: read the escapes; an invisible word joiner inside keeps them what they are.
_AFTER_PARSING = re.compile(r"(?<=[:@])(?=\S)|(?<=www)(?=\.)|(?<=[-<>~])(?=[-=>])", re.IGNORECASE)
_JOINER = "\u2060"


def plain(text: str) -> str:
    """Untrusted text for a markdown element or a label, on one line, so that it shows literally.

    No markdown, HTML, emoji shortcode, icon, formula, colour, link or image in it takes effect.
    """
    line = _AFTER_PARSING.sub(_JOINER, _SPACES.sub(" ", text).strip())
    return _PUNCTUATION.sub(r"\\\1", line)


def count(number: int, one: str, many: str | None = None) -> str:
    """``count(1, "event")`` is "1 event", ``count(1200, "event")`` is "1,200 events"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def day(microseconds: int) -> str:
    """A date such as "7 Mar 2024" from microseconds since 1970-01-01 UTC."""
    moment = datetime.fromtimestamp(microseconds / 1e6, UTC)
    return f"{moment.day} {moment:%b %Y}"


def moment(microseconds: int) -> str:
    """A date and time of day, in UTC."""
    at = datetime.fromtimestamp(microseconds / 1e6, UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def duration(seconds: float) -> str:
    """About how long: "12 seconds", "3 minutes", "1.5 hours"."""
    if seconds < 1:
        return "under a second"
    if seconds < 90:
        return count(round(seconds), "second")
    if seconds < 5400:
        return count(round(seconds / 60), "minute")
    return f"{seconds / 3600:.1f} hours"


def size(size_bytes: float) -> str:
    """Bytes as people read them: "84 MB", "1.12 GB"."""
    for unit, factor, digits in (("GB", 1e9, 2), ("MB", 1e6, 0), ("kB", 1e3, 0)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.{digits}f} {unit}"
    return count(round(size_bytes), "byte")
