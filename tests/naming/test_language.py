"""The language of titles, and what a model is told of it."""

from __future__ import annotations

import json

import pytest

from journeys.naming.base import Evidence
from journeys.naming.fake import FakeChat
from journeys.naming.ladder import LadderNamer, local_namer
from journeys.naming.language import language_of

GERMAN = (
    "Tomaten im Gewächshaus ziehen",
    "Wann Paprika aussäen?",
    "Hochbeet richtig befüllen",
    "Schnecken ohne Gift loswerden",
)
ENGLISH = ("Easy ukulele songs for beginners", "How to tune a ukulele", "Ukulele chords I know")


@pytest.mark.parametrize(
    ("titles", "language"),
    [
        (GERMAN, "German"),
        ((*ENGLISH, "The best strings for a cheap ukulele that goes out of tune"), "English"),
        (("كيف أتعلم العود", "مقام البيات", "تمارين العود للمبتدئين"), "Arabic"),
        (("初心者のためのウクレレ", "ウクレレの弾き方", "簡単なウクレレの曲"), "Japanese"),
        ((), ""),
        (("🎸🎸🎸", "🎸"), ""),
        (("Levitating", "7 rings"), ""),
    ],
)
def test_a_language_is_told_where_it_is_plain(titles: tuple[str, ...], language: str) -> None:
    assert language_of(titles) == language


def test_mixed_languages_are_of_none() -> None:
    mixed = (*GERMAN[:2], *ENGLISH[:2], "Comment débuter la poterie", "Cómo hacer pan casero")
    assert language_of(mixed) == ""


def test_the_model_is_told_another_language_than_english() -> None:
    for namer in (LadderNamer(FakeChat()), local_namer(FakeChat())):
        assert "German" in json.dumps(namer.prompt(Evidence(GERMAN)))
        assert "English" not in json.dumps(namer.prompt(Evidence(ENGLISH)))
    chosen = LadderNamer(FakeChat(), language="Spanish")
    assert "Spanish" in json.dumps(chosen.prompt(Evidence(GERMAN)))


def answer(*names: str) -> str:
    keys = ("field", "interest", "doing", "project", "detail")
    return json.dumps(dict(zip(keys, names, strict=True)))


def test_german_nouns_are_no_invented_names() -> None:
    names = (
        "Garten", "Gemüseanbau", "Gemüse im Garten anbauen",
        "Tomaten und Paprika im Hochbeet anbauen",
        "Tomaten und Paprika anbauen, das Hochbeet befüllen und Schnecken loswerden",
    )  # fmt: skip
    named = LadderNamer(FakeChat(answers=[answer(*names)]), retry=False).name(Evidence(GERMAN))
    assert named.names.levels == names
    assert named.names.fallback == ()


def test_names_in_a_chosen_language_are_not_held_against_the_words_of_the_titles() -> None:
    names = (
        "музыка", "укулеле", "учусь играть на укулеле", "учусь играть на укулеле: аккорды и песни",
        "учусь играть на укулеле: аккорды, настройка и лёгкие песни для начинающих",
    )  # fmt: skip
    evidence = Evidence(ENGLISH)
    own = LadderNamer(FakeChat(answers=[answer(*names)]), retry=False)
    assert own.name(evidence).names.fallback == (1, 2, 3, 4, 5)
    chosen = LadderNamer(FakeChat(answers=[answer(*names)]), retry=False, language="Russian")
    assert chosen.name(evidence).names.levels == names
