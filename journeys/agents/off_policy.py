"""What another way to choose would have earned, from the log of how it was chosen.

A ranking notes the chance with which each candidate was put first (``Ranked.propensity``). Rewards
are seen of the first place alone, so the value of another policy is estimated by reweighting. With
``mu`` the logged chances, ``pi`` the other policy's, ``w = pi(a|x) / mu(a|x)`` for the action ``a``
that was put first, ``r`` its reward and ``q(x, a)`` a predicted reward:

    IPS    mean of  w r                       Horvitz and Thompson 1952
    SNIPS  sum of w r  /  sum of w            Swaminathan and Joachims 2015 (self-normalised)
    DR     mean of  sum_a pi(a|x) q(x, a)  +  w (r - q(x, a))
                                              Dudik, Langford and Li 2011 (doubly robust)

IPS is unbiased where ``mu`` is right and gives every action that ``pi`` may take a chance. DR is
unbiased where ``mu`` or ``q`` is right. SNIPS is biased by the order of 1/n and varies less. Where
``pi`` takes actions that were never tried, the log says nothing of them: that is refused.
Clipped weights ``min(w, clip)`` vary less and bias towards the logged policy (Ionides 2008).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeys.agents.service import Ranking
from journeys.errors import InputError

_DRAWS = 1000
_CLOSE = 1e-6


@dataclass(frozen=True)
class Decision:
    """One logged choice among candidates.

    Attributes:
        user: whose request it was.
        chosen: place of the action that was put first.
        reward: what it earned.
        logged: chance of each candidate to be put first, as noted then; sums to 1.
        target: the same by the policy that is judged.
        predicted: reward of each candidate as foreseen by a model that has not seen this reward;
            empty where there is none.
    """

    user: str
    chosen: int
    reward: float
    logged: tuple[float, ...]
    target: tuple[float, ...]
    predicted: tuple[float, ...] = ()


@dataclass(frozen=True)
class Value:
    """An estimated mean reward.

    Attributes:
        value: the estimate.
        low, high: 95% percentile bootstrap interval over users, who are drawn whole; NaN with one
            user.
        effective: decisions that the weighted ones are worth, ``(sum w)^2 / sum w^2`` (Kish 1965).
        largest: weight.
        clipped: share of decisions whose weight was cut.
        unsupported: share of the target's choices that the logged policy never made.
    """

    value: float
    low: float
    high: float
    effective: float
    largest: float
    clipped: float
    unsupported: float


def decision_of(
    user: str,
    ranking: Ranking,
    reward: float,
    target: dict[str, float],
) -> Decision:
    """The decision that a ranking of the service was, with its own chances as predicted rewards.

    Args:
        reward: what its first action earned.
        target: chance of each action to be put first by the policy that is judged, by id.

    Raises:
        InputError: the ranking is empty, or the target has actions that it has not.
    """
    ids = [each.id for each in ranking.actions]
    if not ids or set(target) - set(ids):
        raise InputError("The other policy must choose among the actions that were ranked.")
    return Decision(
        user,
        0,
        reward,
        tuple(each.propensity for each in ranking.actions),
        tuple(target.get(each, 0.0) for each in ids),
        tuple(each.chance for each in ranking.actions),
    )


def ips(decisions: Sequence[Decision], *, clip: float | None = None, seed: int = 0) -> Value:
    """Inverse propensity scoring; see :func:`doubly_robust` for arguments and errors."""
    held = _Weighted(decisions, clip)
    return held.value(held.weights * held.rewards, np.ones(len(decisions)), seed)


def self_normalised(
    decisions: Sequence[Decision], *, clip: float | None = None, seed: int = 0
) -> Value:
    """Self-normalised IPS; see :func:`doubly_robust` for arguments and errors.

    Raises:
        InputError: the target never takes what was chosen.
    """
    held = _Weighted(decisions, clip)
    if not held.weights.any():
        raise InputError(
            "The other policy never takes what was chosen in this log, so it cannot be judged."
        )
    return held.value(held.weights * held.rewards, held.weights, seed)


def doubly_robust(
    decisions: Sequence[Decision], *, clip: float | None = None, seed: int = 0
) -> Value:
    """The doubly robust estimate; every decision needs predicted rewards.

    Args:
        clip: largest weight; None: none is cut.
        seed: of the bootstrap.

    Raises:
        InputError: there are no decisions, they are malformed, a prediction is missing, or the
            target takes actions that were never tried where it takes them.
    """
    held = _Weighted(decisions, clip)
    if any(len(each.predicted) != len(each.logged) for each in decisions):
        raise InputError("Doubly robust needs a predicted reward of every candidate.")
    direct = [
        math.fsum(p * q for p, q in zip(each.target, each.predicted, strict=True))
        for each in decisions
    ]
    foreseen = np.array([each.predicted[each.chosen] for each in decisions])
    terms = np.array(direct) + held.weights * (held.rewards - foreseen)
    return held.value(terms, np.ones(len(decisions)), seed)


class _Weighted:
    """Checked decisions with their weights."""

    def __init__(self, decisions: Sequence[Decision], clip: float | None) -> None:
        if not decisions:
            raise InputError("There are no logged decisions to judge a policy by.")
        if clip is not None and not clip > 0:
            raise InputError("A largest weight is above nought.")
        for each in decisions:
            _check(each)
        never = [
            math.fsum(p for p, m in zip(each.target, each.logged, strict=True) if m == 0)
            for each in decisions
        ]
        self.unsupported = math.fsum(never) / len(decisions)
        if self.unsupported > 0:
            raise InputError(
                f"{self.unsupported:.1%} of what the other policy chooses was never tried where it "
                "chooses it, so this log cannot judge it. Explore more when logging, or judge a "
                "policy that keeps to what was tried."
            )
        raw = np.array([each.target[each.chosen] / each.logged[each.chosen] for each in decisions])
        self.weights = raw if clip is None else np.minimum(raw, clip)
        self.clipped = float((self.weights < raw).mean())
        self.rewards = np.array([each.reward for each in decisions])
        _, self.whose = np.unique([each.user for each in decisions], return_inverse=True)

    def value(self, over: np.ndarray, under: np.ndarray, seed: int) -> Value:
        """Sum of ``over`` by sum of ``under``, with its interval over users."""
        tops, bottoms = np.bincount(self.whose, over), np.bincount(self.whose, under)
        n = len(tops)
        low = high = float("nan")
        if n > 1:
            picks = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=_DRAWS)
            with np.errstate(invalid="ignore", divide="ignore"):
                drawn = (picks @ tops) / (picks @ bottoms)
            low, high = (float(each) for each in np.nanpercentile(drawn, [2.5, 97.5]))
        squares = float((self.weights**2).sum())
        return Value(
            float(over.sum() / under.sum()),
            low,
            high,
            float(self.weights.sum() ** 2 / squares) if squares else 0.0,
            float(self.weights.max()),
            self.clipped,
            self.unsupported,
        )


def _check(each: Decision) -> None:
    n = len(each.logged)
    if len(each.target) != n or not 0 <= each.chosen < n:
        raise InputError("A logged decision needs both policies' chances of all its candidates.")
    for chances in (each.logged, each.target):
        if min(chances) < 0 or abs(math.fsum(chances) - 1) > _CLOSE:
            raise InputError("A policy's chances of a decision are at least nought and sum to 1.")
    if each.logged[each.chosen] == 0:
        raise InputError(
            "An action was chosen whose noted chance is nought: the log's chances are wrong."
        )
    if not math.isfinite(each.reward):
        raise InputError("A reward is not a number.")


__all__ = ["Decision", "Value", "decision_of", "doubly_robust", "ips", "self_normalised"]
