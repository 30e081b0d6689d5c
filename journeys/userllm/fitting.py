"""Training a route on people's questions: seeded, resumable, with the same command everywhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from journeys.discovery.progress import Progress, Silent, check
from journeys.errors import ConfigError, InputError
from journeys.userllm.branches import plant
from journeys.userllm.contextual import ContextualLM
from journeys.userllm.cross_attention import CrossAttention
from journeys.userllm.event_states import EventStates, TimelineStates
from journeys.userllm.fit_config import FitConfig, Fitted
from journeys.userllm.fit_files import CHECKPOINT_FILE
from journeys.userllm.flops import LMShape, training_flops
from journeys.userllm.prompts import NoPriors, Priors, Prompts
from journeys.userllm.questions import Person
from journeys.userllm.sequences import EncoderData, EventBatch

#: Share of the steps over which the learning rate rises.
_WARM_UP = 0.1
_CLIP = 1.0


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
        priors: Priors | NoPriors,
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
        if isinstance(model.context, CrossAttention):
            model.context.open(config.gate)
        self._states: TimelineStates | None = None
        if config.frozen and model.encoder is not None:
            model.encoder.requires_grad_(False)
            self._states = TimelineStates.of(model.encoder, data)
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
        if self.model.encoder is not None and (config.frozen or config.strategy == "proj"):
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
        events: EventBatch | EventStates | None = None
        if self.model.encoder is not None:
            known = [
                person.last(history) for person, history in zip(people, histories, strict=True)
            ]
            events = (self._states or self._data).batch(known)
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
        part = self._folder / f"{CHECKPOINT_FILE}.part"
        torch.save(
            {
                "config": self.config.to_dict(),
                "state": vars(state),
                "weights": self.model.trained(),
                "optimiser": self._optimiser.state_dict(),
            },
            part,
        )
        part.replace(self._folder / CHECKPOINT_FILE)

    def _resumed(self) -> Fitted:
        path = self._folder / CHECKPOINT_FILE
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
