"""Training a soft prompt or low-rank weights on pairs: seeded, resumable, stopped in time."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

from journeys.errors import ConfigError, InputError, PrivacyError
from journeys.naming.base import Evidence
from journeys.naming.tuning.card import CARD_FILE, ModelCard
from journeys.naming.tuning.installed import folder_of
from journeys.naming.tuning.model import Base, LoadedModel, save_weights
from journeys.naming.tuning.pairs import Pair, data_hash, split_pairs
from journeys.naming.tuning.prompts import messages, shown_titles

METHODS = ("soft", "lora")

#: Learning rates: a soft prompt needs a high one, since few weights carry everything.
_LEARNING_RATE = {"soft": 1e-2, "lora": 4e-4}

_CHECKPOINT = "checkpoint.pt"
#: Steps over which the learning rate rises.
_WARM_UP = 10

#: Told after each step: steps done, steps at most. May raise Cancelled.
OnStep = Callable[[int, int], None]


@dataclass(frozen=True)
class TuningConfig:
    """How to train. Equal settings on equal pairs give equal weights on one machine.

    Attributes:
        method: ``"soft"`` or ``"lora"``.
        learning_rate: None for the method's own.
        batch: pairs a step.
        epochs: passes over the pairs, at most.
        patience: epochs without a lower loss on held-out pairs after which training stops.
        held_out: share of the pairs that are held out.
        titles: of each pair that are shown, drawn anew in each epoch.
        minutes: stop after the epoch in which so many have passed; None for no limit.
        dtype: of the base model's weights; the tuned ones are always ``float32``.
    """

    method: str = "soft"
    virtual_tokens: int = 16
    rank: int = 8
    learning_rate: float | None = None
    batch: int = 4
    epochs: int = 12
    patience: int = 3
    held_out: float = 0.15
    titles: int = 6
    seed: int = 0
    minutes: float | None = None
    dtype: str = "float32"

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ConfigError(f"the method must be one of {', '.join(METHODS)}: {self.method!r}")
        for name in ("virtual_tokens", "rank", "batch", "epochs", "patience", "titles"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not 0 < self.held_out < 1:
            raise ConfigError(f"held_out must be between 0 and 1, not {self.held_out}")

    @property
    def rate(self) -> float:
        """The learning rate."""
        return self.learning_rate or _LEARNING_RATE[self.method]


@dataclass
class _State:
    """What a checkpoint holds besides the optimiser's state."""

    epoch: int = 0
    seconds: float = 0.0
    train: list[float] = field(default_factory=list)
    held: list[float] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=dict)

    @property
    def best_epoch(self) -> int:
        """Number of the epoch with the lowest held-out loss; 0 is before training."""
        return min(range(len(self.held)), key=self.held.__getitem__)


def tune(
    base: Base,
    pairs: Sequence[Pair],
    config: TuningConfig,
    *,
    name: str,
    folder: Path,
    on_step: OnStep = lambda done, most: None,
    load: Callable[..., LoadedModel] = LoadedModel,
) -> ModelCard:
    """Train on pairs and keep the result under a name.

    After each epoch a checkpoint is written; the same call after an interruption goes on there.
    What is kept are the weights of the epoch with the lowest loss on the held-out pairs.

    Args:
        folder: of the installation's tuned models.

    Raises:
        ConfigError: the name is taken, or is none.
        InputError: too few pairs.
        ModelError: packages or the base model are missing.
        PrivacyError: somebody whose pairs these are was erased meanwhile.
        Cancelled: ``on_step`` raised it.
    """
    trained, held = split_pairs(pairs, config.held_out, config.seed)
    if len(trained) < config.batch:
        raise InputError(f"{len(trained)} pairs to train on are fewer than a batch of them.")
    own = folder_of(name, folder)
    card = _started(base, pairs, trained, held, config, name, own)
    loaded = load(base, dtype=config.dtype)
    loaded.attach(config.method, asdict(config))
    state = _Trainer(loaded, trained, held, config, own).run(on_step)
    _still_wanted(own)
    save_weights(state.best, own)
    done = ModelCard(
        **{
            **vars(card),
            "ready": True,
            "metrics": {
                "train_loss": [round(loss, 4) for loss in state.train],
                "held_out_loss": [round(loss, 4) for loss in state.held],
                "kept_epoch": state.best_epoch,
                "steps": state.epoch * _steps(trained, config),
                "seconds": round(state.seconds, 1),
            },
        }
    )
    done.write(own)
    (own / _CHECKPOINT).unlink(missing_ok=True)
    return done


def _started(
    base: Base,
    pairs: Sequence[Pair],
    trained: Sequence[Pair],
    held: Sequence[Pair],
    config: TuningConfig,
    name: str,
    own: Path,
) -> ModelCard:
    """The card of a model that is being trained, written before its first step."""
    card = ModelCard(
        name=name,
        method=config.method,
        base=base.name,
        base_path="" if base.of_catalogue else str(base.path),
        base_sha256=base.sha256(),
        levels=tuple(sorted({pair.level for pair in trained})),
        pairs=len(trained),
        held_out=len(held),
        data_hash=data_hash(pairs),
        people=tuple(sorted({person for pair in pairs for person in pair.people})),
        settings=asdict(config),
        versions={each: version(each) for each in ("torch", "transformers", "peft")},
        created=f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
    )
    if (own / CARD_FILE).is_file():
        before = ModelCard.read(own)
        if before.ready:
            raise ConfigError(
                f"There is a tuned model called {name} already. Choose another name, or delete it "
                f"with: python -m journeys tune-names --delete {name}"
            )
        if not _same_training(before, card):
            shutil.rmtree(own)
    own.mkdir(parents=True, exist_ok=True)
    card.write(own)
    return card


def _same_training(one: ModelCard, other: ModelCard) -> bool:
    """Whether the steps are the same; how many of them there may be is another matter."""
    compared = ("method", "base_sha256", "data_hash", "people", "versions")
    steps = [
        {key: value for key, value in card.settings.items() if key not in ("epochs", "minutes")}
        for card in (one, other)
    ]
    return steps[0] == steps[1] and all(
        getattr(one, each) == getattr(other, each) for each in compared
    )


def _still_wanted(own: Path) -> None:
    if not (own / CARD_FILE).is_file():
        raise PrivacyError(
            f"The model {own.name} was withdrawn while it was trained: somebody whose names it "
            "learned from was erased, or it was deleted."
        )


def _steps(pairs: Sequence[Pair], config: TuningConfig) -> int:
    return -(-len(pairs) // config.batch)


class _Trainer:
    """The loop over epochs."""

    def __init__(
        self,
        loaded: LoadedModel,
        trained: Sequence[Pair],
        held: Sequence[Pair],
        config: TuningConfig,
        own: Path,
    ) -> None:
        import torch

        self._loaded = loaded
        self._pairs = trained
        self._held = held
        self._config = config
        self._own = own
        weights = [each for each in loaded.model.parameters() if each.requires_grad]
        self._optimiser = torch.optim.AdamW(weights, lr=config.rate, weight_decay=0.0)

    def run(self, on_step: OnStep) -> _State:
        state = self._resumed()
        most = self._config.epochs * _steps(self._pairs, self._config)
        if not state.held:
            state.held.append(self._held_loss())
            state.best = self._loaded.weights()
        while self._goes_on(state):
            started = time.perf_counter()
            state.train.append(self._epoch(state.epoch, most, on_step))
            state.epoch += 1
            state.held.append(self._held_loss())
            if state.best_epoch == state.epoch:
                state.best = self._loaded.weights()
            state.seconds += time.perf_counter() - started
            self._keep(state)
        return state

    def _goes_on(self, state: _State) -> bool:
        config = self._config
        late = config.minutes is not None and state.seconds >= 60 * config.minutes
        stuck = state.epoch - state.best_epoch >= config.patience
        return state.epoch < config.epochs and not late and not stuck

    def _epoch(self, epoch: int, most: int, on_step: OnStep) -> float:
        import torch

        # Everything drawn in an epoch hangs on its number alone, so that a resumed one is the same.
        torch.manual_seed(self._config.seed * 100_003 + epoch)
        rng = Random(self._config.seed * 100_003 + epoch)
        order = list(self._pairs)
        rng.shuffle(order)
        self._loaded.model.train()
        losses = []
        done = epoch * _steps(self._pairs, self._config)
        for start in range(0, len(order), self._config.batch):
            done += 1
            for group in self._optimiser.param_groups:
                group["lr"] = self._config.rate * min(1.0, done / _WARM_UP)
            loss = self._loss(order[start : start + self._config.batch], rng)
            loss.backward()
            self._optimiser.step()
            self._optimiser.zero_grad()
            losses.append(float(loss.detach()))
            on_step(done, most)
        return sum(losses) / len(losses)

    def _held_loss(self) -> float:
        import torch

        self._loaded.model.eval()
        total = 0.0
        with torch.no_grad():
            for start in range(0, len(self._held), self._config.batch):
                part = self._held[start : start + self._config.batch]
                total += float(self._loss(part, None)) * len(part)
        return total / len(self._held)

    def _loss(self, pairs: Sequence[Pair], rng: Random | None) -> Any:
        """Mean loss a token of the names, given the titles."""
        import torch

        rows = [self._tokens(pair, rng) for pair in pairs]
        longest = max(len(question) + len(answer) for question, answer in rows)
        pad = self._loaded.tokenizer.pad_token_id
        ids, labels, mask = [], [], []
        for question, answer in rows:
            gap = longest - len(question) - len(answer)
            ids.append([*question, *answer, *[pad] * gap])
            labels.append([*[-100] * len(question), *answer, *[-100] * gap])
            mask.append([1] * (longest - gap) + [0] * gap)
        tensors = (torch.tensor(each, device=self._loaded.device) for each in (ids, labels, mask))
        input_ids, wanted, attention = tensors
        return self._loaded.model(input_ids=input_ids, attention_mask=attention, labels=wanted).loss

    def _tokens(self, pair: Pair, rng: Random | None) -> tuple[list[int], list[int]]:
        titles = list(pair.titles)
        if rng is not None:
            rng.shuffle(titles)
        shown = shown_titles(Evidence(tuple(titles)), self._config.titles)
        question = self._loaded.chat_ids(messages(shown, pair.level))
        return question, self._loaded.answer_ids(pair.name)

    def _keep(self, state: _State) -> None:
        """A checkpoint, in one step."""
        import torch

        _still_wanted(self._own)
        part = self._own / f"{_CHECKPOINT}.part"
        torch.save(
            {
                "state": vars(state),
                "weights": self._loaded.weights(),
                "optimiser": self._optimiser.state_dict(),
            },
            part,
        )
        part.replace(self._own / _CHECKPOINT)

    def _resumed(self) -> _State:
        import torch

        path = self._own / _CHECKPOINT
        if not path.is_file():
            return _State()
        try:
            kept = torch.load(path, weights_only=True, map_location=self._loaded.device)
        except Exception:  # A file that was cut off: training begins again.
            return _State()
        self._loaded.set_weights(kept["weights"])
        self._optimiser.load_state_dict(kept["optimiser"])
        return _State(**kept["state"])
