"""Training a route on people's questions: seeded, resumable, with the same command everywhere."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from journeys.discovery.progress import Progress, Silent, check
from journeys.errors import ConfigError, InputError, ModelError
from journeys.userllm.branches import plant
from journeys.userllm.contextual import STRATEGIES, ContextConfig, ContextualLM
from journeys.userllm.flops import LMShape, training_flops
from journeys.userllm.prompts import Priors, Prompts
from journeys.userllm.questions import Person
from journeys.userllm.sequences import EncoderData

CONFIG_FILE = "fit.json"
WEIGHTS_FILE = "weights.safetensors"
_CHECKPOINT = "checkpoint.pt"
#: Share of the steps over which the learning rate rises.
_WARM_UP = 0.1
_CLIP = 1.0


@dataclass(frozen=True)
class FitConfig:
    """How a route is trained. Equal settings on equal data give equal weights on one machine.

    Attributes:
        context: how the user gets into the model.
        strategy: one of :data:`~journeys.userllm.contextual.STRATEGIES`.
        histories: how many newest events are known, drawn anew for each example; 0 is all.
        shown: of them as text besides the latents. The route text shows what is known.
        examples: people asked about, with all their questions; more than there are means that
            they are asked again, with other wrong answers.
        batch: people a step.
        candidates: answers of each question while training, one of them right.
        writing: weight of the plain loss of the right answer, a token, beside the choice's.
        rate: learning rate of what tells of the user.
        rate_encoder, rate_lora, rate_llm: of the other parts.
        seed: of weights, order and draws.
        dtype: of what is frozen. With ``full`` the weights stay float32 and the passes are in it.
        pretrained: whether the encoder was; told for the record.
        encoder: the encoder's hash; likewise.
    """

    context: ContextConfig = field(default_factory=ContextConfig)
    strategy: str = "lora"
    histories: tuple[int, ...] = (10, 50, 100, 200)
    shown: int = 0
    examples: int = 120
    batch: int = 2
    candidates: int = 5
    writing: float = 0.1
    rate: float = 2e-3
    rate_encoder: float = 1e-4
    rate_lora: float = 1e-3
    rate_llm: float = 2e-5
    seed: int = 0
    dtype: str = "float32"
    pretrained: bool = True
    encoder: str = ""

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise ConfigError(
                f"the strategy must be one of {', '.join(STRATEGIES)}: {self.strategy!r}"
            )
        for name in ("examples", "batch"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.candidates < 2:
            raise ConfigError(f"candidates must be at least 2, not {self.candidates}")
        if not self.histories or min(self.histories) < 0:
            raise ConfigError(f"histories must be 0 or more events each: {self.histories}")
        if self.dtype not in ("float32", "bfloat16"):
            raise ConfigError(f"the dtype must be float32 or bfloat16: {self.dtype!r}")

    @property
    def steps(self) -> int:
        """Of the whole training."""
        return -(-self.examples // self.batch)

    def told(self, history: int) -> int:
        """Events told as text where ``history`` are known; 0 of which means all of them."""
        return history or 10**9 if self.context.route == "text" else self.shown

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {**asdict(self), "histories": list(self.histories)}

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> FitConfig:
        """The opposite of :meth:`to_dict`."""
        return cls(
            **{
                **found,
                "context": ContextConfig(**found["context"]),
                "histories": tuple(found["histories"]),
            }
        )


@dataclass
class Fitted:
    """What a training took.

    Attributes:
        step: steps done.
        seconds: of the steps.
        tokens: into the language model, latents and padding left out.
        flops: analytic; see :mod:`journeys.userllm.flops`.
        losses: of each step, nats.
    """

    step: int = 0
    seconds: float = 0.0
    tokens: int = 0
    flops: float = 0.0
    losses: list[float] = field(default_factory=list)


class Trainer:
    """Trains one model on one set of people.

    Args:
        model: fresh; the trainer chooses what of it is trained.
        data: whose events the people know.
        prompts: how they are asked.
        priors: of all the answers.
        config: how.
        folder: for checkpoints and the result.
    """

    def __init__(
        self,
        model: ContextualLM,
        data: EncoderData,
        people: Sequence[Person],
        prompts: Prompts,
        priors: Priors,
        config: FitConfig,
        folder: Path,
    ) -> None:
        if not people:
            raise InputError("There is nobody to learn from.")
        self.model, self.config = model, config
        self._data, self._people = data, people
        self._prompts, self._priors = prompts, priors
        self._folder = folder
        model.choose(config.strategy)
        rates = {
            "llm": config.rate_llm,
            "lora": config.rate_lora,
            "encoder": config.rate_encoder,
            "context": config.rate,
        }
        groups: list[dict[str, Any]] = [
            {"params": weights, "lr": rates[part], "base": rates[part]}
            for part, named in model.parts().items()
            if (weights := [weight for _, weight in named if weight.requires_grad])
        ]
        self._weights = [weight for group in groups for weight in group["params"]]
        self._optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
        self._shape = LMShape.of(model.llm)

    def run(
        self, progress: Progress | None = None, *, keep_every: float = 60.0, stop_at: int = 0
    ) -> Fitted:
        """Train to the end, or go on with a training that was stopped.

        Args:
            progress: told of each step.
            keep_every: seconds between checkpoints.
            stop_at: end after this step with a checkpoint; 0 for all steps.

        Raises:
            Cancelled: as ``progress`` asked; what was trained so far is kept.
        """
        told = progress or Silent()
        state = self._resumed()
        last = min(stop_at or self.config.steps, self.config.steps)
        told.stage("fit", state.step, self.config.steps)
        kept = time.monotonic()
        try:
            while state.step < last:
                check(told)
                begun = time.perf_counter()
                state.losses.append(self._step(state))
                state.seconds += time.perf_counter() - begun
                state.step += 1
                told.update(state.step)
                if time.monotonic() - kept > keep_every:
                    self._keep(state)
                    kept = time.monotonic()
        finally:
            self._keep(state)
        return state

    def _step(self, state: Fitted) -> float:
        config, step = self.config, state.step
        # Everything drawn in a step hangs on its number alone, so that a resumed one is the same.
        rng = np.random.default_rng([config.seed, 1 + step])
        for group in self._optimiser.param_groups:
            group["lr"] = group["base"] * _pace((step + 1) / config.steps)
        people = self._drawn(step)
        self.model.train()
        if self.model.encoder is not None and config.strategy == "proj":
            self.model.encoder.eval()
        with torch.random.fork_rng():
            torch.manual_seed(config.seed * 100_003 + step)
            loss, read = self._loss(people, rng)
            loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._weights, _CLIP)
        self._optimiser.step()
        self._optimiser.zero_grad()
        self.model.eval()
        state.tokens += sum(read)
        everything = config.strategy == "full"
        state.flops += sum(training_flops(self._shape, each, full=everything) for each in read)
        return float(loss.detach())

    def _drawn(self, step: int) -> list[Person]:
        """The step's people: each once before anybody comes again."""
        places = range(step * self.config.batch, (step + 1) * self.config.batch)
        chosen = []
        for place in places:
            round_, at = divmod(place, len(self._people))
            order = np.random.default_rng([self.config.seed, 0, round_]).permutation(
                len(self._people)
            )
            chosen.append(self._people[order[at]])
        return chosen

    def _loss(self, people: Sequence[Person], rng: np.random.Generator) -> tuple[Tensor, list[int]]:
        """Mean over questions of choosing right and writing it, and the tokens that were read."""
        config = self.config
        histories = rng.choice(np.array(config.histories), len(people)).tolist()
        asked = [
            [each.fewer(config.candidates, rng) for each in person.questions] for person in people
        ]
        trees = [
            self._prompts.tree(person, questions, config.told(history))
            for person, questions, history in zip(people, asked, histories, strict=True)
        ]
        batch = plant(trees, slots=config.context.slots)
        events = None
        if self.model.encoder is not None:
            events = self._data.batch(
                [person.last(history) for person, history in zip(people, histories, strict=True)]
            )
        with self._precision():
            chances = self.model(batch, events)
        lengths = torch.bincount(batch.answer, minlength=batch.n_answers).to(chances.device)
        total = chances.new_zeros(())
        count = 0
        for found, length, questions in zip(
            batch.by_branch(chances), batch.by_branch(lengths), asked, strict=True
        ):
            for values, many, question in zip(found, length, questions, strict=True):
                right = question.right.index(True)
                gained = values - self._priors.of(question).to(values.device)
                total = total - gained.log_softmax(0)[right]
                total = total - config.writing * values[right] / many[right]
                count += 1
        read = [
            config.context.slots
            + len(tree.trunk)
            + sum(
                len(branch.question) + sum(len(answer) - 1 for answer in branch.answers)
                for branch in tree.branches
            )
            for tree in trees
        ]
        return total / count, read

    def _precision(self) -> Any:
        half = self.config.strategy == "full" and self.config.dtype == "bfloat16"
        return torch.autocast(self.model.device.type, torch.bfloat16, enabled=half)

    def _keep(self, state: Fitted) -> None:
        """A checkpoint, in one step."""
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f"{_CHECKPOINT}.part"
        torch.save(
            {
                "config": self.config.to_dict(),
                "state": vars(state),
                "weights": self.model.trained(),
                "optimiser": self._optimiser.state_dict(),
            },
            part,
        )
        part.replace(self._folder / _CHECKPOINT)

    def _resumed(self) -> Fitted:
        path = self._folder / _CHECKPOINT
        if not path.is_file():
            return Fitted()
        try:
            kept = torch.load(path, weights_only=True, map_location=self.model.device)
        except Exception:  # A file that was cut off: training begins again.
            return Fitted()
        if kept["config"] != self.config.to_dict():
            raise ConfigError(
                f"{self._folder} holds a training with other settings. Choose another folder."
            )
        self.model.put(kept["weights"])
        self._optimiser.load_state_dict(kept["optimiser"])
        return Fitted(**kept["state"])


def _pace(done: float) -> float:
    """Factor of the learning rate: up, then down to nought."""
    return min(done / _WARM_UP, (1 - done) / (1 - _WARM_UP) + 1e-3, 1.0)


def save_fit(model: ContextualLM, config: FitConfig, fitted: Fitted, folder: Path) -> None:
    """The trained weights and how they came about; the checkpoint goes."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file(model.trained(), folder / WEIGHTS_FILE)
    card = {"config": config.to_dict(), "fitted": vars(fitted)}
    part = folder / f"{CONFIG_FILE}.part"
    part.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    part.replace(folder / CONFIG_FILE)
    (folder / _CHECKPOINT).unlink(missing_ok=True)


def read_fit(folder: Path) -> tuple[FitConfig, Fitted]:
    """What :func:`save_fit` said of a training.

    Raises:
        ModelError: nothing was trained to the end there.
    """
    try:
        found = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        return FitConfig.from_dict(found["config"]), Fitted(**found["fitted"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"There is no finished training in {folder}.") from error


def load_fit(llm: Any, encoder: Any, folder: Path) -> ContextualLM:
    """A trained model, ready to answer.

    Args:
        llm: the language model that it was trained on, untouched.
        encoder: as it was before; its trained weights are put in.

    Raises:
        ModelError: nothing was trained to the end there.
    """
    from safetensors.torch import load_file

    config, _ = read_fit(folder)
    model = ContextualLM(llm, encoder, config.context)
    model.choose(config.strategy)
    model.put(load_file(folder / WEIGHTS_FILE))
    return model.eval()
