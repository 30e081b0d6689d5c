"""Routes side by side: what each answers, how many tokens it reads and how long that takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from journeys.discovery.progress import Progress, Silent, check
from journeys.evaluation.intervals import Interval, macro_mean
from journeys.userllm.branches import Branch, Tree, plant
from journeys.userllm.contextual import ContextualLM
from journeys.userllm.prompts import NoPriors, Priors, Prompts
from journeys.userllm.questions import Person, Question, score
from journeys.userllm.sequences import EncoderData


@dataclass(frozen=True)
class Told:
    """What a person is known by when a route is asked.

    Attributes:
        history: how many newest events are known; 0 for all.
        shown: how many of them are told as text.
    """

    history: int
    shown: int


@dataclass(frozen=True)
class Outcome:
    """One person's answer to one question by one route.

    Attributes:
        likelihood, prior: of each answer, nats; the score is of their difference.
        tokens: read before the answer, latents included.
        score: see :func:`journeys.userllm.questions.score`.
    """

    person: str
    task: str
    score: float
    tokens: int
    likelihood: tuple[float, ...] = ()
    prior: tuple[float, ...] = ()


@dataclass(frozen=True)
class Row:
    """A route at a history on a task: a line of the comparison.

    Attributes:
        score: mean over people; ``low`` and ``high`` its 95% bootstrap interval.
        tokens: into the language model before it answers, mean; 0 without one.
        seconds: wall time of reading them, encoder included, median; of one question.
        people: how many.
    """

    route: str
    history: int
    task: str
    score: float
    low: float
    high: float
    tokens: float
    seconds: float
    people: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


@torch.no_grad()
def ask_all(
    model: ContextualLM,
    data: EncoderData,
    people: Sequence[Person],
    prompts: Prompts,
    priors: Priors | NoPriors,
    told: Told,
    *,
    progress: Progress | None = None,
    on_person: Callable[[list[Outcome]], None] = lambda outcomes: None,
) -> list[Outcome]:
    """Ask about everybody, one pass a person.

    Args:
        on_person: told of each person's outcomes, so that a caller may keep them.

    Raises:
        Cancelled: as ``progress`` asked.
    """
    listener = progress or Silent()
    listener.stage("ask", 0, len(people))
    slots = model.config.slots
    found: list[Outcome] = []
    for at, person in enumerate(people, start=1):
        check(listener)
        tree = prompts.tree(person, person.questions, told.shown)
        batch = plant([tree], slots=slots)
        values = batch.by_branch(model(batch, _events(model, data, person, told)))[0]
        fresh = [
            _outcome(person, question, each.cpu(), priors, slots, tree, branch)
            for question, each, branch in zip(person.questions, values, tree.branches, strict=True)
        ]
        on_person(fresh)
        found += fresh
        listener.update(at)
    return found


def _events(model: ContextualLM, data: EncoderData, person: Person, told: Told) -> Any:
    return None if model.encoder is None else data.batch([person.last(told.history)])


def _outcome(
    person: Person,
    question: Question,
    values: torch.Tensor,
    priors: Priors | NoPriors,
    slots: int,
    tree: Tree,
    branch: Branch,
) -> Outcome:
    prior = priors.of(question)
    return Outcome(
        person.id,
        question.task,
        score(question, (values - prior).numpy()),
        slots + len(tree.trunk) + len(branch.question),
        tuple(round(each, 4) for each in values.tolist()),
        tuple(round(each, 4) for each in prior.tolist()),
    )


@torch.no_grad()
def prompt_seconds(
    model: ContextualLM,
    data: EncoderData,
    people: Sequence[Person],
    prompts: Prompts,
    told: Told,
) -> float:
    """Wall time of encoding a person and reading the prompt up to the first word of an answer.

    The median over people, of whom the first is asked twice, since the first call of all warms up.
    """
    spent = []
    for person in (people[0], *people):
        question = person.questions[0]
        first = prompts.branch(question).answers[0][:1]
        tree = Tree(
            prompts.trunk(person, told.shown),
            (Branch(prompts.branch(question).question, (first,)),),
        )
        batch = plant([tree], slots=model.config.slots)
        events = _events(model, data, person, told)
        begun = time.perf_counter()
        model(batch, events).tolist()  # A number on the processor: the device is done.
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent[1:])


def rows(route: str, history: int, outcomes: Sequence[Outcome], seconds: float) -> list[Row]:
    """A line a task."""
    found = []
    for task in dict.fromkeys(each.task for each in outcomes):
        own = [each for each in outcomes if each.task == task]
        mean = macro_mean([each.score for each in own])
        tokens = float(np.mean([each.tokens for each in own]))
        found.append(
            Row(route, history, task, mean.mean, mean.low, mean.high, tokens, seconds, len(own))
        )
    return found


def difference(one: Sequence[Outcome], other: Sequence[Outcome], task: str) -> Interval:
    """By how much one route beats another on the people that both were asked about."""
    first, second = (
        {each.person: each.score for each in outcomes if each.task == task}
        for outcomes in (one, other)
    )
    both = sorted(first.keys() & second.keys())
    return macro_mean([first[person] - second[person] for person in both])
