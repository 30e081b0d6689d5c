"""Training and using a tuned namer, on a language model with random weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from journeys.errors import Cancelled, ConfigError, InputError, ModelError, PrivacyError
from journeys.naming import Evidence
from journeys.naming.keyphrases import keyphrase_levels
from journeys.naming.tuning import ModelCard, find_tuned, missing_packages, tuned_models, withdraw
from tests.naming.tiny import tiny_model, tiny_pairs

if TYPE_CHECKING:
    from journeys.naming.tuning.model import Base

pytestmark = pytest.mark.skipif(
    bool(missing_packages()),
    reason=f"pip install -r requirements-tuning.txt (missing: {', '.join(missing_packages())})",
)

EVIDENCE = Evidence(
    ("learning chess", "reading chess", "buying chess", "watching openings"),
    keyphrases=("chess", "openings", "endings", "clocks"),
    items={"reading chess": "item-1"},
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    from journeys.naming.tuning.model import Base
    from journeys.naming.tuning.prompts import instruction

    pairs = tiny_pairs()
    texts = [instruction(pair.titles, 3) + " You name interests. " + pair.name for pair in pairs]
    folder = tiny_model(tmp_path_factory.mktemp("base") / "tiny", texts)
    return Base.of(str(folder), folder)


def train(base: Base, folder: Path, name: str = "mine", **settings: object) -> ModelCard:
    from journeys.naming.tuning.training import TuningConfig, tune

    on_step = settings.pop("on_step", lambda done, most: None)
    people = settings.pop("people", ())
    fast = {"epochs": 4, "learning_rate": 0.02, "rank": 4, "virtual_tokens": 4}
    config = TuningConfig(**{**fast, **settings})
    return tune(base, tiny_pairs(people), config, name=name, folder=folder, on_step=on_step)


@pytest.mark.parametrize("method", ["soft", "lora"])
def test_the_loss_falls_on_what_is_trained_on(base: Base, tmp_path: Path, method: str) -> None:
    card = train(base, tmp_path, method=method, people=("p1", "p2"))
    losses = card.metrics["train_loss"]
    assert losses[-1] < losses[0] - 0.2
    assert card.ready
    assert card.levels == (3,)
    assert card.people == ("p1", "p2")
    assert card.pairs + card.held_out == 12
    assert card.metrics["steps"] == len(losses) * -(-card.pairs // 4)
    assert ModelCard.read(tmp_path / "mine") == replace(
        card, settings=json.loads(json.dumps(card.settings))
    )
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {
        "card.json",
        "adapter.safetensors",
    }
    words = " ".join(path.read_text() for path in tmp_path.rglob("*.json"))
    assert "tomatoes" not in words, "a card holds no title and no name"


def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(
    base: Base, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    def interrupt(done: int, most: int) -> None:
        if done == 8:
            raise Cancelled("stopped")

    whole = train(base, tmp_path / "a")
    with pytest.raises(Cancelled):
        train(base, tmp_path / "b", on_step=interrupt)
    assert tuned_models(tmp_path / "b") == [], "what is not ready is not offered"
    steps: list[int] = []
    resumed = train(base, tmp_path / "b", on_step=lambda done, most: steps.append(done))
    assert steps[0] in range(4, 9), "finished epochs are not trained again"
    assert resumed.metrics["train_loss"] == whole.metrics["train_loss"]
    one, other = (load_file(tmp_path / at / "mine" / "adapter.safetensors") for at in "ab")
    assert one.keys() == other.keys()
    assert all(one[name].equal(other[name]) for name in one)


def test_other_pairs_or_settings_begin_anew(base: Base, tmp_path: Path) -> None:
    def interrupt(done: int, most: int) -> None:
        if done == 8:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        train(base, tmp_path, on_step=interrupt)
    steps: list[int] = []
    train(base, tmp_path, seed=1, on_step=lambda done, most: steps.append(done))
    assert steps[0] == 1


def test_training_stops_where_held_out_pairs_gain_no_more(base: Base, tmp_path: Path) -> None:
    card = train(base, tmp_path, epochs=40, patience=1, learning_rate=0.3)
    held = card.metrics["held_out_loss"]
    assert len(held) - 1 < 40
    assert card.metrics["kept_epoch"] == held.index(min(held)) == len(held) - 2


def test_a_name_is_not_taken_twice_and_must_be_one(base: Base, tmp_path: Path) -> None:
    train(base, tmp_path, epochs=1)
    with pytest.raises(ConfigError, match="already"):
        train(base, tmp_path, epochs=1)
    for name in ("../up", "", "A b", ".hidden"):
        with pytest.raises(ConfigError, match="cannot be"):
            train(base, tmp_path, name=name)


def test_too_few_pairs_are_told(base: Base, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fewer than a batch"):
        train(base, tmp_path, batch=20)


def test_erasing_a_person_withdraws_what_learned_from_them(base: Base, tmp_path: Path) -> None:
    train(base, tmp_path, name="theirs", people=("p1",), epochs=1)
    train(base, tmp_path, name="others", epochs=1)
    assert withdraw(tmp_path, {"p1", "p9"}) == ["theirs"]
    assert [card.name for card in tuned_models(tmp_path)] == ["others"]
    assert not (tmp_path / "theirs").exists()
    assert withdraw(tmp_path / "nowhere", {"p1"}) == []


def test_erasing_a_person_stops_what_still_learns_from_them(base: Base, tmp_path: Path) -> None:
    def erase(done: int, most: int) -> None:
        withdraw(tmp_path, {"p1"})

    with pytest.raises(PrivacyError, match="withdrawn"):
        train(base, tmp_path, people=("p1",), on_step=erase)
    assert not list(tmp_path.iterdir())


def test_a_card_is_found_by_name_or_alone(base: Base, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="tune-names"):
        find_tuned(None, tmp_path)
    train(base, tmp_path, name="one", epochs=1)
    assert find_tuned(None, tmp_path).name == "one"
    train(base, tmp_path, name="two", epochs=1)
    assert find_tuned("two", tmp_path).name == "two"
    with pytest.raises(ModelError, match=r"Say which.*one, two"):
        find_tuned(None, tmp_path)
    with pytest.raises(ModelError, match="no tuned model called 'three'"):
        find_tuned("three", tmp_path)


@pytest.mark.parametrize("method", ["soft", "lora"])
def test_what_was_learned_is_there_after_loading(base: Base, tmp_path: Path, method: str) -> None:
    from journeys.naming.tuning.namer import open_tuned

    rate = {"soft": 0.1, "lora": 0.02}[method]
    train(base, tmp_path, method=method, epochs=20, patience=20, learning_rate=rate)
    with open_tuned("mine", tmp_path, tmp_path) as namer:
        said = namer.raw(EVIDENCE)
        assert said == namer.raw(EVIDENCE), "the likeliest answer is drawn from nothing"
    assert said.startswith("doing"), "every name it saw begins so"


def test_another_base_than_it_was_trained_on_is_refused(base: Base, tmp_path: Path) -> None:
    from journeys.naming.tuning.model import Base

    card = train(base, tmp_path, epochs=1)
    with pytest.raises(ModelError, match="another tiny"):
        Base.of_card(replace(card, base_sha256="0" * 64), tmp_path)


class Saying:
    """Stands for a loaded model: it gives these answers in turn, the last one for ever."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int | None]] = []

    def answer(self, messages: list[dict[str, str]], *, seed: int | None = None) -> str:
        self.asked.append((messages[-1]["content"], seed))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def named(base: Base, tmp_path: Path) -> Callable[..., tuple]:
    from journeys.naming.tuning.namer import TunedNamer

    card = train(base, tmp_path, epochs=1)

    def name(*answers: str) -> tuple:
        saying = Saying(*answers)
        return TunedNamer(saying, card).name(EVIDENCE).names, saying

    return name


def test_the_models_name_stands_at_its_level_and_is_narrowed_below(named: Callable) -> None:
    names, saying = named('"improving at chess"')
    assert names.at(3) == "improving at chess"
    assert names.at(4) == "improving at chess: openings and endings"
    assert names.at(5) == "improving at chess: openings, endings and clocks"
    assert names.levels[:2] == keyphrase_levels(EVIDENCE)[:2]
    assert names.fallback == ()
    assert names.shown == ("item-1",)
    assert names.namer.startswith("tuned:mine-")
    assert len(saying.asked) == 1
    assert '"learning chess"' in saying.asked[0][0], "titles are quoted"


def test_a_name_that_fails_its_checks_is_drawn_anew(named: Callable) -> None:
    names, saying = named("chess chess chess", "learning chess openings")
    assert names.at(3) == "learning chess openings"
    assert [seed for _, seed in saying.asked] == [None, 0]


def test_what_never_passes_takes_key_phrases_and_is_marked(named: Callable) -> None:
    names, saying = named("")
    assert names.levels == keyphrase_levels(EVIDENCE)
    assert names.fallback == (3,)
    assert len(saying.asked) == 3
