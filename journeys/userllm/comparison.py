"""The whole comparison: which routes, at which histories, in which order of importance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from journeys.discovery.progress import Progress
from journeys.userllm import without_llm
from journeys.userllm.contextual import ContextConfig
from journeys.userllm.fitting import FitConfig, Fitted
from journeys.userllm.flops import LMShape, forward_flops
from journeys.userllm.outcomes import Outcome, Row, rows
from journeys.userllm.questions import FAVOURITE, NEXT_ITEM
from journeys.userllm.running import Bench
from journeys.userllm.worlds import World, film_world

#: Newest events that are known.
HISTORIES = (10, 50, 100, 200)
#: A text prompt is trained with these, as the paper's TP10 and TP50, and asked with any.
TEXT_HISTORIES = (10, 50)

PARTS = ("main", "flops", "strategies")

#: Shorter than :mod:`journeys.userllm.pretraining` would train: chosen by time, not by score.
_PRETRAINING = {"epochs": 5, "batch": 16, "rate": 2e-3}


@dataclass(frozen=True)
class Plan:
    """What to compare.

    Attributes:
        people: asked about.
        examples: people that each route learns from, all with all their questions.
        adapted: upper layers of the language model that get low-rank weights; 0 for all.
        seed: of candidates, people, weights and order.
        base: the language model, by name or folder.
        dtype: of its frozen weights.
        parts: of :data:`PARTS`.
    """

    people: int = 60
    examples: int = 160
    adapted: int = 15
    seed: int = 0
    base: str = "smollm2-135m"
    dtype: str = "bfloat16"
    parts: tuple[str, ...] = PARTS

    def config(self, route: str, strategy: str = "lora", **more: Any) -> FitConfig:
        """How a route is trained."""
        return FitConfig(
            context=ContextConfig(route=route, adapted=self.adapted),
            strategy=strategy,
            histories=TEXT_HISTORIES if route == "text" else HISTORIES,
            **{"examples": self.examples, "seed": self.seed, "dtype": self.dtype, **more},
        )


@dataclass
class Comparison:
    """Routes on one world.

    Attributes:
        bench: trains and asks.
        encoder: gives the encoder, pretrained or random.
        shape: of the language model, for operations.
        found: rows so far.
        answers: outcomes by route and history, for differences.
        fits: what each training took, by route.
    """

    plan: Plan
    bench: Bench
    encoder: Callable[[bool], Any]
    shape: Callable[[], LMShape]
    counting: Callable[[int], without_llm.Judge]
    scorers: dict[str, without_llm.Judge]
    found: list[Row] = field(default_factory=list)
    answers: dict[tuple[str, int], tuple[Outcome, ...]] = field(default_factory=dict)
    fits: dict[str, Fitted] = field(default_factory=dict)

    @classmethod
    def films(cls, plan: Plan, progress: Progress | None = None) -> Comparison:
        """On ML-100k, with everything kept under the data home.

        Raises:
            InputError: the data cannot be fetched.
            ModelError: packages or the language model are missing.
        """
        from journeys.cli.evaluate.ctr import cached_encoder
        from journeys.ranking.ml100k import fetch_ml100k, read_ml100k
        from journeys.settings import Settings
        from journeys.userllm.baselines import Neighbours, cosine_similarity, popularity
        from journeys.userllm.films import liked_share

        settings = Settings.from_environment()
        log = read_ml100k(fetch_ml100k(settings.home / "data" / "ml-100k"))
        folder = settings.home / "benchmarks" / "userllm"
        world = film_world(log, cached_encoder(), people=plan.people, seed=plan.seed)
        encoder = _Encoders(world, folder / f"films-encoder-{plan.seed}.ckpt", plan.seed)
        models = _Models(plan.base, settings.models_dir)
        bench = Bench(world, models, encoder, models.identity, folder, progress)
        data = world.data
        tags = np.concatenate([np.zeros((1, len(log.tag_names)), dtype=bool), log.item_tags])
        liked = data.ids["rating"] > log.liked_from
        share = liked_share(tags, data.ids["item"][world.learnt & liked])
        neighbours = Neighbours(k=100, half=20).score(
            data, cosine_similarity(data, world.learnt, shrink=10)
        )
        return cls(
            plan,
            bench,
            encoder,
            models.shape,
            lambda history: without_llm.by_counting(data, tags, log.tag_names, share, history),
            {
                "popularity": without_llm.by_items(popularity(data, world.learnt)),
                "item-kNN": without_llm.by_items(neighbours),
            },
        )

    def run(self, *, only_kept: bool = False) -> Iterator[Row]:
        """Every row, as soon as it is known; the most important first.

        Args:
            only_kept: leave out what would have to be trained or asked.
        """
        yield from self._without_llm()
        for route, config, histories in self._planned():
            for history in histories:
                if only_kept and not self.bench.is_kept(config, history):
                    continue
                asked = self.bench.ask(config, history)
                self.fits[route] = self.bench.fit(config)[1]
                self.answers[route, history] = asked.outcomes
                yield from self._add(rows(route, history, asked.outcomes, asked.seconds))

    def _planned(self) -> Iterator[tuple[str, FitConfig, tuple[int, ...]]]:
        plan = self.plan
        if "main" in plan.parts:
            yield "soft prompt", plan.config("soft"), HISTORIES
            yield "text", plan.config("text"), HISTORIES
            yield "cross-attention", plan.config("cross"), HISTORIES
        if "flops" in plan.parts:
            yield "soft prompt, equal FLOPs", plan.config("soft", examples=self._equal()), HISTORIES
        if "strategies" in plan.parts:
            some = (100,)
            yield "soft prompt, random encoder", plan.config("soft", pretrained=False), some
            for strategy in ("enc", "proj", "full"):
                yield f"soft prompt, {strategy}", plan.config("soft", strategy), some

    def _equal(self) -> int:
        """Examples of the soft prompt whose training takes the operations of the text route's."""
        if not {"text", "soft prompt"} <= self.fits.keys():
            return self.plan.examples
        text, soft = self.fits["text"], self.fits["soft prompt"]
        return round(self.plan.examples * text.flops / soft.flops)

    def _without_llm(self) -> Iterator[Row]:
        world, encoder = self.bench.world, self.encoder(True)
        ask = without_llm.outcomes
        for name, judge in self.scorers.items():
            yield from self._keep(name, 0, ask(world.test, NEXT_ITEM, judge))
        commonest = without_llm.most_frequent(world.train, FAVOURITE)
        yield from self._keep("commonest answer", 0, ask(world.test, FAVOURITE, commonest))
        for history in HISTORIES:
            judge = without_llm.by_encoder(encoder, world.data, history)
            yield from self._keep("encoder", history, ask(world.test, NEXT_ITEM, judge))
            judge = without_llm.by_probe(encoder, world.data, world.train, FAVOURITE, history)
            yield from self._keep("encoder + probe", history, ask(world.test, FAVOURITE, judge))
            counted = ask(world.test, FAVOURITE, self.counting(history))
            yield from self._keep("counting", history, counted)

    def _keep(self, route: str, history: int, outcomes: list[Outcome]) -> list[Row]:
        self.answers[route, history] = tuple(outcomes)
        return self._add(rows(route, history, outcomes, 0.0))

    def _add(self, fresh: list[Row]) -> list[Row]:
        self.found += fresh
        return fresh

    def tables(self) -> str:
        """Markdown: scores, what a prompt costs, what a training took, differences."""
        from journeys.userllm.tables import comparison_tables

        shape = self.shape() if self.fits else None
        cost = {
            round(row.tokens): forward_flops(shape, round(row.tokens))
            for row in self.found
            if shape is not None and row.tokens
        }
        return comparison_tables(self.found, self.answers, self.fits, cost)


class _Encoders:
    """The pretrained encoder, made when first asked for, and random ones of its shape."""

    def __init__(self, world: World, checkpoint: Path, seed: int) -> None:
        self._world, self._checkpoint, self._seed = world, checkpoint, seed
        self._made: Any = None

    def __call__(self, pretrained: bool) -> Any:
        from journeys.userllm.encoder import UserEncoder
        from journeys.userllm.pretraining import PretrainingConfig, pretrain

        config = PretrainingConfig(**_PRETRAINING)  # type: ignore[arg-type]
        if not pretrained:
            with torch.random.fork_rng():
                torch.manual_seed(self._seed)
                return UserEncoder(config.encoder(self._world.data)).eval()
        if self._made is None:
            world = self._world
            self._made, _ = pretrain(
                world.data, world.learnt, world.valid, config, checkpoint=self._checkpoint
            )
        return deepcopy(self._made)


class _Models:
    """The language model: read once, then copied, since training may change it."""

    def __init__(self, base: str, models_dir: Path) -> None:
        from journeys.naming.tuning.model import Base

        self._base = Base.of(base, models_dir)
        self._read: dict[str, tuple[Any, Any]] = {}

    @property
    def identity(self) -> str:
        """Name and hash."""
        return f"{self._base.name} {self._base.sha256()[:12]}"

    def __call__(self, dtype: str) -> tuple[Any, Any]:
        from journeys.naming.tuning.model import LoadedModel

        if dtype not in self._read:
            loaded = LoadedModel(self._base, dtype=dtype)
            self._read = {dtype: (loaded.model, loaded.tokenizer)}
        model, tokenizer = self._read[dtype]
        return deepcopy(model), tokenizer

    def shape(self) -> LMShape:
        """For counting operations."""
        from journeys.naming.tuning.model import LoadedModel

        for model, _ in self._read.values():
            return LMShape.of(model)
        return LMShape.of(LoadedModel(self._base).model)
