"""Training: it learns what there is to learn, twice the same, and goes on where it was stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from journeys.errors import Cancelled, ConfigError, InputError
from journeys.userllm.baselines import popularity
from journeys.userllm.dual_encoder import DualEncoder
from journeys.userllm.encoder import UserEncoder
from journeys.userllm.events import EncoderConfig
from journeys.userllm.losses import next_event_losses, telling
from journeys.userllm.pretraining import History, PretrainingConfig, pretrain, stretches
from journeys.userllm.scoring import encoder_score
from journeys.userllm.sequences import ITEM
from journeys.userllm.tasks import rank, split_next
from tests.userllm.userllm_data import lively_encoder, walking

SMALL = PretrainingConfig(width=16, epochs=4, batch=8, length=16, rate=1e-2, dropout=0.1)


def test_it_learns_what_follows_from_order() -> None:
    data = walking(users=120)
    split = split_next(data, "last")
    encoder, history = pretrain(
        data, split.train, split.valid, replace(SMALL, epochs=12), make=UserEncoder
    )
    assert history.loss[-1]["total"] < history.loss[0]["total"]
    assert set(history.loss[0]) == {ITEM, "category", "rating", "total"}
    told = rank(data, split.test, encoder_score(encoder, data))
    rival = rank(data, split.test, popularity(data, split.train))
    # Nine of ten steps go to the next item of the ring; which that is, only order says.
    assert told.mean("ndcg") > 0.6
    assert told.mean("ndcg") > rival.mean("ndcg") + 0.2


def weights(path: Path | None, epochs_before_stop: int | None, seed: int = 0) -> dict[str, object]:
    data = walking(users=24)
    split = split_next(data, "last")

    def stop(done: int, most: int, score: float) -> None:
        if done == epochs_before_stop:
            raise Cancelled("stopped")

    encoder, history = pretrain(
        data,
        split.train,
        split.valid,
        replace(SMALL, seed=seed),
        make=UserEncoder,
        checkpoint=path,
        on_epoch=stop,
    )
    assert len(history.loss) == len(history.valid) == SMALL.epochs
    return dict(encoder.state_dict())


@pytest.mark.parametrize("stopped_after", [1, 3])
def test_a_stopped_training_ends_at_equal_weights(tmp_path: Path, stopped_after: int) -> None:
    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(Cancelled):
        weights(path, stopped_after)
    assert path.is_file()
    resumed, whole = weights(path, None), weights(None, None)
    assert resumed.keys() == whole.keys()
    for name, each in whole.items():
        assert torch.equal(resumed[name], each), name


def test_the_seed_decides_everything_and_torch_is_left_alone() -> None:
    before = torch.get_rng_state()
    one, same, other = weights(None, None), weights(None, None), weights(None, None, seed=1)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["fuse.weight"], other["fuse.weight"])
    assert torch.equal(before, torch.get_rng_state())


def test_a_checkpoint_of_other_settings_is_not_gone_on_from(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(Cancelled):
        weights(path, 2, seed=1)
    found, whole = weights(path, None), weights(None, None)
    assert all(torch.equal(found[name], whole[name]) for name in whole)


def test_the_dual_encoder_is_trained_alike() -> None:
    data = walking(users=24)
    split = split_next(data, "last")

    def make(shape: EncoderConfig) -> DualEncoder:
        return DualEncoder(shape, half_life=2.0)

    model, history = pretrain(data, split.train, split.valid, SMALL, make=make)
    assert isinstance(model, DualEncoder)
    assert history.loss[-1]["total"] < history.loss[0]["total"]


def test_bfloat16_learns_the_same_and_keeps_full_weights() -> None:
    data = walking(users=24)
    split = split_next(data, "last")
    half, told = pretrain(data, split.train, None, replace(SMALL, bf16=True), make=UserEncoder)
    _, full = pretrain(data, split.train, None, SMALL, make=UserEncoder)
    assert all(each.dtype == torch.float32 for each in half.parameters())
    assert told.loss[-1]["total"] == pytest.approx(full.loss[-1]["total"], rel=0.05)
    assert told.loss[-1] != full.loss[-1]


def test_an_event_is_told_from_before_its_instant() -> None:
    data = walking(users=5, ties=True)
    batch = data.batch([(20 * at, 20 * at + 20 - at) for at in range(5)])
    row, source, told = telling(batch, torch.zeros(5, dtype=torch.long))
    assert len(row)
    assert (batch.times[row, source] < batch.times[row, told]).all()
    # Nothing lies between the instants: the source is the last event before.
    assert (batch.times[row, source + 1] == batch.times[row, told]).all()


def test_nothing_of_a_told_event_reaches_its_loss_but_as_the_answer() -> None:
    data = walking(users=4, ties=True)
    encoder = lively_encoder(data)
    batch = data.batch([(0, 20), (20, 40)])
    catalogue, items = torch.from_numpy(data.catalogue.content), torch.arange(1, 25)
    first = torch.tensor([0, 0])
    states = encoder(batch)
    row, source, told = telling(batch, first)
    losses = next_event_losses(encoder, batch, first, catalogue, items)
    vectors = encoder.item_vectors(items, catalogue[items])
    logits = encoder.item_logits(states[row, source], vectors) + encoder.item_bias[items]
    by_hand = torch.nn.functional.cross_entropy(logits, batch.ids[ITEM][row, told] - 1)
    torch.testing.assert_close(losses[ITEM], by_hand)


@pytest.mark.parametrize("length", [2, 7, 10, 50])
def test_every_event_is_told_in_one_stretch(length: int) -> None:
    data = walking(users=3, length=23)
    told = np.concatenate([np.arange(begin, stop) for _, begin, stop in stretches(data, length)])
    assert sorted(told.tolist()) == list(range(len(data)))
    assert all(stop - start <= length for start, _, stop in stretches(data, length))


def test_an_item_that_was_never_learnt_is_its_content() -> None:
    data = walking(users=12)
    train = np.arange(len(data)) % 20 < 10
    unseen = 7
    train &= data.ids[ITEM] != unseen
    # Events of training must be the first of each user.
    starts = np.repeat(data.starts[:-1], 20)
    train = np.logical_and.accumulate(train.reshape(-1, 20), axis=1).ravel()
    assert (np.arange(len(data))[train] >= starts[train]).all()
    encoder, _ = pretrain(data, train, None, SMALL, make=UserEncoder)
    assert not encoder.items.weight[unseen].any()
    assert encoder.item_bias[unseen] == encoder.item_bias[0]


def test_a_log_without_a_next_event_is_told() -> None:
    data = walking(users=3, length=1)
    with pytest.raises(InputError, match="no next event"):
        pretrain(data, np.ones(3, dtype=bool), None, SMALL, make=UserEncoder)


def test_settings_out_of_range_are_told() -> None:
    with pytest.raises(ConfigError, match="epochs"):
        PretrainingConfig(epochs=0)
    with pytest.raises(ConfigError, match="unknown"):
        PretrainingConfig(unknown=1.0)


def test_epochs_equal_at_ten_are_told_apart_by_the_whole_ranking() -> None:
    history = History(loss=[{}] * 3, valid=[0.0, 0.0, 0.0], whole=[0.1, 0.3, 0.2])
    assert history.kept == 2
    assert History(loss=[{}] * 2, valid=[0.2, 0.1], whole=[0.1, 0.3]).kept == 1
    assert History(loss=[{}] * 2).kept == 2
