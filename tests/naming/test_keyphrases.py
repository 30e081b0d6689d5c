"""Keyphrases and the names made from them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.naming.base import Evidence
from journeys.naming.keyphrases import DocumentFrequency, KeyphraseNamer, keyphrases
from journeys.words import content_words

BREAD = [
    "My sourdough starter died",
    "Feeding a sourdough starter in winter",
    "Sourdough starter smells of acetone",
    "First loaf out of the oven",
    "Which flour for a loaf with big holes?",
]
CLUSTER = [
    "Kubernetes networking explained",
    "Why we left Kubernetes",
    "A Kubernetes operator in Go",
    "Debugging pods in kubernetes",
    "Upgrading Kubernetes without downtime",
]


def test_phrases_replace_their_words_and_keep_their_casing() -> None:
    bread, cluster = keyphrases([BREAD, CLUSTER])
    assert bread[0] == "sourdough starter"
    assert "sourdough" not in bread
    assert "starter" not in bread
    assert cluster[0] == "Kubernetes"


def test_words_of_every_group_are_demoted() -> None:
    groups = [
        ["guitar video", "guitar chords video", "video of a guitar"],
        ["tomato video", "tomato plants video", "video of a tomato"],
    ]
    guitar, tomato = keyphrases(groups)
    assert guitar[0] == "guitar"
    assert tomato[0] == "tomato"


def test_common_words_of_the_log_are_demoted() -> None:
    group = ["funny owl photo", "owl photo again", "owl photo"]
    log = DocumentFrequency.of([*group, *["a photo"] * 500, *["something else"] * 500])
    assert keyphrases([group])[0][0] == "owl photo"
    assert log.rarity(("owl",)) > log.rarity(("photo",))
    assert log.titles == 1003


def test_no_two_phrases_share_a_word() -> None:
    for phrases in keyphrases([BREAD, CLUSTER]):
        said = [word for phrase in phrases for word in content_words(phrase)]
        assert len(said) == len(set(said))


@pytest.mark.parametrize(
    "titles",
    [
        ["東京の美味しいラーメン", "ラーメンの作り方", "大阪のラーメン"],
        ["तबला सीखना", "तबला अभ्यास"],
        ["تعلم العود", "دروس العود"],
        ["the of and", "is it?"],
        ["a"],
    ],
)
def test_any_script_gives_something(titles: list[str]) -> None:
    (phrases,) = keyphrases([titles])
    assert phrases
    assert all(phrase.strip() for phrase in phrases)


def test_a_word_in_a_script_without_spaces_is_found() -> None:
    (phrases,) = keyphrases([["東京のラーメン", "ラーメンの作り方", "大阪ラーメン"]])
    assert phrases[0] in "ラーメン"
    assert len(phrases[0]) > 1


@given(st.lists(st.lists(st.text(max_size=60), max_size=8), max_size=4))
@settings(max_examples=60)
def test_any_titles_give_one_tuple_a_group(groups: list[list[str]]) -> None:
    found = keyphrases(groups, DocumentFrequency.of(t for g in groups for t in g), top=4)
    assert len(found) == len(groups)
    assert all(len(phrases) <= 4 for phrases in found)


def test_the_order_of_ties_does_not_hang_on_the_hash_seed() -> None:
    code = (
        "from journeys.naming.keyphrases import keyphrases;"
        "print(keyphrases([['alpha beta gamma delta epsilon zeta'], ['one two six nine']]))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path.cwd())},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


def test_keyphrase_names_are_provisional_and_go_from_one_word_to_several_phrases() -> None:
    (phrases,) = keyphrases([BREAD])
    named = KeyphraseNamer().name(Evidence(tuple(BREAD), keyphrases=phrases))
    assert named.names.provisional
    assert named.names.namer == "keyphrase"
    assert named.usage.calls == 0
    one, two, three, four, five = named.names.levels
    assert len(one.split()) == 1
    assert two == "sourdough starter"
    assert len(two) < len(three) <= len(four) <= len(five)


@pytest.mark.parametrize(
    "titles",
    [(), ("",), ("🎸🎸🎸",), ("?!",), ("x" * 10_000,), ("the",), ("\u202eمرحبا",), ("<b></b>",)],
)
def test_keyphrase_names_are_never_empty_nor_endless(titles: tuple[str, ...]) -> None:
    levels = KeyphraseNamer().name(Evidence(titles)).names.levels
    assert len(levels) == 5
    assert all(name.strip() and len(name) <= 250 for name in levels)


@pytest.mark.shared
def test_keyphrases_of_a_real_log_name_its_groups(shared_data: Path) -> None:
    users: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    with (shared_data / "reddit_mix_dev" / "events.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event["group"]:
                users[event["user_id"]][event["group"]].append(event["title"])
    log = DocumentFrequency.of(t for g in users.values() for titles in g.values() for t in titles)
    hits = total = 0
    for groups in users.values():
        for (name, titles), phrases in zip(
            groups.items(), keyphrases(list(groups.values()), log), strict=True
        ):
            if len(titles) >= 10:
                total += 1
                said = " ".join(phrases).lower()
                hits += name.lower()[:5] in said
    # Many groups are not named by their own name ("ECE"); two in five are a sane floor.
    assert hits / total > 0.4


def test_ties_between_phrases_of_one_title_do_not_hang_on_the_hash_seed() -> None:
    titles = [f"{' '.join(f'first{n} second{n}' for n in range(6))} number{t}" for t in range(3)]
    code = (
        "import sys, json; from journeys.naming.keyphrases import keyphrases; "
        "print(json.dumps(keyphrases([json.loads(sys.argv[1])])))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code, json.dumps(titles)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path.cwd())},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "1234"
    }
    assert len(found) == 1
