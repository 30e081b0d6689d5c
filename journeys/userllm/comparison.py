"""The whole comparison: which routes, at which histories, in which order of importance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from journeys.discovery.progress import Progress
from journeys.errors import ConfigError
from journeys.userllm import without_llm
from journeys.userllm.contextual import STRATEGIES, ContextConfig
from journeys.userllm.fit_config import FitConfig, Fitted
from journeys.userllm.flops import LMShape, forward_flops
from journeys.userllm.loading import Encoders, Models
from journeys.userllm.outcomes import Outcome, Row, rows
from journeys.userllm.questions import FAVOURITE, JOURNEYS, NEXT_ITEM
from journeys.userllm.running import Bench
from journeys.userllm.tables import LONG_TEXT, TEXT_ROUTE
from journeys.userllm.worlds import World, film_world

#: Newest events that are known.
HISTORIES = (10, 50, 100, 200)
#: A text prompt is trained with these, as the paper's TP10 and TP50, and asked with any.
TEXT_HISTORIES = (10, 50)

PARTS = ("main", "flops", "strategies", "long")


@dataclass(frozen=True)
class Plan:
    """What to compare.

    Attributes:
        people: asked about.
        examples: people that each route learns from, all with all their questions.
        cuts: of the history of each person to learn from.
        adapted: upper layers of the language model that get low-rank weights; 0 for all.
        seed: of candidates, people, weights and order.
        base: the language model, by name or folder.
        dtype: of its frozen weights.
        small: train a small language model on the histories and take that one; every route then
            trains all of it.
        small_epochs: passes of that training over the histories.
        parts: of :data:`PARTS`.
    """

    people: int = 40
    examples: int = 120
    cuts: int = 1
    adapted: int = 15
    seed: int = 0
    base: str = "smollm2-135m"
    dtype: str = "bfloat16"
    small: bool = False
    small_epochs: int = 1
    parts: tuple[str, ...] = PARTS

    def __post_init__(self) -> None:
        if self.cuts < 1:
            raise ConfigError(f"cuts must be at least 1, not {self.cuts}")

    @property
    def strategy(self) -> str:
        """Of the main routes."""
        return "full" if self.small else "lora"

    def config(self, route: str, strategy: str | None = None, **more: Any) -> FitConfig:
        """How a route is trained."""
        chosen: dict[str, Any] = {
            "examples": self.examples,
            "seed": self.seed,
            "dtype": self.dtype,
        }
        if self.small:
            chosen |= {"prior": False, "batch": 4, "rate_llm": 5e-4, "dtype": "float32"}
        if self.small and self.cuts > 1:
            # With so many examples the right answer's own words teach more than the choice among a
            # few: they are held against all that could be said. The frozen encoder makes steps
            # cheap, and gates are open from the first.
            chosen |= {"batch": 32, "candidates": 2, "writing": 2.0, "rate_llm": 1e-3}
            chosen |= {"frozen": True, "gate": 0.5}
        return FitConfig(
            context=ContextConfig(route=route, adapted=0 if self.small else self.adapted),
            strategy=strategy or self.strategy,
            **{
                "histories": TEXT_HISTORIES if route == "text" else HISTORIES,
                **chosen,
                **more,
            },
        )


@dataclass(frozen=True)
class Baseline:
    """A route without a language model, at one history (0 for all) on one task."""

    route: str
    history: int
    task: str
    judge: Callable[[], without_llm.Judge]


@dataclass
class Comparison:
    """Routes on one world.

    Attributes:
        bench: trains and asks.
        encoder: gives the encoder, pretrained or random.
        shape: of the language model, for operations.
        baselines: routes without a language model.
        histories: newest events that are known.
        found: rows so far.
        answers: outcomes by route and history, for differences.
        fits: what each training took, by route.
    """

    plan: Plan
    bench: Bench
    encoder: Callable[[bool], Any]
    shape: Callable[[], LMShape]
    baselines: tuple[Baseline, ...]
    histories: tuple[int, ...] = HISTORIES
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
        world = film_world(
            log, cached_encoder(), people=plan.people, cuts=plan.cuts, seed=plan.seed
        )
        encoder = Encoders(world, folder / f"films-encoder-{plan.seed}.ckpt", plan.seed)
        models = Models(_base(plan, world, folder, progress), settings.models_dir)
        bench = Bench(world, models, encoder, models.identity, folder, progress)
        data, learnt = world.data, world.learnt
        tags = np.concatenate([np.zeros((1, len(log.tag_names)), dtype=bool), log.item_tags])
        liked = data.ids["rating"] > log.liked_from
        share = liked_share(tags, data.ids["item"][learnt & liked])

        def neighbours() -> without_llm.Judge:
            similarity = cosine_similarity(data, learnt, shrink=10)
            return without_llm.by_items(Neighbours(k=100, half=20).score(data, similarity))

        def by_popularity() -> without_llm.Judge:
            return without_llm.by_items(popularity(data, learnt))

        def counted(history: int) -> Baseline:
            names = log.tag_names
            return Baseline(
                "counting",
                history,
                FAVOURITE,
                lambda: without_llm.by_counting(data, tags, names, share, history),
            )

        def encoded(history: int) -> Baseline:
            return Baseline(
                "encoder alone",
                history,
                NEXT_ITEM,
                lambda: without_llm.by_encoder(encoder(True), data, history),
            )

        baselines = (
            Baseline("popularity", 0, NEXT_ITEM, by_popularity),
            Baseline("item-kNN", 0, NEXT_ITEM, neighbours),
            *_general(world, encoder, FAVOURITE, HISTORIES),
            *(counted(history) for history in HISTORIES),
            *(encoded(history) for history in HISTORIES),
        )
        return cls(plan, bench, encoder, models.shape, baselines)

    @classmethod
    def interests(
        cls, plan: Plan, log: Path, column: str, progress: Progress | None = None
    ) -> Comparison:
        """On a labelled log: which interests are a person's, by their names.

        Args:
            log: the file.
            column: that names each event's group.

        Raises:
            InputError: the log cannot be read, or is too small.
            ModelError: packages or the language model are missing.
        """
        from journeys.cli.evaluate.ctr import cached_encoder
        from journeys.evaluation.labelled import read_labelled
        from journeys.settings import Settings
        from journeys.userllm.interests import interest_world

        settings = Settings.from_environment()
        read, truth = read_labelled(log, column)
        world = interest_world(
            read, truth, cached_encoder(), people=plan.people, cuts=plan.cuts, seed=plan.seed
        )
        folder = settings.home / "benchmarks" / "userllm"
        encoder = Encoders(world, folder / f"interests-encoder-{plan.seed}.ckpt", plan.seed)
        models = Models(_base(plan, world, folder, progress), settings.models_dir)
        bench = Bench(world, models, encoder, models.identity, folder, progress)
        some = HISTORIES[:3]
        baselines = tuple(_general(world, encoder, JOURNEYS, some))
        return cls(plan, bench, encoder, models.shape, baselines, some)

    def run(self, *, only_kept: bool = False) -> Iterator[Row]:
        """Every row, as soon as it is known; the most important first.

        Args:
            only_kept: leave out what would have to be trained or asked.
        """
        yield from self._without_llm()
        for route, config, history in self._planned():
            if only_kept and not self.bench.is_kept(config, history):
                continue
            asked = self.bench.ask(config, history)
            self.fits[route] = self.bench.fit(config)[1]
            self.answers[route, history] = asked.outcomes
            yield from self._add(rows(route, history, asked.outcomes, asked.seconds))

    def _planned(self) -> Iterator[tuple[str, FitConfig, int]]:
        """A history of every route first, so that a run that ends early has compared them."""
        plan, first = self.plan, self.histories[-2]
        if "main" in plan.parts:
            for history in (first, *(each for each in self.histories if each != first)):
                yield "soft prompt", plan.config("soft"), history
                yield TEXT_ROUTE, plan.config("text"), history
                yield "cross-attention", plan.config("cross"), history
        if "flops" in plan.parts:
            for history in (first, *(each for each in self.histories if each != first)):
                longer = plan.config("soft", examples=self._equal())
                yield "soft prompt, equal FLOPs", longer, history
        if "long" in plan.parts:
            for history in (first, *(each for each in self.histories if each != first)):
                yield LONG_TEXT, plan.config("text", histories=HISTORIES), history
        if "strategies" in plan.parts:
            random = plan.config("soft", pretrained=False)
            yield "soft prompt, random encoder", random, first
            for strategy in (each for each in STRATEGIES if each != plan.strategy):
                more = {"frozen": False} if strategy == "enc" else {}
                yield f"soft prompt, {strategy}", plan.config("soft", strategy, **more), first
            if plan.config("soft").frozen:
                thawed = plan.config("soft", frozen=False)
                yield f"soft prompt, {plan.strategy}, with the encoder", thawed, first

    def _equal(self) -> int:
        """Examples of the soft prompt whose training takes the operations of the text route's."""
        if not {TEXT_ROUTE, "soft prompt"} <= self.fits.keys():
            return self.plan.examples
        text, soft = self.fits[TEXT_ROUTE], self.fits["soft prompt"]
        return round(self.plan.examples * text.flops / soft.flops)

    def _without_llm(self) -> Iterator[Row]:
        for each in self.baselines:
            found = without_llm.outcomes(self.bench.world.test, each.task, each.judge())
            known = self.answers.get((each.route, each.history), ())
            self.answers[each.route, each.history] = (*known, *found)
            yield from self._add(rows(each.route, each.history, found, 0.0))

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


def _base(plan: Plan, world: World, folder: Path, progress: Progress | None) -> str:
    """The language model's name, or the folder of the small one, trained if it is not there."""
    if not plan.small:
        return plan.base
    from journeys.userllm.running import BEGIN
    from journeys.userllm.small_llm import SmallConfig, train_small_llm

    # It is no route, and learns from everybody: the same one for every seed of the comparison.
    config = SmallConfig(epochs=plan.small_epochs)
    own = folder / f"{world.name}-small-{config.epochs}"
    if not (own / "config.json").is_file():
        train_small_llm(world, own, config, progress, more=(BEGIN,))
    return str(own)


def _general(
    world: World, encoder: Callable[[bool], Any], task: str, histories: Sequence[int]
) -> list[Baseline]:
    """The commonest answer, and a probe of the encoder's vectors."""

    def probed(history: int) -> Baseline:
        return Baseline(
            "encoder + probe",
            history,
            task,
            lambda: without_llm.by_probe(encoder(True), world.data, world.train, task, history),
        )

    common = Baseline(
        "commonest answer", 0, task, lambda: without_llm.most_frequent(world.train, task)
    )
    return [common, *map(probed, histories)]
