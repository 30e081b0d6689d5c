"""What a name rests on: spans that are the words they claim to be, in any script."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.naming.checks import Ground
from journeys.naming.rejected import Rejected, rejected
from journeys.naming.support import NameSupport, Support, support
from journeys.words import content_words, word_spans, words

TITLES = (
    "Best <b>LED</b> light for lettuce?",
    "Kratky lettuce tower: nutrients & pH",
    "My photo of the balcony",
    "See https://example.org/lettuce",
)

texts = st.text(
    st.one_of(
        st.sampled_from("abc ABC <>/&.'-é咖啡学ไทย https://www. 12\n"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


def marked(found: Support, titles: tuple[str, ...]) -> list[str]:
    return [titles[found.at][start:end] for start, end in found.spans]


@settings(deadline=None)
@given(texts)
def test_spans_are_exactly_the_words(text: str) -> None:
    assert [text[start:end] for start, end in word_spans(text)] == words(text)


def test_the_strongest_title_stands_first_with_its_words_marked() -> None:
    found = support("growing lettuce with LED lights", TITLES)
    assert [one.at for one in found.titles] == [0, 1]
    assert marked(found.titles[0], TITLES) == ["LED", "light", "lettuce"]
    assert found.titles[0].words == ("lettuce", "LED", "lights")
    assert marked(found.titles[1], TITLES) == ["lettuce"]
    assert found.missing == ("growing",)
    assert found.of(3) == Support(3, (), ()), "a word in an address is no word of the title"


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        ("photography", "a photo", ["photo"]),
        ("baking", "how I baked, and bake", ["baked", "bake"]),
        ("running", "Run!", ["Run"]),
        ("MMA", "mixed martial arts", ["mixed", "martial", "arts"]),
        ("self-hosting", "Hosting a wiki", ["Hosting"]),
        ("C++", "c++ lambdas, C lambdas", ["c++"]),
        ("international", "inter", []),
        ("string", "strong", []),
        ("art", "article", []),
        ("学习咖啡", "咖啡豆", ["咖啡"]),
        ("猫", "黑猫", ["黑猫"]),
        ("学习", "学生", []),
    ],
)
def test_forms_of_a_word(name: str, title: str, expected: list[str]) -> None:
    found = support(name, [title])
    assert [mark for one in found.titles for mark in marked(one, (title,))] == expected


def test_missing_words_of_unspaced_scripts_are_whole() -> None:
    assert support("学习咖啡", ["咖啡豆"]).missing == ("学习",)


def test_without_titles_everything_is_missing() -> None:
    assert support("indoor gardening", []) == NameSupport((), ("indoor", "gardening"))


@settings(deadline=None)
@given(texts, st.lists(texts, max_size=5))
def test_spans_are_in_order_inside_and_apart(name: str, titles: list[str]) -> None:
    found = support(name, titles)
    assert len({one.at for one in found.titles}) == len(found.titles) <= len(titles)
    for one in found.titles:
        ends = [0, *(end for _, end in one.spans)]
        assert one.spans
        assert one.words
        for (start, end), before in zip(one.spans, ends, strict=False):
            assert before <= start < end <= len(titles[one.at])
    strengths = [len(one.words) for one in found.titles]
    assert strengths == sorted(strengths, reverse=True)


@settings(deadline=None)
@given(texts)
def test_a_name_supports_itself(name: str) -> None:
    found = support(name, [name])
    if content_words(name):
        assert found.missing == ()
        assert len(found.titles) == 1


def test_what_was_refused_is_read_from_the_kept_answers() -> None:
    ground = Ground(("lettuce tower", "lettuce pump", "balcony lettuce"))
    fine = {
        "field": "gardening",
        "interest": "indoor lettuce",
        "friend": "growing lettuce on a balcony",
        "project": "a lettuce tower with a pump for the balcony",
        "detail": "a lettuce tower with a quiet pump for a small balcony",
    }
    from journeys.naming.prompts import KEYS

    first = dict(zip(KEYS, fine.values(), strict=True))
    first[KEYS[2]] = "lettuce; pumps; towers"
    answers = [json.dumps(first), "no JSON at all"]
    assert rejected(answers, 3, ground) == (
        Rejected("lettuce; pumps; towers", "is a list: name what its parts have in common"),
        Rejected("", "is missing"),
    )
    assert rejected(answers[:1], 1, ground) == ()
