"""What a user adds to a language model, and what it must leave alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from journeys.errors import ConfigError
from journeys.naming.tuning import missing_packages
from journeys.userllm.branches import Branch, Tree, plant
from journeys.userllm.contextual import STRATEGIES, ContextConfig, ContextualLM
from journeys.userllm.cross_attention import spread
from journeys.userllm.resampler import PerceiverResampler, ages
from tests.userllm.small_world import small_data, small_llm, small_model

pytestmark = pytest.mark.skipif(
    bool(missing_packages()),
    reason=f"pip install -r requirements-userllm.txt (missing: {', '.join(missing_packages())})",
)

TREES = (
    Tree((2, 3, 4), (Branch((5, 6), ((3, 4, 1), (2, 1))), Branch((7,), ((4, 1), (4, 4, 4, 1))))),
    Tree((), (Branch((5,), ((3, 1),)),)),
)
DATA = small_data()
STRETCHES = [(0, 12), (12, 15)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("llm")


@pytest.fixture
def llm(folder: Path) -> Any:
    return small_llm(folder)[0]


@pytest.mark.parametrize("latents", [4, 0])
def test_an_untrained_gate_leaves_the_model_as_it_is_bit_for_bit(llm: Any, latents: int) -> None:
    ids = torch.tensor([[2, 3, 4, 5], [6, 7, 1, 1]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    plain = llm(input_ids=ids, attention_mask=mask).logits
    model = small_model(llm, DATA, "cross", latents=latents)
    assert torch.equal(model.logits(ids, mask, DATA.batch(STRETCHES)), plain)
    told = small_model(llm, DATA, "text")(plant(TREES))
    assert torch.equal(model(plant(TREES), DATA.batch(STRETCHES)), told)
    with torch.no_grad():
        model.context.blocks[0].gate.fill_(0.5)
    assert not torch.equal(model.logits(ids, mask, DATA.batch(STRETCHES)), plain)
    assert torch.equal(llm(input_ids=ids, attention_mask=mask).logits, plain), "no hook is left"


def test_answers_in_a_tree_are_as_likely_as_alone(llm: Any) -> None:
    model = small_model(llm, DATA, "text").requires_grad_(False)
    wanted = []
    for tree in TREES:
        for branch in tree.branches:
            for answer in branch.answers:
                before = [*tree.trunk, *branch.question]
                chances = llm(input_ids=torch.tensor([[*before, *answer]])).logits.log_softmax(-1)
                places = range(len(before) - 1, len(before) - 1 + len(answer))
                wanted.append(
                    sum(float(chances[0, p, a]) for p, a in zip(places, answer, strict=True))
                )
    assert model(plant(TREES)).tolist() == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("route", ["soft", "cross"])
def test_padding_and_the_order_of_a_batch_change_nothing(llm: Any, route: str) -> None:
    model = opened(small_model(llm, DATA, route))
    slots = model.config.slots
    together = model(plant(TREES, slots=slots), DATA.batch(STRETCHES))
    alone = [
        model(plant([tree], slots=slots), DATA.batch([stretch]))
        for tree, stretch in zip(TREES, STRETCHES, strict=True)
    ]
    turned = model(plant(TREES[::-1], slots=slots), DATA.batch(STRETCHES[::-1]))
    assert together.tolist() == pytest.approx(torch.cat(alone).tolist(), abs=1e-4)
    assert turned.tolist() == pytest.approx(torch.cat(alone[::-1]).tolist(), abs=1e-4)


@pytest.mark.parametrize("route", ["soft", "cross"])
def test_who_it_is_about_matters_and_nobody_is_no_error(llm: Any, route: str) -> None:
    model = opened(small_model(llm, DATA, route))
    trees = plant([TREES[1]] * 3, slots=model.config.slots)
    one, other, nobody = model(trees, DATA.batch([(0, 12), (12, 24), (0, 0)])).tolist()
    assert len({round(each, 5) for each in (one, other, nobody)}) == 3
    assert all(each == each for each in (one, other, nobody)), "no NaN"


@pytest.mark.parametrize("route", ["soft", "cross"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_strategy_trains_what_it_says_and_nothing_else(
    llm: Any, route: str, strategy: str
) -> None:
    model = opened(small_model(llm, DATA, route))
    model.choose(strategy)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    chosen = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(chosen, lr=1e-2, weight_decay=0.0)
    for _ in range(2):  # The first step only opens low-rank weights, which begin at nought.
        values = model(plant(TREES, slots=model.config.slots), DATA.batch(STRETCHES))
        (-values[0] + values[1]).backward()
        optimiser.step()
    moved: dict[str, int] = {}
    for part, weights in model.parts().items():
        moved[part] = sum(not torch.equal(weight, before[name]) for name, weight in weights)
    wanted = {
        "full": {"llm", "encoder", "context"},
        "enc": {"encoder", "context"},
        "lora": {"lora", "encoder", "context"},
        "proj": {"context"},
    }[strategy]
    assert {part for part, count in moved.items() if count} == wanted
    assert set(model.trained()) == {name for part in wanted for name, _ in model.parts()[part]}


def test_low_rank_weights_begin_without_effect_and_on_the_upper_layers(llm: Any) -> None:
    model = small_model(llm, DATA, "text", adapted=1)
    plain = model(plant(TREES))
    model.choose("lora")
    assert torch.equal(model(plant(TREES)), plain)
    names = [name for name, _ in model.parts()["lora"]]
    assert names
    assert all(".layers.1." in name for name in names)


def test_latents_are_as_many_however_long_the_history() -> None:
    torch.manual_seed(0)
    resampler = PerceiverResampler(8, 16, 5)
    for length in (1, 10, 200):
        states = torch.randn(2, length, 8)
        assert resampler(states, torch.ones(2, length).bool()).shape == (2, 5, 16)


def test_the_newest_event_is_told_from_the_oldest() -> None:
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0]]).bool()
    assert ages(mask)[0].tolist() == [4, 3, 3, 2, 1, 0]
    assert ages(mask)[1, :2].tolist() == [1, 0]


def test_the_model_writes_with_a_user_and_the_same_without_one_behind_a_closed_gate(
    llm: Any,
) -> None:
    told = small_model(llm, DATA, "cross").answer([2, 3], DATA.batch([(0, 12)]), most=4)
    assert told == small_model(llm, DATA, "text").answer([2, 3], most=4)
    soft = small_model(llm, DATA, "soft").answer([2, 3], DATA.batch([(0, 12)]), most=4)
    assert 1 <= len(soft) <= 4


def test_what_makes_no_sense_is_refused(llm: Any) -> None:
    with pytest.raises(ConfigError, match="route"):
        ContextConfig(route="smoke")
    with pytest.raises(ConfigError, match="latents"):
        ContextConfig(route="soft", latents=0)
    with pytest.raises(ConfigError, match="need an encoder"):
        ContextualLM(llm, None, ContextConfig(route="soft"))
    with pytest.raises(ConfigError, match="text prompt"):
        small_model(llm, DATA, "text").choose("proj")
    with pytest.raises(ConfigError, match="strategy"):
        small_model(llm, DATA, "soft").choose("prayer")


def test_looks_are_spread_to_the_top() -> None:
    assert spread(30, 6) == (4, 9, 14, 19, 24, 29)
    assert spread(2, 6) == (0, 1)


def opened(model: ContextualLM) -> ContextualLM:
    """The same with its gates open, so that the user matters."""
    with torch.no_grad():
        for block in getattr(model.context, "blocks", ()):
            block.gate.fill_(0.7)
    return model
