"""Training a route, on a language model with random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from journeys.errors import Cancelled, ConfigError, ModelError
from journeys.naming.tuning import missing_packages
from journeys.userllm.branches import plant
from journeys.userllm.contextual import ContextConfig
from journeys.userllm.event_states import TimelineStates
from journeys.userllm.fit_config import FitConfig, Fitted
from journeys.userllm.fit_files import load_fit, read_fit, save_fit
from journeys.userllm.fitting import Trainer
from journeys.userllm.outcomes import Told, ask_all
from journeys.userllm.prompts import Prompts
from tests.userllm.small_world import (
    small_encoder,
    small_llm,
    small_model,
    small_priors,
    small_world,
)

pytestmark = pytest.mark.skipif(
    bool(missing_packages()),
    reason=f"pip install -r requirements-userllm.txt (missing: {', '.join(missing_packages())})",
)

WORLD = small_world()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("llm")


def config(route: str = "soft", **more: Any) -> FitConfig:
    context = ContextConfig(route=route, latents=4, width=16, looks=2, rank=2)
    settings: dict[str, Any] = {"examples": 24, "histories": (3, 6), "rate": 1e-2, **more}
    return FitConfig(context=context, **settings)


def trainer(folder: Path, own: Path, chosen: FitConfig) -> Trainer:
    llm, tokenizer = small_llm(folder)
    prompts = Prompts(tokenizer, WORLD.wording)
    priors = small_priors(small_llm(folder)[0], prompts, WORLD)
    model = small_model(llm, WORLD.data, chosen.context.route)
    return Trainer(model, WORLD.data, WORLD.train, prompts, priors, chosen, own)


@pytest.mark.parametrize("route", ["text", "soft", "cross"])
def test_the_loss_falls(folder: Path, tmp_path: Path, route: str) -> None:
    more = {"rate_lora": 2e-2, "strategy": "lora"}
    made = trainer(folder, tmp_path, config(route, examples=80, **more))
    losses = made.run().losses
    assert len(losses) == 40
    assert sum(losses[-5:]) < sum(losses[:5]) - 0.5


@pytest.mark.parametrize("strategy", ["lora", "full"])
def test_a_killed_training_goes_on_to_the_same_weights(
    folder: Path, tmp_path: Path, strategy: str
) -> None:
    chosen = config(strategy=strategy)
    whole = trainer(folder, tmp_path / "whole", chosen)
    whole.run()
    trainer(folder, tmp_path / "cut", chosen).run(stop_at=2)
    again = trainer(folder, tmp_path / "cut", chosen)
    state = again.run()
    assert state.step == chosen.steps
    assert len(state.losses) == chosen.steps
    assert state.tokens > 0
    assert state.flops > 0
    wanted = whole.model.trained()
    assert all(torch.equal(wanted[name], each) for name, each in again.model.trained().items())


def test_a_training_that_is_cancelled_keeps_what_it_has(folder: Path, tmp_path: Path) -> None:
    class Impatient:
        steps = 0

        def stage(self, name: str, done: int, total: int) -> None:
            self.steps = done

        def update(self, done: int) -> None:
            self.steps = done

        def should_stop(self) -> bool:
            return self.steps >= 3

    with pytest.raises(Cancelled):
        trainer(folder, tmp_path, config()).run(Impatient())
    assert trainer(folder, tmp_path, config()).run(stop_at=4).step == 4
    with pytest.raises(ConfigError, match="other settings"):
        trainer(folder, tmp_path, config(seed=1)).run()


@pytest.mark.parametrize("route", ["text", "soft", "cross"])
def test_what_is_read_again_answers_the_same(folder: Path, tmp_path: Path, route: str) -> None:
    chosen = config(route)
    made = trainer(folder, tmp_path, chosen)
    fitted = made.run()
    save_fit(made.model, chosen, fitted, tmp_path)
    llm, tokenizer = small_llm(folder)
    prompts = Prompts(tokenizer, WORLD.wording)
    encoder = None if route == "text" else small_encoder(WORLD.data)
    again = load_fit(llm, encoder, tmp_path)
    person = WORLD.test[0]
    trees = plant(
        [prompts.tree(person, person.questions, chosen.told(6))], slots=again.config.slots
    )
    events = WORLD.data.batch([person.last(6)]) if encoder is not None else None
    assert torch.equal(again(trees, events), made.model(trees, events))
    assert read_fit(tmp_path) == (chosen, fitted)
    assert not list(tmp_path.glob("checkpoint*"))


def test_a_user_vector_teaches_the_model_what_somebody_likes(folder: Path, tmp_path: Path) -> None:
    chosen = config("soft", examples=320, rate=5e-3, rate_lora=1e-2, strategy="lora")
    made = trainer(folder, tmp_path, chosen)
    made.run()
    llm, tokenizer = small_llm(folder)
    prompts = Prompts(tokenizer, WORLD.wording)
    priors = small_priors(llm, prompts, WORLD)
    found = ask_all(made.model, WORLD.data, WORLD.test, prompts, priors, Told(6, 0))
    kinds = [each.score for each in found if each.task == "favourite_category"]
    assert sum(kinds) >= 3
    lengths = {
        each.tokens
        for history in (3, 6)
        for each in ask_all(made.model, WORLD.data, WORLD.test, prompts, priors, Told(history, 0))
        if each.task == "next_item"
    }
    assert len(lengths) == 1, "tokens do not grow with the history"


def test_a_frozen_encoder_stays_and_is_asked_once(folder: Path, tmp_path: Path) -> None:
    chosen = config("soft", strategy="full", frozen=True, rate_encoder=1.0)
    made = trainer(folder, tmp_path, chosen)
    before = {name: each.clone() for name, each in made.model.encoder.state_dict().items()}
    fitted = made.run()
    after = made.model.encoder.state_dict()
    assert all(torch.equal(each, after[name]) for name, each in before.items())
    assert not any(name.startswith("encoder") for name in made.model.trained())
    save_fit(made.model, chosen, fitted, tmp_path)
    again = load_fit(small_llm(folder)[0], small_encoder(WORLD.data), tmp_path)
    person = WORLD.test[0]
    trees = plant(
        [Prompts(small_llm(folder)[1], WORLD.wording).tree(person, person.questions, 0)],
        slots=again.config.slots,
    )
    events = WORLD.data.batch([person.last(0)])
    # The vectors of a whole timeline are those of the encoder at that cut.
    states = TimelineStates.of(again.encoder, WORLD.data).batch([person.last(0)])
    assert torch.equal(states.mask, events.mask)
    torch.testing.assert_close(again(trees, states), again(trees, events))
    torch.testing.assert_close(again(trees, events), made.model.eval()(trees, events))


def test_gates_may_be_open_when_training_begins(folder: Path, tmp_path: Path) -> None:
    def gates(made: Trainer) -> list[float]:
        named = made.model.named_parameters()
        return [float(each.detach()) for name, each in named if name.endswith("gate")]

    assert gates(trainer(folder, tmp_path, config("cross"))) == [0.0, 0.0]
    assert gates(trainer(folder, tmp_path, config("cross", gate=0.5))) == [0.5, 0.5]


def test_settings_are_checked_and_survive_a_file(tmp_path: Path) -> None:
    chosen = config("cross", strategy="enc", pretrained=False)
    assert FitConfig.from_dict(chosen.to_dict()) == chosen
    for wrong in ({"strategy": "hope"}, {"candidates": 1}, {"histories": ()}, {"dtype": "int3"}):
        with pytest.raises(ConfigError):
            replace(chosen, **wrong)
    with pytest.raises(ModelError, match="no finished training"):
        read_fit(tmp_path)
    assert Fitted().step == 0
