"""Training: same seed, same model; the best epoch by validation; fusion where it helps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from journeys.errors import ConfigError
from journeys.ranking import scores
from journeys.ranking.backbones import Sizes
from journeys.ranking.experiment import baselines, figures, gain, prepare, run
from journeys.ranking.memory import build_bank
from journeys.ranking.oracle import describe, describe_shift, oracle_memories, taste
from journeys.ranking.splits import split
from journeys.ranking.training import GradeLoss, TrainingRules
from tests.ranking.ranking_logs import random_log, turning_log

SMALL = Sizes(width=4, hidden=(16,), attention=8, dropout=0.0)
QUICK = TrainingRules(epochs=3, batch=256, rate=2e-2, patience=3)


@pytest.fixture(scope="module")
def turning():
    log = turning_log()
    return prepare(log, split(log, "time", share=0.25), history=2)


def test_a_seed_gives_the_same_model_and_disturbs_nobody() -> None:
    log = random_log()
    prepared = prepare(log, split(log, "random"), history=3)
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    runs = [run(prepared, "din", seeds=(5,), sizes=SMALL, rules=QUICK) for _ in range(2)]
    assert torch.equal(torch.rand(3), expected)
    np.testing.assert_array_equal(runs[0].chances, runs[1].chances)
    other = run(prepared, "din", seeds=(6,), sizes=SMALL, rules=QUICK)
    assert not np.array_equal(other.chances, runs[0].chances)


def test_the_best_epoch_is_that_of_validation() -> None:
    log = random_log()
    prepared = prepare(log, split(log, "random"), history=3)
    told: list[float] = []
    found = run(
        prepared,
        "fm",
        seeds=(0,),
        sizes=SMALL,
        rules=QUICK,
        on_training=lambda done, total, auc: told.append(auc),
    )
    assert found.valid_auc[0] == max(told)
    assert found.epochs[0] == int(np.argmax(told)) + 1


def test_the_averaged_weights_are_those_that_predict() -> None:
    log = random_log()
    prepared = prepare(log, split(log, "random"), history=3)
    newest, averaged = (
        run(prepared, "fm", seeds=(0,), sizes=SMALL, rules=replace(QUICK, averaging=share))
        for share in (0.0, 0.9)
    )
    still = run(prepared, "fm", seeds=(0,), sizes=SMALL, rules=replace(QUICK, averaging=1.0))
    assert not np.array_equal(newest.chances, averaged.chances)
    assert len(set(still.valid_auc)) == 1, (
        "an average that takes nothing in stays at the first step"
    )


def test_the_logit_stays_that_of_liked_when_other_grades_are_learnt_too() -> None:
    loss = GradeLoss(5, 3, 0.5)
    logits, grade = torch.tensor([0.3, -0.2]), torch.tensor([4, 1])
    plain = torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor([1.0, 0.0]))
    torch.testing.assert_close(GradeLoss(5, 3, 0.0)(logits, grade), plain)
    above = [torch.tensor([1.0, 0.0]), torch.tensor([1.0, 0.0]), torch.tensor([1.0, 0.0])]
    above[0] = torch.tensor([1.0, 1.0])  # Grade 1 is at least 1, and neither 2 nor 4.
    rest = [
        torch.nn.functional.binary_cross_entropy_with_logits(logits + cut, each)
        for cut, each in zip((2.0, 1.0, -1.0), above, strict=True)
    ]
    torch.testing.assert_close(loss(logits, grade), plain + 0.5 * torch.stack(rest).mean())
    assert not GradeLoss(2, 1, 0.5).others


@pytest.mark.parametrize("backbone", ["fm"])
def test_fusion_helps_where_only_the_recent_past_says_what_is_liked(turning, backbone) -> None:
    memories = oracle_memories(turning.log, turning.split.known, 6, None)
    rules = TrainingRules(epochs=6, batch=128, rate=2e-2, patience=6)
    base = run(turning, backbone, seeds=(0,), sizes=SMALL, rules=rules)
    fused = run(
        turning,
        backbone,
        fusion="partitions",
        memories=memories,
        seeds=(0,),
        sizes=SMALL,
        rules=rules,
    )
    change = gain(turning, fused, base, draws=200)
    assert change.value > 0.05
    assert change.low > 0


def test_figures_are_those_of_the_predictions() -> None:
    log = random_log()
    prepared = prepare(log, split(log, "time"), history=3)
    found = run(prepared, "lr", seeds=(0, 1), sizes=SMALL, rules=QUICK)
    told = figures(prepared, found, draws=50)
    liked = log.label[prepared.split.test] > 0
    assert told.auc == pytest.approx(np.mean([scores.auc(liked, one) for one in found.chances]))
    assert told.test_impressions == len(prepared.split.test)
    assert set(told.as_json()) >= {"auc", "auc_interval", "gauc", "logloss", "ece"}
    for one in baselines(prepared).values():
        assert one.chances.shape == (1, len(prepared.split.test))


def test_words_of_a_taste_and_of_its_shift() -> None:
    names = ("Drama", "War", "Comedy")
    tags = np.array([[1, 0, 0]] * 4 + [[0, 0, 1]] * 4, dtype=bool)
    grades = np.array([4, 4, 4, 4, 1, 1, 1, 1])
    shown = taste(tags, grades, 2.5)
    said = describe(shown, names)
    # Four events of grade 4 against 2.5 with two pseudo-events: + 1.0 above a mean of 3.5 stars.
    assert said.startswith("likes: Drama 50% (4.5 stars); dislikes: Comedy 50% (2.5 stars)")
    later = taste(np.array([[0, 1, 0], [1, 0, 0]], dtype=bool), np.array([4, 0]), 2.5)
    assert describe_shift(shown, later, names) == (
        "new: War; growing: Comedy, War; fading: Drama; dropped: Comedy"
    )
    assert describe_shift(None, later, names) == "first: nothing came before"


def test_texts_are_encoded_once_and_land_where_they_belong() -> None:
    log = random_log()
    asked: list[str] = []

    def encode(texts):
        asked.extend(texts)
        return np.array([[len(text), hash(text) % 1000] for text in texts], dtype=np.float32)

    memories = oracle_memories(log, np.ones(len(log), dtype=bool), 5, encode)
    assert len(asked) == len(set(asked))
    assert set(memories) == set(range(log.n_users))
    first = len("first: nothing came before")
    for memory in memories.values():
        assert len(memory.vectors) == len(memory.closed_at) == len(memory.whole_vectors)
        assert memory.shift_vectors[0, 0] == first
        # The first partition's summary is that of everything so far.
        np.testing.assert_array_equal(memory.vectors[0], memory.whole_vectors[0])


def test_a_memory_that_lacks_what_is_read_is_told() -> None:
    from dataclasses import replace

    log = random_log()
    memories = oracle_memories(log, np.ones(len(log), dtype=bool), 5, None)
    bare = {
        user: replace(memory, shift_vectors=None, whole_vectors=None)
        for user, memory in memories.items()
    }
    assert build_bank(log, bare, "partitions").texts == sum(len(m.vectors) for m in bare.values())
    for fusion in ("oneshot", "cascade"):
        with pytest.raises(ConfigError, match=fusion):
            build_bank(log, bare, fusion)
    with pytest.raises(ConfigError, match="no summaries"):
        build_bank(log, {}, "partitions")
