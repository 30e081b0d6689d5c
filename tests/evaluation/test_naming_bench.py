"""The bench of names as a whole, with the fake embedder as judge and the fake chat as model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from journeys.embedding import MemoryVectorCache
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import EndpointBusy, EndpointRefused, InputError
from journeys.evaluation.labelled import LabelledLog, Truth, prepare
from journeys.evaluation.naming_cost import Tally
from journeys.evaluation.naming_finished import FinishedFile
from journeys.evaluation.naming_given import (
    CONTROLS,
    HUMAN,
    SHUFFLED,
    Given,
    control_names,
    dealt,
    given_by_file,
    name_cases,
)
from journeys.evaluation.naming_groups import Case, all_groups, draw_groups, gather_evidence
from journeys.evaluation.naming_judge import Judge
from journeys.evaluation.naming_names import HumanNames
from journeys.evaluation.naming_report import as_json, difference, tables
from journeys.evaluation.naming_scores import Bench
from journeys.naming import KeyphraseNamer, MemoryCompletionCache
from journeys.naming.fake import FakeChat
from journeys.naming.ladder import LadderNamer
from journeys.naming.space import Space
from tests.logs import TOPICS, make_log

HUMAN_NAMES = HumanNames(
    {topic: {1: "a field", 3: words} for topic, words in TOPICS.items()},
    dict.fromkeys(TOPICS, "a field"),
)


@pytest.fixture(scope="module")
def labelled() -> LabelledLog:
    log = make_log(users=6)
    labels = [title.split()[0] for title in log.frame["title"]]
    return prepare(log, Truth.of(labels), FakeEmbedder(), MemoryVectorCache(), b"secret")


@pytest.fixture(scope="module")
def cases(labelled: LabelledLog) -> Sequence[Case]:
    groups = all_groups(labelled.log, labelled.truth)
    return list(gather_evidence(labelled, groups, draw_groups(groups, TOPICS, users=3)))


@pytest.fixture(scope="module")
def bench(labelled: LabelledLog, cases: Sequence[Case]) -> Bench:
    groups = all_groups(labelled.log, labelled.truth)
    judge = Judge(FakeEmbedder(96), MemoryVectorCache(), b"secret")
    return Bench(labelled.log, groups, cases, HUMAN_NAMES, judge)


def test_a_whole_run(bench: Bench, cases: Sequence[Case]) -> None:
    tally = Tally()
    chat = FakeChat()
    namer = LadderNamer(tally.chat(chat), cache=tally.cache(MemoryCompletionCache()))
    given = {namer.id: name_cases(namer, cases, tally=tally)}
    given |= control_names(cases, HUMAN_NAMES, given[namer.id])
    scores = {name: bench.score(own) for name, own in given.items()}
    found = json.loads(json.dumps(as_json(scores), allow_nan=False))
    assert list(found) == ["llm:fake", *CONTROLS]
    fake, human, shuffled = found["llm:fake"], found[HUMAN], found[SHUFFLED]
    assert fake["requests_per_journey"] == len(chat.calls) / len(cases)
    assert fake["generations_per_journey"] == fake["requests_per_journey"] >= 1
    assert fake["tokens_per_journey"] > 50
    assert fake["seconds_per_journey"] > 0
    assert 0 <= fake["fallback_share"] <= 1
    assert human["fallback_share"] is human["requests_per_journey"] is None
    assert human["human_similarity"] == pytest.approx(dict.fromkeys("12345", 1.0), abs=1e-3)
    assert human["retrieval_at_1"]["3"] == 1
    assert human["rouge_l"]["3"] == human["chrf"]["3"] == 1
    assert shuffled["human_similarity"]["3"] < fake["human_similarity"]["3"]
    assert shuffled["retrieval_at_1"]["3"] < 0.3
    assert human["breadth_falls_share"] == 0, "levels 3 and 5 have the same human name"
    assert set(fake["human_similarity_difference"]) == set(CONTROLS)
    assert fake["human_similarity_difference"][HUMAN]["3"]["high"] < 0
    printed = tables(scores)
    assert "| llm:fake | human name | -" in printed
    widths = [line.count("|") for line in printed.splitlines() if "| shuffled names" in line]
    assert len(widths) >= len(CONTROLS)


def test_a_second_run_asks_nothing_and_costs_what_the_first_did(cases: Sequence[Case]) -> None:
    cache, chat = MemoryCompletionCache(), FakeChat()
    costs = []
    for _ in range(2):
        tally = Tally()
        namer = LadderNamer(tally.chat(chat), cache=tally.cache(cache))
        own = name_cases(namer, cases, tally=tally)
        costs.append([one.cost for one in own if one.cost])
        calls = len(chat.calls)
    assert calls == sum(cost.requests for cost in costs[0])
    assert all(cost.cached == 0 for cost in costs[0])
    assert all(cost.cached == cost.requests for cost in costs[1])
    assert [c.tokens for c in costs[0]] == [c.tokens for c in costs[1]]


def test_an_interruption_loses_one_group(cases: Sequence[Case], tmp_path: Path) -> None:
    path = tmp_path / "finished.jsonl"
    broken = FakeChat(errors={4: EndpointRefused("the key was withdrawn")})
    with pytest.raises(EndpointRefused):
        name_cases(LadderNamer(broken, retry=False), cases, finished=FinishedFile(path))
    kept = len(FinishedFile(path))
    assert 3 <= kept < len(cases)
    chat = FakeChat()
    own = name_cases(LadderNamer(chat, retry=False), cases, finished=FinishedFile(path))
    assert len(chat.calls) == len(cases) - kept
    whole = name_cases(LadderNamer(FakeChat(), retry=False), cases)
    assert [one.levels for one in own] == [one.levels for one in whole]


def test_a_finished_group_is_known_again_whatever_embedder_object_is_at_hand(
    cases: Sequence[Case], tmp_path: Path
) -> None:
    class Heavy:
        """An embedder that must not be copied for a key."""

        def embed(self, names: Sequence[str]) -> np.ndarray:
            return np.eye(len(names), 3, dtype=np.float32)

        def __deepcopy__(self, memo: object) -> None:
            raise AssertionError("copied")

    def with_space() -> list[Case]:
        own = np.eye(2, 3, dtype=np.float32)
        return [
            replace(case, evidence=replace(case.evidence, space=Space(own, Heavy().embed)))
            for case in cases
        ]

    path = tmp_path / "finished.jsonl"
    name_cases(LadderNamer(FakeChat(), retry=False), with_space(), finished=FinishedFile(path))
    chat = FakeChat()
    name_cases(LadderNamer(chat, retry=False), with_space(), finished=FinishedFile(path))
    assert chat.calls == []


def test_a_busy_endpoint_costs_one_group_its_names(cases: Sequence[Case], tmp_path: Path) -> None:
    finished = FinishedFile(tmp_path / "finished.jsonl")
    chat = FakeChat(errors={2: EndpointBusy("too many requests")})
    own = name_cases(LadderNamer(chat, retry=False), cases, finished=finished)
    failed = [at for at, one in enumerate(own) if one.failed]
    assert failed == [1]
    assert own[1].fallback == (1, 2, 3, 4, 5)
    assert own[1].levels == KeyphraseNamer().name(cases[1].evidence).names.levels
    assert len(finished) == len(cases) - 1, "it is asked for again"


def test_names_at_once_are_those_one_by_one(cases: Sequence[Case]) -> None:
    tally = Tally()
    namer = LadderNamer(tally.chat(FakeChat(seconds=0.001)))
    at_once = name_cases(namer, cases, tally=tally, concurrency=4)
    one_by_one = name_cases(LadderNamer(FakeChat()), cases)
    assert [one.levels for one in at_once] == [one.levels for one in one_by_one]
    assert all(one.cost and one.cost.requests >= 1 for one in at_once)


def test_anybodys_names_are_scored_the_same_way(bench: Bench, cases: Sequence[Case]) -> None:
    names = {case.group.key: {3: TOPICS[case.group.group]} for case in cases}
    own = bench.score(given_by_file(names, cases))
    (human,) = [
        bench.score(one)
        for name, one in control_names(cases, HUMAN_NAMES, given_by_file(names, cases)).items()
        if name == HUMAN
    ]
    np.testing.assert_array_equal(own.retrieval[:, 2:], human.retrieval[:, 2:])
    np.testing.assert_array_equal(own.breadth[:, 2], human.breadth[:, 2])
    gap = difference(own.similarity[:, 2], human.similarity[:, 2])
    assert (gap.mean, gap.low, gap.high) == (0, 0, 0)
    names.pop(cases[0].group.key)
    with pytest.raises(InputError, match="lacks 1 of the 9 groups"):
        given_by_file(names, cases)


def test_broader_names_are_broader(bench: Bench, cases: Sequence[Case]) -> None:
    ladder = []
    for case in cases:
        words = TOPICS[case.group.group].split()
        levels = ("something else", words[0], *(" ".join(words[: 2 + at]) for at in range(3)))
        ladder.append(Given((levels[0], levels[1], levels[2], levels[3], levels[4])))
    scores = bench.score(ladder)
    assert scores.breadth[:, 0].mean() > scores.breadth[:, 4].mean()
    assert scores.breadth.min() > 0
    assert scores.breadth.max() <= 1
    assert scores.breadth_falls.shape == (len(cases),)
    assert scores.breadth_steps.shape == (len(cases), 4)


def test_few_groups_have_no_interval(labelled: LabelledLog, cases: Sequence[Case]) -> None:
    judge = Judge(FakeEmbedder(96), MemoryVectorCache(), b"secret")
    groups = all_groups(labelled.log, labelled.truth)
    few = Bench(labelled.log, groups, cases[:2], HUMAN_NAMES, judge, most_items=10)
    own = few.score([Given(KeyphraseNamer().name(c.evidence).names.levels) for c in cases[:2]])
    assert set(own.breadth.ravel()) <= {at / 10 for at in range(11)}, "shares of ten items"
    found = as_json({"x": own})["x"]
    assert found["human_similarity"]["3"] is not None
    assert found["human_similarity_interval"]["3"]["low"] is None
    (row, *_) = [line for line in tables({"x": own}).splitlines() if line.startswith("| x |")]
    assert "to" not in row
    with pytest.raises(ValueError, match="2 groups need as many names"):
        few.score([])


def test_shuffled_names_go_to_other_groups() -> None:
    for groups in (["a", "a", "b", "b"], ["a", "b", "c"], ["a", "b"], ["a"] * 3 + ["b", "c", "d"]):
        for seed in range(5):
            order = dealt(groups, seed)
            assert sorted(order) == list(range(len(groups)))
            assert all(groups[at] != groups[other] for at, other in enumerate(order))
    assert all(at != other for at, other in enumerate(dealt(["a"] * 4, 0)))
