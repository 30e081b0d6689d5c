"""The networks: against hand-made cases, and what must not change their answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from journeys.errors import ConfigError
from journeys.ranking.backbones import BACKBONES, Sizes, make_backbone
from journeys.ranking.batch import Batch, batch_of, schema_of
from journeys.ranking.embeddings import HistoryFactors
from journeys.ranking.features import build_features
from journeys.ranking.fusion import Ranker
from journeys.ranking.layers import (
    AUGRU,
    CrossNetwork,
    TargetAttention,
    factorised_pairs,
    masked_softmax,
)
from journeys.ranking.memory import MemoryBank, build_bank
from journeys.ranking.oracle import oracle_memories
from tests.ranking.ranking_logs import random_log

SIZES = Sizes(width=4, hidden=(8,), attention=4, cross_rank=3)
FUSED = ("oneshot", "partitions", "cascade")


@pytest.fixture(scope="module")
def log():
    return random_log()


@pytest.fixture(scope="module")
def features(log):
    return build_features(log, np.ones(len(log), dtype=bool), history=5)


def bank_of(log, fusion: str) -> MemoryBank:
    return build_bank(log, oracle_memories(log, np.ones(len(log), dtype=bool), 5, None), fusion)


def seen_by(batch: Batch, bank: MemoryBank) -> Batch:
    return batch.with_memory(bank.rows, bank.age, bank.mask)


def ranker(name: str, log, features, bank: MemoryBank | None = None) -> Ranker:
    torch.manual_seed(0)
    return Ranker(name, schema_of(log, features), SIZES, bank, fused=6).eval()


def test_factorised_pairs_are_the_sum_over_all_pairs() -> None:
    vectors = torch.randn(3, 5, 4, dtype=torch.float64)
    pairs = sum((vectors[:, i] * vectors[:, j]).sum(-1) for i in range(5) for j in range(i + 1, 5))
    torch.testing.assert_close(factorised_pairs(vectors), pairs)


def test_a_cross_layer_by_hand() -> None:
    layer = CrossNetwork(2, depth=1, rank=1).double()
    with torch.no_grad():
        layer.down[0].weight.copy_(torch.tensor([[1.0, 2.0]]))
        layer.up[0].weight.copy_(torch.tensor([[3.0], [0.5]]))
        layer.up[0].bias.copy_(torch.tensor([1.0, -1.0]))
    # V^T x = 1*2 + 2*3 = 8; U 8 + b = (25, 3); x0 * that + x = (2*25 + 2, 3*3 + 3).
    given = torch.tensor([[2.0, 3.0]], dtype=torch.float64)
    torch.testing.assert_close(layer(given), torch.tensor([[52.0, 12.0]], dtype=torch.float64))


def test_an_augru_step_by_hand() -> None:
    cell = AUGRU(1, 1).double()
    with torch.no_grad():
        cell.of_event.weight.copy_(torch.tensor([[0.5], [-1.0], [2.0]]))
        cell.of_event.bias.zero_()
        cell.of_state.weight.copy_(torch.tensor([[1.0], [0.3], [-0.7]]))
        cell.of_state.bias.zero_()
    state = 0.0
    for event, attention in ((0.4, 0.9), (-1.2, 0.2)):
        update = attention / (1 + np.exp(-(0.5 * event + 1.0 * state)))
        reset = 1 / (1 + np.exp(-(-1.0 * event + 0.3 * state)))
        new = np.tanh(2.0 * event + reset * (-0.7 * state))
        state = (1 - update) * state + update * new
    events = torch.tensor([[[0.4], [-1.2]]], dtype=torch.float64)
    found = cell(events, torch.tensor([[0.9, 0.2]], dtype=torch.float64))
    assert found.item() == pytest.approx(state, abs=1e-7)


def test_an_event_without_attention_leaves_the_state_as_it_is() -> None:
    cell = AUGRU(3, 4)
    events = torch.randn(2, 5, 3)
    weights = torch.rand(2, 5)
    weights[:, 3:] = 0
    assert torch.equal(cell(events, weights), cell(events[:, :3], weights[:, :3]))


def test_a_softmax_under_a_mask_that_hides_all_is_nought() -> None:
    mask = torch.tensor([[True, False, True], [False, False, False]])
    weights = masked_softmax(torch.tensor([[1.0, 50.0, 1.0], [1.0, 2.0, 3.0]]), mask)
    assert torch.equal(weights, torch.tensor([[0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]))


def test_padding_says_nothing_to_target_attention() -> None:
    layer = TargetAttention(3, 4)
    target, events = torch.randn(2, 3), torch.randn(2, 4, 3)
    mask = torch.tensor([[True, True, False, False], [True, False, False, False]])
    other = torch.where(mask.unsqueeze(-1), events, torch.full_like(events, 7.0))
    assert torch.equal(layer(target, events, mask), layer(target, other, mask))


@pytest.mark.parametrize("name", BACKBONES)
def test_what_is_under_the_mask_of_a_history_is_all_that_counts(name, log, features) -> None:
    model = ranker(name, log, features)
    mask = features.history_mask
    padded = replace(
        features,
        history=np.where(mask, features.history, 3),
        history_grade=np.where(mask, features.history_grade, 2),
    )
    assert not mask.all()
    assert torch.equal(model(batch_of(features)), model(batch_of(padded)))


@pytest.mark.parametrize("name", ["dcn", "din", "dien"])
def test_a_history_counts_where_it_is_read(name, log, features) -> None:
    model = ranker(name, log, features)
    other = replace(features, history=(features.history + 1) % log.n_items)
    assert not torch.equal(model(batch_of(features)), model(batch_of(other)))


def test_history_factors_by_hand(log, features) -> None:
    part = batch_of(features).rows(torch.arange(len(log) - 4, len(log)))
    factors = HistoryFactors(schema_of(log, features), 3)
    middle = (log.n_grades - 1) / 2
    for row, found in enumerate(factors(part)):
        mask = part.history_mask[row]
        items, grades = part.history[row][mask], part.history_grade[row][mask]
        expected = torch.zeros(3)
        for item, grade in zip(items, grades, strict=True):
            expected += factors.seen.weight[item] + (grade - middle) * factors.graded.weight[item]
        expected /= (len(items) + 3) ** 0.5
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("name", ["din", "dien"])
def test_only_the_newest_events_are_attended_to(name, log, features) -> None:
    torch.manual_seed(0)
    model = make_backbone(name, schema_of(log, features), replace(SIZES, attended=2)).eval()
    older = features.history.copy()
    older[:, 2:] = (older[:, 2:] + 1) % log.n_items
    other = batch_of(replace(features, history=older))
    assert torch.equal(model(batch_of(features)), model(other))


@pytest.mark.parametrize("fusion", FUSED)
@pytest.mark.parametrize("name", BACKBONES)
def test_the_order_and_company_of_a_batch_change_nothing(name, fusion, log, features) -> None:
    bank = bank_of(log, fusion)
    model = ranker(name, log, features, bank)
    batch = seen_by(batch_of(features), bank)
    order = torch.randperm(len(batch))
    with torch.no_grad():
        together = model(batch)
        torch.testing.assert_close(model(batch.rows(order)), together[order])
        torch.testing.assert_close(model(batch.rows(order[:7])), together[order[:7]])


@pytest.mark.parametrize("fusion", FUSED)
@pytest.mark.parametrize("name", BACKBONES)
def test_a_partition_that_closes_later_changes_no_bit(name, fusion, log, features) -> None:
    known = np.ones(len(log), dtype=bool)
    memories = oracle_memories(log, known, 5, None)
    now = int(np.median(log.time))
    rng = np.random.default_rng(0)

    def scrambled(vectors: np.ndarray, later: np.ndarray) -> np.ndarray:
        return np.where(later[:, None], rng.normal(0, 9, vectors.shape), vectors)

    changed = {}
    for user, memory in memories.items():
        later = memory.closed_at >= now
        changed[user] = replace(
            memory,
            vectors=scrambled(memory.vectors, later),
            shift_vectors=scrambled(memory.shift_vectors, later),
            whole_vectors=scrambled(memory.whole_vectors, later),
        )
    banks = [build_bank(log, held, fusion) for held in (memories, changed)]
    first, second = (
        ranker(name, log, features, bank)(seen_by(batch_of(features), bank)) for bank in banks
    )
    seen = torch.from_numpy(log.time <= now)
    assert torch.equal(first[seen], second[seen])
    assert not torch.equal(first[~seen], second[~seen])


@pytest.mark.parametrize("name", BACKBONES)
def test_without_a_closed_partition_fusion_adds_nothing(name, log, features) -> None:
    bank = bank_of(log, "cascade")
    model = ranker(name, log, features, bank)
    batch = seen_by(batch_of(features), bank)
    nobody = ~torch.from_numpy(bank.mask).any(dim=1)
    assert nobody.any()
    extra = torch.zeros(len(batch), model.fusion.n_out)
    assert torch.equal(model(batch)[nobody], model.backbone(batch, extra)[nobody])


def test_a_bank_is_centred_on_what_training_sees_only(log) -> None:
    bank = bank_of(log, "partitions")
    train = np.flatnonzero(log.time < np.median(log.time))
    seen = np.unique(bank.rows[train][bank.mask[train]])
    unseen = np.setdiff1d(np.arange(1, len(bank.vectors)), seen)
    other = replace(bank, vectors=bank.vectors.copy())
    other.vectors[unseen] += 5
    first, second = bank.centred(train), other.centred(train)
    np.testing.assert_array_equal(first.vectors[seen], second.vectors[seen])
    np.testing.assert_allclose(first.vectors[seen].mean(axis=0), 0, atol=1e-5)
    assert not first.vectors[0].any()


def test_a_backbone_takes_any_vector_beside_the_impression(log, features) -> None:
    schema, batch = schema_of(log, features), batch_of(features)
    for name in BACKBONES:
        model = make_backbone(name, schema, SIZES, extra=3).eval()
        logits = [model(batch, torch.full((len(batch), 3), value)) for value in (0.0, 1.0)]
        assert logits[0].shape == (len(batch),)
        assert not torch.equal(*logits)


def test_an_unknown_backbone_is_told(log, features) -> None:
    with pytest.raises(ConfigError, match="lr, fm, dcn, din, dien"):
        make_backbone("xdeepfm", schema_of(log, features))
