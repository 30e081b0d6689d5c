"""Flags of sensitive topics: whole words, in several languages, the same in texts and columns."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.sensitive import LABELS, TOPICS, count_topics, flag_texts, topic_rows
from journeys.sensitive.flagging import _terms

FLAGGED = [
    ("Living with type 2 diabetes", "health"),
    ("Depressionen verstehen", "health"),
    ("Vivir con ansiedad", "health"),
    ("Enceinte de trois mois", "health"),
    ("DEPRESIÓN en jóvenes", "health"),
    ("depresion sin acento", "health"),
    ("Coming out to my parents", "sexuality"),
    ("Kirchenaustritt: so geht's", "religion"),
    ("Ramadan recipes", "religion"),
    ("Wahl-O-Mat zur Bundestagswahl", "politics"),
    ("Élections législatives", "politics"),
    ("Permiso de residencia: requisitos", "ethnicity"),
    ("How to start a trade union", "union"),
    ("Prud’hommes : que faire ?", "union"),
    ("Restraining order forms", "crime"),
    ("Privatinsolvenz anmelden", "debt"),
    ("Tengo muchas deudas", "debt"),
    ("suicidal thoughts", "self_harm"),
]
PLAIN = [
    "Cancerian horoscope maker", "Ukulele chords", "Homeland season 3", "Stroke order of kanji",
    "Swimming strokes", "Gaylord Hotel opening hours", "Votive candles", "The Christmas tree",
    "Game theory explained", "",
]  # fmt: skip


@pytest.mark.parametrize(("text", "topic"), FLAGGED)
def test_texts_are_flagged(text: str, topic: str) -> None:
    assert topic in flag_texts([text])[0]


@pytest.mark.parametrize("text", PLAIN)
def test_parts_of_words_and_other_senses_are_not(text: str) -> None:
    assert flag_texts([text]) == [()]


def test_every_topic_has_words_in_four_languages_and_each_flags_itself() -> None:
    assert set(LABELS) == set(TOPICS)
    for topic, terms in _terms().items():
        assert len(terms) > 40
        for term in terms:
            assert topic in flag_texts([f"about {term.rstrip('*')}, again"])[0], term


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from([text for text, _ in FLAGGED] + PLAIN) | st.text(max_size=12),
            max_size=3,
        ).map(" ".join),
        min_size=1,
        max_size=8,
    )
)
def test_columns_are_flagged_as_texts_are(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    rows = topic_rows(pd.Series(texts, dtype="str"))
    for at, flags in enumerate(flag_texts(texts)):
        assert tuple(topic for topic in TOPICS if at in rows[topic]) == flags


def test_counts_have_examples_each_once_and_most_frequent_first() -> None:
    titles = pd.Series(["Voting", "Voting", "Living with diabetes", "Bread"], dtype="str")
    counts = count_topics(titles, topic_rows(titles))
    assert [(c.topic, c.events, c.examples) for c in counts] == [
        ("politics", 2, ("Voting",)),
        ("health", 1, ("Living with diabetes",)),
    ]
