"""Trying what is uncertain, within a budget, with the chance of each choice noted.

``thompson`` draws weights from the beliefs and takes the best of the draw; ``ucb`` takes the
candidate with the highest upper bound (LinUCB's bonus, Li et al. 2010, on the logit). A share of
rankings, the budget, may explore; all others are by the mean. The chance with which the first place
was given is known exactly, so that what is logged can be reweighted later (inverse propensities).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeys.agents.rows import Guess
from journeys.errors import ConfigError

POLICIES = ("greedy", "thompson", "ucb")


@dataclass(frozen=True)
class Exploration:
    """How to explore.

    Attributes:
        policy: one of :data:`POLICIES`.
        budget: share of rankings that may explore, 0 to 1.
        bonus: of ``ucb``, in standard deviations.
        draws: of ``thompson``; an exploring ranking follows one of them.
    """

    policy: str = "greedy"
    budget: float = 0.1
    bonus: float = 1.0
    draws: int = 64

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise ConfigError(
                f"There is no policy {self.policy!r}. Choose one of {', '.join(POLICIES)}."
            )
        if not 0 <= self.budget <= 1 or self.bonus < 0 or self.draws < 1:
            raise ConfigError("A budget is from 0 to 1, a bonus at least 0, draws at least 1.")


@dataclass(frozen=True)
class Choice:
    """An order of candidates.

    Attributes:
        order: positions, the best first.
        explored: whether the order is not that of the means alone.
        propensity: shape ``(n,)``: chance of each candidate to be put first.
    """

    order: tuple[int, ...]
    explored: bool
    propensity: tuple[float, ...]


def choose(guesses: Sequence[Guess], how: Exploration, seed: Sequence[int]) -> Choice:
    """Order candidates; the same seed gives the same order.

    Ties go to the candidate that was named first.
    """
    if not guesses:
        return Choice((), False, ())
    means = np.array([each.mean for each in guesses])
    greedy = np.argsort(-means, kind="stable")
    first = np.zeros(len(means))
    first[greedy[0]] = 1.0
    if how.policy == "greedy" or how.budget == 0:
        return Choice(tuple(greedy.tolist()), False, tuple(first.tolist()))
    rng = np.random.default_rng(list(seed))
    spread = np.sqrt([each.variance for each in guesses])
    if how.policy == "ucb":
        drawn = (means + how.bonus * spread)[None, :]
    else:
        drawn = means + spread * rng.standard_normal((how.draws, len(means)))
    best = np.bincount(drawn.argmax(axis=1), minlength=len(means)) / len(drawn)
    propensity = (1.0 - how.budget) * first + how.budget * best
    if rng.random() >= how.budget:
        return Choice(tuple(greedy.tolist()), False, tuple(propensity.tolist()))
    order = np.argsort(-drawn[rng.integers(len(drawn))], kind="stable")
    return Choice(tuple(order.tolist()), True, tuple(propensity.tolist()))
