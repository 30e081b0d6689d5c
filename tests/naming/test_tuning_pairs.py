"""Pairs to tune a namer on: reading, splitting, and what leaks into a test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journeys.errors import InputError
from journeys.naming.tuning import Pair, leaking, read_pairs, split_pairs
from journeys.naming.tuning.pairs import data_hash

ROOT = Path(__file__).resolve().parents[2]


def test_pairs_are_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    pair = Pair(("Reine am Morgen", "日本の庭"), "gardens of the world", 2, ("p1",))
    path.write_text(json.dumps(pair.to_dict()) + '\n\n{"titles": ["a b"], "name": " my  cat "}\n')
    assert read_pairs(path) == [pair, Pair(("a b",), "my cat")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no json", "Line 1 of bad.jsonl is not a pair"),
        ('["a"]', "is not a pair"),
        ('{"titles": ["a"]}', "is not a pair"),
        ('{"titles": ["a"], "name": " 1 "}', "has no name"),
        ('{"titles": [], "name": "cats"}', "titles not empty"),
        ('{"titles": "cats", "name": "cats"}', "must be lists"),
        ('{"titles": ["a"], "name": "cats", "level": 6}', "levels are 1 to 5"),
        ('{"titles": ["a"], "name": "cats", "people": [1]}', "must be lists"),
        ("", "has no pairs"),
    ],
)
def test_what_is_no_pair_is_told_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(line)
    with pytest.raises(InputError, match=said):
        read_pairs(path)


def test_what_is_held_out_shares_no_subject_with_what_is_trained_on() -> None:
    pairs = [Pair((f"title {n}",), f"subject{n % 7}") for n in range(35)]
    trained, held = split_pairs(pairs, 0.2, seed=3)
    assert sorted(trained + held, key=str) == sorted(pairs, key=str)
    assert {pair.name for pair in trained}.isdisjoint(pair.name for pair in held)
    assert len(held) == 10, "whole subjects, at least the share that was asked for"
    assert split_pairs(pairs, 0.2, seed=3) == (trained, held)
    assert split_pairs(pairs, 0.2, seed=4) != (trained, held)


def test_one_subject_cannot_be_split() -> None:
    with pytest.raises(InputError, match="too few"):
        split_pairs([Pair(("a",), "cats"), Pair(("b",), "the cat")], 0.5)


def test_a_telling_word_in_common_is_a_leak_and_a_general_one_is_not() -> None:
    names = ["Bicycles: news and discussion", "web_design"]
    pairs = [Pair(("t",), name) for name in ("my bicycle", "space news", "design", "cooking")]
    assert [pair.name for pair in leaking(pairs, names)] == ["my bicycle", "design"]


def test_the_hash_is_of_the_pairs_and_not_of_their_order() -> None:
    one, other = Pair(("a",), "cats"), Pair(("b",), "dogs", people=("p",))
    assert data_hash([one, other]) == data_hash([other, one]) != data_hash([one])


def test_the_hand_written_pairs_can_be_read_and_differ() -> None:
    pairs = read_pairs(ROOT / "benchmarks" / "naming_pairs.jsonl")
    assert len({pair.name for pair in pairs}) == len(pairs) >= 50
    assert all(len(pair.titles) >= 5 and not pair.people for pair in pairs)


@pytest.mark.shared
def test_no_pair_is_about_a_group_that_is_tested(shared_data: Path) -> None:
    from journeys.evaluation.labelled import read_labelled
    from journeys.evaluation.naming_groups import all_groups, draw_groups
    from journeys.evaluation.naming_names import read_human_names, read_left_out

    human = read_human_names(shared_data / "reddit_mix_dev" / "groups.csv")
    log, truth = read_labelled(shared_data / "reddit_mix_dev" / "events.jsonl", "group")
    seen = read_left_out(ROOT / "benchmarks" / "naming_seen.csv")
    tested = draw_groups(all_groups(log, truth), human.names, sample=100, left_out=seen)
    names = {group.group for group in tested} | {human.at(group.group, 3) for group in tested}
    pairs = read_pairs(ROOT / "benchmarks" / "naming_pairs.jsonl")
    # By word alone: "a language" and "a film" are shared, and no subject is. The bench drops both.
    assert {pair.name for pair in leaking(pairs, names)} <= {
        "learning sign language",
        "photographing on film",
        "running my own home server",
    }
