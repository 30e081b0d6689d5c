"""Columns are redacted as their texts are, are counted, and are shown in part only."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from journeys.redaction import find, masked, redact, redact_column
from tests.test_redaction import FRAGMENTS

MORE = st.sampled_from(
    [
        "ann [at] example [dot] org",
        "ann&#64;example.org",
        "ann＠example．org",
        "call +49\u200b170 9012345",
        "https://a.org/reset/9f8e7d6c5b4a",
        "https://a.org/share/AbCdEfGh12",
        "https://docs.google.com/document/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit",
        "https://b.org/?next=https%3A%2F%2Fc.org%2F%3Ftoken%3Dabcdef123",
        "password: hunter22",
        "your login code is 482913",
        "AB 12 34 56 C",
        "DNI 12345678Z",
        "Kontonummer 1234567",
        "٠٥٥ ١٢٣ ٤٥٦٧",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(FRAGMENTS | MORE | st.text(max_size=15), max_size=3).map(" ".join)))
@example(["a", "ann@example.org", "ann@example.org"])
def test_a_column_is_redacted_as_its_texts_are(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    column = pd.Series(texts, dtype="str", index=range(5, 5 + len(texts)))
    values, changed, report = redact_column(column)
    assert values.tolist() == [redact(text) for text in texts]
    assert values.index.equals(column.index)
    assert changed.tolist() == [redact(text) != text for text in texts]
    assert sum(report.counts.values()) >= int(changed.sum())
    assert bool(report.counts) == bool(changed.any())


def test_examples_are_masked_counted_and_bounded() -> None:
    texts = [f"Write to person{at}@example.org or +1 212 555 01{at:02d}" for at in range(9)]
    _, changed, report = redact_column(pd.Series([*texts, texts[0], "plain"], dtype="str"))
    assert report.counts == {"email": 10, "phone": 10}
    assert changed.sum() == 10
    assert len([e for e in report.examples if e.kind == "email"]) == 5
    assert all("example.org" not in e.before and "555" not in e.before for e in report.examples)
    first = report.examples[0]
    assert (first.before, first.after) == (
        "Write to p••@••.org or ••00",
        "Write to [email] or [phone]",
    )


@pytest.mark.parametrize(
    ("kind", "detail", "shown"),
    [
        ("email", "ann@example.org", "a••@••.org"),
        ("email", "ann%40example.co.uk", "a••@••.uk"),
        ("phone", "+1 212 555 0147", "••47"),
        ("card", "4111 1111 1111 1111", "••11"),
        ("secret", "abc", "••"),
        ("secret", "abcdefgh", "ab••"),
    ],
)
def test_a_detail_is_shown_in_part(kind: str, detail: str, shown: str) -> None:
    assert masked(kind, detail) == shown  # type: ignore[arg-type]


def test_places_are_those_of_the_original_text() -> None:
    text = "ask ann&#64;exam\u200bple.org (＋1) now"
    (found,) = find(text)
    assert text[found.start : found.end] == "ann&#64;exam\u200bple.org"


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/a/b/commit/9f8e7d6c5b4a3f2e1d0c9f8e7d6c5b4a9f8e7d6c",
        "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf",
        "https://example.org/how-to-fix-an-iphone-15-screen-in-2024",
        "https://www.amazon.com/dp/B08N5WRWNW",
        "https://musicbrainz.org/artist/5b11f4ce-a62d-471e-81fc-a69a8278c7da",
        "https://www.google.com/search?q=How+to+Fix+iPhone+15+screen+flicker",
    ],
)
def test_public_ids_in_addresses_stay(url: str) -> None:
    assert redact(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://a.org/reset/9f8e7d6c5b4a",
        "https://a.org/u/9f8e7d6c5b4a3f2e1d0c9f8e7d6c5b4a",
        "https://a.org/s/4fzyCDhLW5mKgqXzTn9B1k",
        "https://a.org/confirm?c=aZ81kk2",
    ],
)
def test_tokens_in_paths_go(url: str) -> None:
    assert "[secret]" in redact(url)
