"""What is found, and above all what is not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from journeys.redaction import find, redact

PERSONAL = [
    ("write to a.b+c@mail.example.co.uk now", "write to [email] now"),
    ("ann@example.org, bob@example.org", "[email], [email]"),
    ("mailto:ann@example.org?subject=hi", "mailto:[email]?subject=hi"),
    ("ann%40example.org", "[email]"),
    ("call me at 555-123-4567", "call me at [phone]"),
    ("(212) 555-0199 is mine", "[phone] is mine"),
    ("+49 30 901820", "[phone]"),
    ("ring 020 7946 0958", "ring [phone]"),
    ("phone: 2125550199", "phone: [phone]"),
    ("paid with 4111 1111 1111 1111 yesterday", "paid with [card] yesterday"),
    ("amex 378282246310005", "amex [card]"),
    ("DE89 3704 0044 0532 0130 00", "[account]"),
    ("GB82WEST12345698765432 THANKS", "[account] THANKS"),
    ("account number: 12345678", "account number: [account]"),
    ("ssn 123-45-6789", "ssn [account]"),
    ("https://a.org/x?token=abc&page=2", "https://a.org/x?token=[secret]&page=2"),
    ("https://ann:pw@a.org/x", "https://[secret]@a.org/x"),
    ("https://a.org/cb#access_token=xyz", "https://a.org/cb#access_token=[secret]"),
    ("https://a.org/?code=8f3a9c12", "https://a.org/?code=[secret]"),
    ("key sk-proj-abcdefghijklmnopqrstuv123456", "key [secret]"),
    ("ghp_0123456789abcdefghijklmnopqrstuvwxyz", "[secret]"),
    ("AKIAIOSFODNN7EXAMPLE leaked", "[secret] leaked"),
]

HARMLESS = [
    "iPhone 15 Pro Max 256",
    "1984-2024",
    "Route 66: 2,448 miles",
    "ISBN 978-3-16-148410-0",
    "978-3-16-148410-0",
    "2024-01-05 12:30:00",
    "10/11/2012 12:30",
    "Chrome 120.0.6099.109 released",
    "192.168.100.123",
    "100 000 000 views",
    "Call of Duty 1234567",
    "10000 1000 2000 3000",
    "the number 12345.123",
    "1234567890123456",  # no Luhn digit
    "DE88 3704 0044 0532 0130 00",  # wrong check digits
    "git clone git@github.com:simonw/til.git",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "https://news.ycombinator.com/item?id=27941108",
    "https://example.org/?code=python&page=2",
    "@simonw on twitter",
    "Ubuntu 20.04.6 vs 22.04.3",
    "$1,299.99 laptop",
    "1 2 3 4 5 6 7 8 9 10",
]


@pytest.mark.parametrize(("text", "expected"), PERSONAL)
def test_personal_details_are_replaced(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_titles_stay(text: str) -> None:
    assert redact(text) == text


FRAGMENTS = st.sampled_from([text for text, _ in PERSONAL] + HARMLESS)


@given(st.lists(FRAGMENTS | st.text(max_size=20), max_size=5).map(" ".join))
@example("https://a.org/?token=a@b.org&x=4111111111111111")
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@given(st.text(alphabet=st.characters(exclude_categories=["Nd", "Cs"], exclude_characters="@:_-")))
def test_text_without_digits_signs_or_urls_is_unchanged(text: str) -> None:
    assert redact(text) == text or "www." in text.lower() or "%40" in text


@given(st.lists(FRAGMENTS, max_size=5).map(" ".join))
def test_found_spans_are_ordered_and_apart(text: str) -> None:
    found = find(text)
    assert all(0 <= detail.start < detail.end <= len(text) for detail in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


@given(st.from_regex(r"[a-z]{3,8}\.[a-z]{3,8}@[a-z]{3,10}\.(com|org|de)", fullmatch=True))
def test_every_plain_address_is_found(address: str) -> None:
    assert redact(f"from {address}, to all") == "from [email], to all"
