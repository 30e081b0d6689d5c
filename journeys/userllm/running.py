"""Training routes and asking them, each part kept as soon as it is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from journeys.discovery.progress import Progress
from journeys.userllm.contextual import ContextConfig, ContextualLM
from journeys.userllm.fit_config import FitConfig, Fitted
from journeys.userllm.fit_files import CONFIG_FILE, load_fit, read_fit, save_fit
from journeys.userllm.fitting import Trainer
from journeys.userllm.outcomes import Outcome, Row, Told, ask_all, prompt_seconds, rows
from journeys.userllm.prompts import NoPriors, Priors, Prompts
from journeys.userllm.worlds import World

#: People whose prompts are timed.
_TIMED = 7

#: The words that a soft prompt begins as.
BEGIN = "What follows is about one person, of whom this is known, and what they like.\n"


@dataclass(frozen=True)
class Asked:
    """A route at a history.

    Attributes:
        outcomes: of every person and question.
        seconds: median wall time of reading a prompt.
    """

    outcomes: tuple[Outcome, ...]
    seconds: float


class Bench:
    """Routes on one world with one language model.

    Everything lies under ``folder`` by the hash of what it hangs on, so that a comparison that was
    stopped goes on, and that a changed setting is another training.

    Args:
        world: the data and people.
        load_llm: gives the language model untouched, and its tokenizer; called for each training,
            since training may change the model.
        encoder: gives the encoder; its argument says whether pretrained or random.
        identity: what tells this model and encoder from others.
        folder: for results.
        progress: told of everything.
    """

    def __init__(
        self,
        world: World,
        load_llm: Callable[[str], tuple[Any, Any]],
        encoder: Callable[[bool], Any],
        identity: str,
        folder: Path,
        progress: Progress | None = None,
    ) -> None:
        self.world = world
        self._load_llm, self._encoder = load_llm, encoder
        self._identity, self._folder, self._progress = f"{identity} {world.key}", folder, progress
        self._priors: dict[str, Priors] = {}

    def fit(self, config: FitConfig) -> tuple[FitConfig, Fitted]:
        """Train a route unless it was; returns what was trained.

        Raises:
            Cancelled: as the progress asked; the same call goes on.
        """
        config = replace(config, encoder=self._encoder_id(config))
        folder = self.folder_of(config)
        if not (folder / CONFIG_FILE).is_file():
            priors = self._known_priors(config)
            llm, tokenizer = self._fresh(config)
            encoder = None
            if config.context.route != "text":
                encoder = self._encoder(config.pretrained)
            import torch

            with torch.random.fork_rng():
                torch.manual_seed(config.seed)
                model = ContextualLM(llm, encoder, config.context)
                prompts = Prompts(tokenizer, self.world.wording)
                model.begin_with(prompts.ids(BEGIN))
                trainer = Trainer(
                    model,
                    self.world.data,
                    self.world.examples,
                    prompts,
                    priors,
                    config,
                    folder,
                )
            fitted = trainer.run(self._progress)
            save_fit(model, config, fitted, folder)
        return read_fit(folder)

    def ask(self, config: FitConfig, history: int) -> Asked:
        """Ask a trained route about everybody, or go on with it."""
        config, _ = self.fit(config)
        folder = self.folder_of(config)
        path = folder / f"asked-{history}.jsonl"
        timed = folder / f"seconds-{history}.json"
        done = _read(path)
        known = {each.person for each in done}
        missing = [person for person in self.world.test if person.id not in known]
        if missing or not timed.is_file():
            priors = self._known_priors(config)
            model, prompts = self.load(config)
            told = Told(history, config.told(history))
            with path.open("a", encoding="utf-8") as file:

                def keep(outcomes: list[Outcome]) -> None:
                    file.write("".join(f"{json.dumps(asdict(each))}\n" for each in outcomes))
                    file.flush()

                ask_all(
                    model,
                    self.world.data,
                    missing,
                    prompts,
                    priors,
                    told,
                    progress=self._progress,
                    on_person=keep,
                )
            seconds = prompt_seconds(
                model, self.world.data, self.world.test[:_TIMED], prompts, told
            )
            timed.write_text(json.dumps(seconds), encoding="utf-8")
        order = {person.id: at for at, person in enumerate(self.world.test)}
        found = [each for each in _read(path) if each.person in order]
        found.sort(key=lambda each: order[each.person])
        return Asked(tuple(found), float(json.loads(timed.read_text(encoding="utf-8"))))

    def is_kept(self, config: FitConfig, history: int) -> bool:
        """Whether a route was trained and asked about everybody at a history."""
        folder = self.folder_of(replace(config, encoder=self._encoder_id(config)))
        done = {each.person for each in _read(folder / f"asked-{history}.jsonl")}
        return (folder / f"seconds-{history}.json").is_file() and done >= {
            person.id for person in self.world.test
        }

    def rows(self, route: str, config: FitConfig, history: int) -> list[Row]:
        """A line a task of the comparison."""
        asked = self.ask(config, history)
        return rows(route, history, asked.outcomes, asked.seconds)

    def load(self, config: FitConfig) -> tuple[ContextualLM, Prompts]:
        """A route that was trained."""
        config = replace(config, encoder=self._encoder_id(config))
        llm, tokenizer = self._fresh(config)
        encoder = None if config.context.route == "text" else self._encoder(config.pretrained)
        model = load_fit(llm, encoder, self.folder_of(config))
        return model, Prompts(tokenizer, self.world.wording)

    def folder_of(self, config: FitConfig) -> Path:
        """Where a training and its answers are kept."""
        told = json.dumps([self._identity, config.to_dict()], sort_keys=True)
        key = blake2b(told.encode(), digest_size=5).hexdigest()
        name = f"{config.context.route}-{config.strategy}-{config.examples}-s{config.seed}-{key}"
        return self._folder / self.world.name / name

    def _encoder_id(self, config: FitConfig) -> str:
        if config.context.route == "text":
            return ""
        return f"{self._identity} {'pretrained' if config.pretrained else 'random'}"

    def _fresh(self, config: FitConfig) -> tuple[Any, Any]:
        # Whole training moves the weights themselves, which stay float32; see FitConfig.dtype.
        return self._load_llm("float32" if config.strategy == "full" else config.dtype)

    def _known_priors(self, config: FitConfig) -> Priors | NoPriors:
        """All priors, worked out once."""
        if not config.prior:
            return NoPriors()
        dtype = config.dtype
        if dtype not in self._priors:
            llm, tokenizer = self._load_llm(dtype)
            plain = ContextualLM(llm, None, ContextConfig(route="text")).eval()
            key = blake2b(f"{self._identity} {dtype}".encode(), digest_size=5).hexdigest()
            path = self._folder / self.world.name / f"priors-{key}.json"
            kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
            priors = Priors(plain, Prompts(tokenizer, self.world.wording), kept)
            if priors.learn(self.world.questions):
                path.parent.mkdir(parents=True, exist_ok=True)
                part = path.with_suffix(".part")
                part.write_text(json.dumps(priors.known), encoding="utf-8")
                part.replace(path)
            self._priors[dtype] = priors
        return self._priors[dtype]


def _read(path: Path) -> list[Outcome]:
    """Outcomes that were kept; a line that was cut off is dropped, with its person."""
    if not path.is_file():
        return []
    found = []
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        kept.append(line if line.endswith("\n") else f"{line}\n")
        row["likelihood"], row["prior"] = tuple(row["likelihood"]), tuple(row["prior"])
        found.append(Outcome(**row))
    if "".join(kept) != path.read_text(encoding="utf-8"):
        path.write_text("".join(kept), encoding="utf-8")
    return found
