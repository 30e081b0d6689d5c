"""What must hold of the encoder whatever its weights are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from journeys.errors import ConfigError, ModelError
from journeys.userllm.card import EncoderCard, TrainedEncoder, load, save
from journeys.userllm.dual_encoder import DualEncoder
from journeys.userllm.encoder import UserEncoder, pooled
from journeys.userllm.events import EncoderConfig, EventModel
from journeys.userllm.sequences import ITEM, EventBatch, Vocabulary
from journeys.userllm.vectors import add_events, user_vectors
from tests.userllm.userllm_data import CONTENT, changed, lively_encoder, walking

DATA = walking(users=6)
LENGTHS = [20, 7, 13, 20, 1, 4]
CLOSE = {"atol": 2e-5, "rtol": 1e-4}


def stretches() -> list[tuple[int, int]]:
    return [(20 * at, 20 * at + length) for at, length in enumerate(LENGTHS)]


@pytest.fixture(params=["encoder", "narrow window", "dual encoder"])
def model(request: pytest.FixtureRequest) -> EventModel:
    encoder = lively_encoder(DATA, window=5 if request.param == "narrow window" else 200)
    return DualEncoder(encoder.config, half_life=3.0).eval() if "dual" in request.param else encoder


@torch.no_grad()
def test_padding_changes_nothing(model: EventModel) -> None:
    together = model(DATA.batch(stretches()))
    for row, stretch in enumerate(stretches()):
        alone = model(DATA.batch([stretch]))
        torch.testing.assert_close(together[row, : LENGTHS[row]], alone[0], **CLOSE)
        assert not together[row, LENGTHS[row] :].any()


@torch.no_grad()
def test_the_order_of_the_batch_changes_nothing(model: EventModel) -> None:
    batch, order = DATA.batch(stretches()), torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(model(batch.rows(order)), model(batch)[order], **CLOSE)


@torch.no_grad()
@pytest.mark.parametrize("at", [0, 5, 12, 18])
def test_a_later_event_never_changes_an_earlier_vector(model: EventModel, at: int) -> None:
    batch = DATA.batch(stretches()[:1])
    before, after = model(batch), model(changed(batch, 0, at))
    assert torch.equal(before[0, :at], after[0, :at])
    assert not torch.allclose(before[0, at], after[0, at], atol=1e-3)


@torch.no_grad()
def test_an_event_beyond_every_window_is_forgotten() -> None:
    encoder = lively_encoder(DATA, window=3)
    batch = DATA.batch(stretches()[:1])
    # Two layers of three events each reach four back; the gap of the next event looks one further.
    before, after = encoder(batch), encoder(changed(batch, 0, 5))
    assert not torch.allclose(before[0, 9], after[0, 9])
    torch.testing.assert_close(before[0, 11:], after[0, 11:], **CLOSE)


@torch.no_grad()
@pytest.mark.parametrize("window", [4, 200])
@pytest.mark.parametrize("steps", [[20], [1] * 20, [7, 1, 12]])
def test_adding_events_equals_reading_all_again(window: int, steps: list[int]) -> None:
    encoder = lively_encoder(DATA, window=window)
    batch, state, rows, at = DATA.batch([(0, 20), (20, 40)]), None, [], 0
    for step in steps:
        found, state = encoder.extend(batch.columns(at, at + step), state)
        rows.append(found)
        at += step
    assert state is not None
    whole = encoder(batch)
    torch.testing.assert_close(torch.cat(rows, 1), whole, **CLOSE)
    torch.testing.assert_close(state.pooled, pooled(whole, batch.mask), **CLOSE)
    assert state.times.shape[1] <= window
    assert state.count.tolist() == [20, 20]


def test_a_long_timeline_is_read_in_blocks() -> None:
    data = walking(users=1, length=700)
    encoder = lively_encoder(data, window=50)
    batch = data.batch([(0, 700)])
    with torch.no_grad():
        at_once = encoder.extend(batch)[0]
        torch.testing.assert_close(encoder(batch), at_once, **CLOSE)
    state = None
    for start in range(0, 700, 300):
        state = add_events(encoder, batch.columns(start, start + 300), state)
    assert state is not None
    vectors = user_vectors(encoder, data).vectors
    torch.testing.assert_close(state.pooled, torch.from_numpy(vectors), **CLOSE)


@torch.no_grad()
def test_an_unknown_item_is_its_content() -> None:
    encoder = lively_encoder(DATA)
    content = torch.randn(1, CONTENT)
    unknown = encoder.item_vectors(torch.zeros(1, dtype=torch.long), content)
    assert encoder.content is not None
    assert torch.equal(unknown, encoder.content(content))
    assert not encoder.item_vectors(torch.zeros(1, dtype=torch.long), content * 0).any()


@torch.no_grad()
def test_an_event_of_which_nothing_is_known_has_a_place() -> None:
    encoder = lively_encoder(DATA)
    zeros = torch.zeros(1, 2, dtype=torch.long)
    batch = EventBatch(
        dict.fromkeys(encoder.config.sizes, zeros),
        torch.zeros(1, 2, CONTENT),
        torch.tensor([[1.6e9, 1.6e9 + 60]], dtype=torch.float64),
        torch.ones(1, 2, dtype=torch.bool),
    )
    assert torch.isfinite(encoder(batch)).all()


def trained(encoder: UserEncoder) -> TrainedEncoder:
    card = EncoderCard(
        "walkers", "walking", DATA.sha256(), ("p1", "p0"), 6, 120, 24, "",
        {**vars(encoder.config)}, {"seed": 0}, ready=True,
    )  # fmt: skip
    return TrainedEncoder(encoder, DATA.vocabulary, card)


@torch.no_grad()
def test_saving_and_loading_gives_equal_outputs(tmp_path: Path) -> None:
    encoder = lively_encoder(DATA)
    save(trained(encoder), tmp_path)
    found = load(tmp_path)
    batch = DATA.batch(stretches())
    assert torch.equal(found.encoder(batch), encoder(batch))
    assert found.vocabulary == DATA.vocabulary
    assert found.card.data_hash == DATA.sha256()
    assert {each.suffix for each in tmp_path.iterdir()} == {".json", ".safetensors"}


def test_another_format_is_refused(tmp_path: Path) -> None:
    save(trained(lively_encoder(DATA)), tmp_path)
    card = json.loads((tmp_path / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps({**card, "format": "journeys-user-encoder/9"}))
    with pytest.raises(ModelError, match="of the format 'journeys-user-encoder/9'"):
        load(tmp_path)


@pytest.mark.parametrize("file", ["weights.safetensors", "vocabulary.json", "card.json"])
def test_a_damaged_encoder_is_told_in_a_sentence(tmp_path: Path, file: str) -> None:
    save(trained(lively_encoder(DATA)), tmp_path)
    (tmp_path / file).write_bytes(b"\x80\x04not what it was")
    with pytest.raises(ModelError, match="Train"):
        load(tmp_path)


def test_an_unfinished_encoder_is_not_loaded(tmp_path: Path) -> None:
    save(trained(lively_encoder(DATA)), tmp_path)
    replace(EncoderCard.read(tmp_path), ready=False).write(tmp_path)
    with pytest.raises(ModelError, match="not trained yet"):
        load(tmp_path)


def test_a_shape_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="heads do not divide"):
        EncoderConfig({ITEM: 3}, width=10, heads=3)
    with pytest.raises(ConfigError, match="needs the feature"):
        EncoderConfig({"rating": 3})


def test_unknown_values_have_the_id_nought() -> None:
    known = Vocabulary({ITEM: ("a", "b")})
    assert known.ids(ITEM, ["b", "never seen", "a"]).tolist() == [2, 0, 1]
