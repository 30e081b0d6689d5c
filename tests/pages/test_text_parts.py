"""Untrusted text keeps its every visible character and loses its every effect."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.parts.text import count, day, duration, plain, size

HOSTILE = [
    "<script>alert(1)</script>",
    ":red[x] :smile: :material/home: :streamlit:",
    "$x$ and $$y$$",
    "![](http://example.org/p.png) [a](javascript:alert(1))",
    "# heading - list 1. one > quote | a | b |",
    "`code` **bold** _it_ ~~no~~ &lt; \\",
    "mail a@example.org, www.example.org, https://example.org/x",
    "a -> b <- c <-> d -- e >= f <= g ~= h",
]


def shown(escaped: str) -> str:
    """What CommonMark makes of backslash escapes, less the invisible joiners."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escaped).replace("\u2060", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_shows_as_it_is(text: str) -> None:
    assert shown(plain(text)) == text


@given(st.text(alphabet=string.printable + "äé字🎈"))
def test_every_punctuation_character_is_escaped(text: str) -> None:
    escaped = plain(text)
    assert "\n" not in escaped
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", escaped)
    assert not set(bare) & set(string.punctuation)
    assert shown(escaped) == re.sub(r"\s+", " ", text).strip()


@given(st.text(alphabet=":@w./-<>=~abch \\"))
def test_nothing_is_left_for_what_streamlit_does_after_parsing(text: str) -> None:
    """Emoji, icons, addresses and arrows are looked for in the text without its escapes."""
    parsed = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", plain(text))
    assert not re.search(r":[\w+-]+:|https?://|www\.|\w@\w", parsed)
    assert not re.search(r"(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)", parsed)


def test_numbers_as_people_write_them() -> None:
    assert (count(1, "event"), count(1200, "event")) == ("1 event", "1,200 events")
    assert count(3, "person", "people") == "3 people"
    assert day(1_709_769_600_000_000) == "7 Mar 2024"
    assert [duration(s) for s in (0.2, 12, 180, 7200)] == [
        "under a second",
        "12 seconds",
        "3 minutes",
        "2.0 hours",
    ]
    assert [size(b) for b in (12, 98_362_432, 1_117_320_768)] == ["12 bytes", "98 MB", "1.12 GB"]
