"""Splitting titles into words, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.words import content_words, fold, is_stop, join, shorten, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Try C++ again, don't!", ["Try", "C++", "again", "don't"]),
        ("node.js & F#: top-bar hives", ["node.js", "F#", "top-bar", "hives"]),
        ("see https://example.org/a?b=c now", ["see", "now"]),
        ("東京 guide", ["東", "京", "guide"]),
        ("हिन्दी सीखना", ["हिन्दी", "सीखना"]),
        ("كتاب جديد", ["كتاب", "جديد"]),
        ("🎸🎸🎸", []),
        ("<b>Orchid</b> <script>alert(1)</script> care", ["Orchid", "care"]),
        ("if a < b and b > c", ["if", "a", "b", "and", "b", "c"]),
        ("", []),
    ],
)
def test_words_of_a_text(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_folding_joins_plural_genitive_and_case() -> None:
    assert {fold("Bees"), fold("bee"), fold("bee's"), fold("bee’s")} == {"bee"}
    assert fold("berries") == fold("Berry")
    assert fold("classes") == fold("class")
    assert fold("glass") == "glass"
    assert fold("bus") == "bus"


def test_stop_words_numbers_and_letters_say_nothing() -> None:
    assert content_words("How do I repair 2 old bikes?") == ["repair", "bike"]
    assert is_stop("2019")
    assert not is_stop("京")


def test_join_puts_no_space_between_characters_of_unspaced_scripts() -> None:
    assert join(["東", "京", "guide"]) == "東京 guide"


@given(st.text(max_size=200), st.integers(2, 60))
def test_shortened_text_is_one_line_within_its_limit(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert len(short.splitlines()) <= 1
    assert shorten(short, limit) == short


@given(st.text(max_size=300))
def test_any_text_can_be_split_and_folded(text: str) -> None:
    for word in words(text):
        assert word
        assert fold(word) == fold(word.upper().lower()) or not word.isascii()
