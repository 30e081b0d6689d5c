"""What a language model is asked about a person, the same for every route, and how it is scored.

A question has a few candidate answers of which one or more are right. The model does not write: the
likelihood of each candidate orders them, which costs one pass and needs no reading of free text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

NEXT_ITEM = "next_item"
FAVOURITE = "favourite_category"
JOURNEYS = "journeys"

#: What is reported of each task.
MEASURES = {NEXT_ITEM: "MRR", FAVOURITE: "accuracy", JOURNEYS: "average precision"}


@dataclass(frozen=True)
class Question:
    """A question with its candidates.

    Attributes:
        task: :data:`NEXT_ITEM`, :data:`FAVOURITE` or :data:`JOURNEYS`.
        text: how it is put.
        answers: candidates, each different; untrusted text.
        right: which of them are; at least one and not all.
        items: ids of the answers in the data, where they are items; for routes without words.
    """

    task: str
    text: str
    answers: tuple[str, ...]
    right: tuple[bool, ...]
    items: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.right) != len(self.answers) or not 0 < sum(self.right) < len(self.right):
            raise ValueError("a question needs a right answer, a wrong one, and no other number")

    def fewer(self, count: int, rng: np.random.Generator) -> Question:
        """One right answer, drawn, and ``count - 1`` wrong ones, in a drawn order."""
        right, wrong = (np.flatnonzero(np.array(self.right) == kind) for kind in (True, False))
        chosen = [rng.choice(right), *rng.permutation(wrong)[: count - 1]]
        order = [int(chosen[at]) for at in rng.permutation(len(chosen))]
        return replace(
            self,
            answers=tuple(self.answers[at] for at in order),
            right=tuple(self.right[at] for at in order),
            items=tuple(self.items[at] for at in order) if self.items else (),
        )


@dataclass(frozen=True)
class Person:
    """Somebody who is asked about.

    Attributes:
        id: a pseudonym, or the data's own number.
        user: position in the data.
        start, known: events ``[start, known)`` of the data are known, none later.
        questions: one a task, or more.
    """

    id: str
    user: int
    start: int
    known: int
    questions: tuple[Question, ...]

    def last(self, history: int) -> tuple[int, int]:
        """The newest events, at most ``history``; 0 for all."""
        return max(self.start, self.known - history) if history else self.start, self.known


@dataclass(frozen=True)
class Wording:
    """How a person's history is told as text.

    Attributes:
        opening: the line before the events.
        line: event to its terse line, without the line's end.
    """

    opening: str
    line: Callable[[int], str]

    def history(self, start: int, known: int) -> str:
        """Some events, oldest first, a line each; '' for none."""
        if start >= known:
            return ""
        return "\n".join([self.opening, *map(self.line, range(start, known))]) + "\n"


def one_line(text: str, limit: int = 80) -> str:
    """Untrusted text as part of a line: no line's end, no sign that ends a prompt, not too long."""
    from journeys.words import plain, shorten

    return shorten(plain(text), limit).replace("<|", "< |").replace("|", "/")


def score(question: Question, values: Sequence[float] | np.ndarray) -> float:
    """How well values order the answers; 0 to 1. Ties count as the mean of their orders.

    ``next_item``: one over the rank of the right one. ``favourite_category``: whether the right
    one is first. ``journeys``: average precision over the right ones.
    """
    given = np.asarray(values, dtype=np.float64)
    right = np.array(question.right)
    if question.task == JOURNEYS:
        order = np.argsort(-given, kind="stable")
        hits = right[order]
        found = np.cumsum(hits)[hits] / (np.flatnonzero(hits) + 1)
        return float(found.mean())
    own = given[right].max()
    before = int((given[~right] > own).sum())
    ties = int((given[~right] == own).sum())
    if question.task == FAVOURITE:
        return 0.0 if before else 1 / (1 + ties)
    return float(np.mean([1 / (1 + before + at) for at in range(ties + 1)]))


def chance(question: Question) -> float:
    """The score to expect of a drawn order."""
    if question.task == FAVOURITE:
        return sum(question.right) / len(question.right)
    rng = np.random.default_rng(0)
    drawn = [score(question, rng.random(len(question.right))) for _ in range(400)]
    return float(np.mean(drawn))
