"""The ladder namer with a fake model: retries, fallbacks, caching, accounts."""

from __future__ import annotations

import json

import pytest

from journeys.errors import EndpointBusy, EndpointRefused
from journeys.naming.base import Evidence
from journeys.naming.completion import MemoryCompletionCache, Price, completion_key
from journeys.naming.fake import FakeChat
from journeys.naming.keyphrases import keyphrase_levels, keyphrases
from journeys.naming.ladder import LadderNamer
from journeys.naming.prompts import KEYS

TITLES = (
    "Tuning a ukulele by ear",
    "Five easy ukulele songs",
    "Ukulele strumming patterns",
    "Barre chords on the ukulele hurt my hand",
    "Which soprano ukulele for small hands?",
)
EVIDENCE = Evidence(TITLES, keyphrases=keyphrases([TITLES])[0])
GOOD = (
    "music",
    "playing an instrument",
    "learning the ukulele",
    "learning ukulele chords and strumming patterns",
    "learning barre chords and strumming for easy songs on a soprano ukulele",
)


def answer(*names: str) -> str:
    return json.dumps(dict(zip(KEYS, names, strict=True)))


def test_one_call_gives_all_five_levels() -> None:
    chat = FakeChat(answers=[answer(*GOOD)])
    named = LadderNamer(chat).name(EVIDENCE)
    assert named.names.levels == GOOD
    assert named.names.namer == "llm:fake"
    assert not named.names.provisional
    assert named.names.fallback == ()
    assert named.usage.calls == len(chat.calls) == 1
    assert named.usage.prompt_tokens > 0


def test_the_fake_answers_from_the_titles_of_the_prompt() -> None:
    named = LadderNamer(FakeChat()).name(EVIDENCE)
    assert named.names.fallback == ()
    assert "ukulele" in named.names.at(3)
    assert named == LadderNamer(FakeChat()).name(EVIDENCE)


def test_a_failed_level_is_asked_for_once_more_with_the_reason() -> None:
    bad = answer(*GOOD[:2], "ukulele, chords, songs, hands", *GOOD[3:])
    chat = FakeChat(answers=[bad, answer(*GOOD)])
    named = LadderNamer(chat).name(EVIDENCE)
    assert named.names.levels == GOOD
    assert named.names.fallback == ()
    assert named.usage.calls == 2
    assert "is a list" in chat.calls[1][-1]["content"]


def test_levels_that_passed_are_kept_from_the_first_answer() -> None:
    first = answer("music", "playing an instrument", "a, b, c, d", *GOOD[3:])
    second = answer("art", "arts", "learning the ukulele", "x, y, z, w", "")
    named = LadderNamer(FakeChat(answers=[first, second])).name(EVIDENCE)
    assert named.names.levels == GOOD


def test_what_still_fails_takes_the_keyphrase_name_and_is_recorded() -> None:
    bad = answer(*GOOD[:2], "ukulele, chords, songs, hands", *GOOD[3:])
    named = LadderNamer(FakeChat(answers=[bad, bad])).name(EVIDENCE)
    assert named.names.fallback == (3,)
    assert named.names.at(3) == keyphrase_levels(EVIDENCE)[2]
    assert named.names.at(4) == GOOD[3]


def test_without_retry_there_is_one_call() -> None:
    chat = FakeChat(answers=["nonsense"])
    named = LadderNamer(chat, retry=False).name(EVIDENCE)
    assert named.names.fallback == (1, 2, 3, 4, 5)
    assert named.names.levels == keyphrase_levels(EVIDENCE)
    assert len(chat.calls) == 1


@pytest.mark.parametrize("raw", ["", "PWNED", '{"field":', "null", "{}" * 50, "[[[[" * 100])
def test_malformed_answers_end_in_keyphrase_names(raw: str) -> None:
    named = LadderNamer(FakeChat(answers=[raw, raw])).name(EVIDENCE)
    assert named.names.fallback == (1, 2, 3, 4, 5)
    assert all(named.names.levels)


def test_no_answer_is_paid_for_twice() -> None:
    cache = MemoryCompletionCache()
    bad = answer(*GOOD[:2], "ukulele, chords, songs, hands", *GOOD[3:])
    first = LadderNamer(FakeChat(answers=[bad, answer(*GOOD)]), cache=cache, secret=b"k")
    chat = FakeChat()
    again = LadderNamer(chat, cache=cache, secret=b"k")
    one, two = first.name(EVIDENCE), again.name(EVIDENCE)
    assert chat.calls == []
    assert (two.usage.calls, two.usage.cached) == (0, 2)
    assert two.usage.completion_tokens == 0
    assert one.names == two.names
    assert set(one.names.completion_keys) == set(cache.entries)


def test_an_answer_without_any_name_is_not_kept() -> None:
    cache = MemoryCompletionCache()
    LadderNamer(FakeChat(answers=["", ""]), cache=cache).name(EVIDENCE)
    assert cache.entries == {}
    assert LadderNamer(FakeChat(), cache=cache).name(EVIDENCE).names.fallback == ()


def test_the_key_depends_on_everything_that_the_answer_depends_on() -> None:
    message = [{"role": "user", "content": "a"}]
    base = completion_key(b"s", "m", message, None, temperature=0.0)
    others = {
        completion_key(b"t", "m", message, None, temperature=0.0),
        completion_key(b"s", "n", message, None, temperature=0.0),
        completion_key(b"s", "m", [{"role": "user", "content": "b"}], None, temperature=0.0),
        completion_key(b"s", "m", message, {}, temperature=0.0),
        completion_key(b"s", "m", message, None, temperature=0.5),
    }
    assert len(others) == 5
    assert base not in others
    assert base == completion_key(b"s", "m", message, None, temperature=0.0)
    assert len(base) == 64
    assert completion_key(b"s" * 200, "m", message, None) != base


def test_costs_are_counted_where_a_price_is_known() -> None:
    named = LadderNamer(FakeChat(), price=Price(prompt=1.0, completion=2.0)).name(EVIDENCE)
    usage = named.usage
    assert usage.cost == pytest.approx((usage.prompt_tokens + 2 * usage.completion_tokens) / 1e6)
    assert LadderNamer(FakeChat()).name(EVIDENCE).usage.cost is None


@pytest.mark.parametrize("error", [EndpointBusy("later"), EndpointRefused("no")])
def test_errors_of_the_endpoint_reach_the_caller(error: EndpointBusy | EndpointRefused) -> None:
    with pytest.raises(type(error)):
        LadderNamer(FakeChat(errors={1: error})).name(EVIDENCE)


def test_a_journey_without_words_is_named_all_the_same() -> None:
    named = LadderNamer(FakeChat(answers=["", ""])).name(Evidence(("🎸🎸", "🥁")))
    assert named.names.levels[0] == "🎸🎸"


def test_a_failed_narrow_name_is_made_from_the_friends_name_and_keyphrases() -> None:
    bad = answer(*GOOD[:4], "see https://example.org")
    named = LadderNamer(FakeChat(answers=[bad, bad])).name(EVIDENCE)
    assert named.names.fallback == (5,)
    assert named.names.at(5).startswith("learning the ukulele: ")
    assert named.names.at(5).count(" ") > 4


def test_a_narrow_name_that_is_not_narrower_is_made_of_the_friends_and_recorded() -> None:
    flat = answer(*GOOD[:3], "learning", "learning the ukulele")
    named = LadderNamer(FakeChat(answers=[flat, flat])).name(EVIDENCE)
    assert named.names.fallback == (4, 5)
    for level in (4, 5):
        assert named.names.at(level).startswith("learning the ukulele: ")
