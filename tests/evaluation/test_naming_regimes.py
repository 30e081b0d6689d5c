"""The regimes' bench: extraction, whole histories, pairs of labelled logs, the table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from journeys.embedding import MemoryVectorCache
from journeys.embedding.fake import FakeEmbedder
from journeys.evaluation.labelled import LabelledLog, Truth, prepare
from journeys.evaluation.naming_extractive import central_phrase, class_terms
from journeys.evaluation.naming_groups import Case, all_groups, gather_evidence
from journeys.evaluation.naming_judge import Judge
from journeys.evaluation.naming_names import HumanNames
from journeys.evaluation.naming_pairs import group_pairs
from journeys.evaluation.naming_regimes import Said, SaidFile, ask_all, failing, given, table
from journeys.evaluation.naming_scores import Bench
from journeys.evaluation.naming_whole import (
    MOST_TITLES,
    match,
    parse_list,
    whole_history,
    whole_messages,
)
from tests.logs import TOPICS, make_log

HUMAN = HumanNames({topic: {1: "a field", 3: words} for topic, words in TOPICS.items()}, {})


@pytest.fixture(scope="module")
def labelled() -> LabelledLog:
    log = make_log(users=6)
    labels = [title.split()[0] for title in log.frame["title"]]
    return prepare(log, Truth.of(labels), FakeEmbedder(), MemoryVectorCache(), b"secret")


@pytest.fixture(scope="module")
def cases(labelled: LabelledLog) -> Sequence[Case]:
    groups = all_groups(labelled.log, labelled.truth)
    return list(gather_evidence(labelled, groups, groups[:6]))


def test_class_terms_are_those_of_a_group_and_not_of_all() -> None:
    titles = {
        ("u", "a"): ["the best tomato ever", "tomato seeds, don't wait", "post about tomatoes"],
        ("u", "b"): ["chess openings post", "chess endings ever"],
    }
    found = class_terms(titles, terms=2)
    assert found["u", "a"].split(", ")[0] == "tomato"
    assert found["u", "b"].split(", ")[0] == "chess"
    assert class_terms({("u", "a"): ["the of"], ("u", "b"): ["cats"]})["u", "a"] == ""


def test_the_central_phrase_is_of_the_titles() -> None:
    titles = ["chess openings", "chess endings", "chess clocks"]
    assert central_phrase(titles, FakeEmbedder()).split()[0] in " ".join(titles)
    assert central_phrase(["the", "of"], FakeEmbedder()) == "the"


def test_names_are_matched_to_groups_at_best_together() -> None:
    groups = np.eye(3)
    names = np.array([[0.9, 0.8, 0.0], [1.0, 0.0, 0.0], [0.0, 0.1, 1.0]])
    assert match(names, groups) == [1, 0, 2], "each alone would take the first name twice"
    assert match(names[1:], groups) == [0, 1, 1], "too few names: the nearest is used again"


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ('["growing \\"tomatoes\\"", "chess."]', ["growing tomatoes", "chess"]),
        ('["growing tomatoes", "ches', ["growing tomatoes"]),
        ("1. growing tomatoes\n2. chess\n", ["growing tomatoes", "chess"]),
        ('["chess", "chess", ""]', ["chess"]),
        ("", []),
    ],
)
def test_lists_of_names_are_read_however_they_come(answer: str, names: list[str]) -> None:
    assert parse_list(answer) == names


def test_a_whole_history_shows_only_what_a_namer_may_see(labelled: LabelledLog) -> None:
    groups = [group for group in all_groups(labelled.log, labelled.truth) if group.user_id]
    own = [group for group in groups if group.user_id == groups[0].user_id]
    timeline = labelled.log.timeline(own[0].user_id)
    titles = whole_history(timeline, [group.shown for group in own])
    assert 2 < len(titles) <= MOST_TITLES
    unseen = {title for group in own for title in group.unseen}
    assert unseen.isdisjoint(titles)
    order = [timeline.titles.index(title) for title in titles]
    assert order == sorted(order)
    assert all(title in whole_messages(titles, 3)[1]["content"] for title in titles)


def test_pairs_are_short_names_whose_words_the_titles_say(labelled: LabelledLog) -> None:
    groups = all_groups(labelled.log, labelled.truth)
    topics = sorted(TOPICS)
    names = {topic: {3: topic} for topic in topics} | {topics[0]: {3: "zzz nothing of it"}}
    found = group_pairs(labelled, groups, HumanNames(names, {}), {f"{topics[1]} news"}, times=2)
    assert {pair.name for pair in found} == set(topics[2:])
    assert all(not pair.people and pair.level == 3 for pair in found)
    by_name = [pair.name for pair in found]
    assert max(map(by_name.count, by_name)) <= 2


def test_answers_are_kept_scored_and_shown(
    labelled: LabelledLog, cases: Sequence[Case], tmp_path: Path
) -> None:
    asked: list[str] = []

    def regime(case: Case) -> str:
        asked.append(case.group.group)
        return TOPICS[case.group.group] if len(asked) < 4 else ""

    path = tmp_path / "said.jsonl"
    said = {"good then silent": ask_all("good then silent", regime, cases, SaidFile(path))}
    path.write_text(path.read_text() + '{"regime": "good th')
    again = ask_all("good then silent", regime, cases, SaidFile(path))
    assert [one.name for one in again] == [one.name for one in said["good then silent"]]
    assert len(asked) == len(cases), "nothing is asked twice"
    said["base"] = [Said("words of all", float("nan")) for _ in cases]
    assert failing(said["good then silent"], cases)[3:].tolist() == [1, 1, 1]
    groups = all_groups(labelled.log, labelled.truth)
    judge = Judge(FakeEmbedder(96), MemoryVectorCache(), b"secret")
    bench = Bench(labelled.log, groups, cases, HUMAN, judge)
    scores = {name: bench.score(given(own)) for name, own in said.items()}
    shown = table(scores, said, cases, "base").splitlines()
    assert shown[2].startswith("| good then silent | 0.")
    assert shown[3].split(" | ")[2] == "–"
    assert shown[3].endswith("| – |")
