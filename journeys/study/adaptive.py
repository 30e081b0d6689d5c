"""Which level of specificity to show next, so that a person's own is learnt fastest.

A person has a preferred level ``mu`` anywhere from 1 to 5. A name of level ``l`` is felt to be
``l - mu`` too specific, give or take noise of standard deviation ``sigma``; what is felt beyond
``width`` to either side is called too specific or too broad (ordinal probit). Identification falls
with ``|l - mu|`` (cumulative logit). With probability ``lapse`` an answer has nothing to do with
the level, so that no single answer can rule anything out. The posterior over all four is kept on a
grid. The next level is the one whose answer is expected to tell most about ``mu``, the others
being averaged over.

Sources: Kontsevich & Tyler 1999, Vision Research 39:2729 (the psi method: grid and expected
entropy); Prins 2013, J. Vision 13(7):3 (psi-marginal: nuisance parameters averaged over); Watson
2017, J. Vision 17(3):10 (QUEST+: several outcomes); the lapse mixture after Wichmann & Hill 2001.
The group's prior is fitted by expectation maximisation (empirical Bayes: Efron & Morris 1975).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import erf
from typing import Any

import numpy as np

LEVELS = (1, 2, 3, 4, 5)
SPECIFICITY = (-1, 0, 1)
IDENTIFICATION = (1, 2, 3, 4, 5)

#: The grid; preferences a little beyond the scale are people for whom no name is narrow enough.
MU = np.round(np.linspace(0.6, 5.4, 49), 6)
SIGMA = (0.3, 0.6, 1.1)
WIDTH = (0.45, 0.8, 1.2)
LAPSE = (0.02, 0.12, 0.35, 0.9)

#: Identification in logits: thresholds between its points at a perfect level, and what a level
#: off costs. Journeys differ in how much they are the person's, so it says little of the level.
_THRESHOLDS = np.array([-2.6, -1.3, 0.0, 1.3])
_COST = 0.9

#: Standard deviation by which a preference may move from one answer to the next.
DRIFT = 0.04

_FLOOR = 1e-300


@dataclass(frozen=True)
class Answer:
    """What a person said of a name; None for a question that was not answered."""

    level: int
    specificity: int | None = None
    identification: int | None = None

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"level must be 1 to 5, not {self.level}")
        if self.specificity not in (None, *SPECIFICITY):
            raise ValueError(f"specificity must be -1, 0 or 1, not {self.specificity}")
        if self.identification not in (None, *IDENTIFICATION):
            raise ValueError(f"identification must be 1 to 5, not {self.identification}")


@dataclass(frozen=True)
class Learned:
    """What is known of a person's preferred level.

    Attributes:
        level: the posterior mean rounded, 1 to 5: the person's default.
        mean, low, high: posterior mean and central 95 % interval.
        answers: how many it rests on.
        group_share: share of the prior's variance that is left: near 1 the group speaks, near 0
            the person.
        at_random: posterior probability that most answers have nothing to do with the level.
    """

    level: int
    mean: float
    low: float
    high: float
    answers: int
    group_share: float
    at_random: float


# --- the model --------------------------------------------------------------------------------


@cache
def likelihood() -> np.ndarray:
    """P(specificity, identification | level, mu, nuisance): shape ``(5, M, V, 3, 5)``.

    ``V`` runs over (sigma, width, lapse) as :func:`nuisance` lists them.
    """
    sigma, width, lapse = (nuisance()[:, at] for at in range(3))
    off = np.array(LEVELS)[:, None, None] - MU[None, :, None]
    broad = _normal_cdf((-width - off) / sigma)
    narrow = _normal_cdf((off - width) / sigma)
    three = np.stack([broad, np.maximum(1 - broad - narrow, 0.0), narrow], axis=-1)
    three /= three.sum(axis=-1, keepdims=True)
    above = 1 / (1 + np.exp(_THRESHOLDS - (1.0 - _COST * np.abs(off))[..., None]))
    edges = np.concatenate([np.ones_like(off)[..., None], above, np.zeros_like(off)[..., None]], -1)
    five = edges[..., :-1] - edges[..., 1:]
    joint = three[..., :, None] * five[..., None, :]
    mixed: np.ndarray = (1 - lapse)[:, None, None] * joint + lapse[:, None, None] / 15
    return mixed


@cache
def nuisance() -> np.ndarray:
    """The grid of (sigma, width, lapse), shape ``(V, 3)``."""
    return np.array([(s, w, p) for s in SIGMA for w in WIDTH for p in LAPSE])


def answer_likelihood(answer: Answer) -> np.ndarray:
    """P(answer | mu, nuisance), shape ``(M, V)``; what was not answered is summed over."""
    table = likelihood()[answer.level - 1]
    if answer.specificity is None:
        table = table.sum(axis=-2, keepdims=True)
    else:
        table = table[..., [answer.specificity + 1], :]
    table = (
        table.sum(axis=-1)
        if answer.identification is None
        else table[..., answer.identification - 1]
    )
    return np.asarray(table[..., 0])


def _normal_cdf(z: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * (1 + np.vectorize(erf)(z / np.sqrt(2.0))))


# --- belief -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prior:
    """The group's preferences: a normal over ``mu``, and weights over the nuisance grid.

    Attributes:
        mean, sd: of the preferred level in the group.
        weights: shape ``(V,)``, sum 1.
        people: participants it was fitted to; 0 for the one to start with.
    """

    mean: float
    sd: float
    weights: np.ndarray
    people: int = 0

    def grid(self) -> np.ndarray:
        """Shape ``(M, V)``, sum 1."""
        return np.asarray(_normal(self.mean, self.sd)[:, None] * self.weights[None, :])

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; the inverse of :meth:`from_dict`, to the last bit."""
        return {
            "mean": self.mean,
            "sd": self.sd,
            "weights": self.weights.tolist(),
            "people": self.people,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Prior:
        """A prior that was kept.

        Raises:
            ValueError: it is of another grid than :func:`nuisance`.
        """
        weights = np.array(values["weights"], dtype=float)
        if weights.shape != (len(nuisance()),):
            raise ValueError(f"a prior has {len(nuisance())} weights, not {weights.shape}")
        return cls(float(values["mean"]), float(values["sd"]), weights, int(values["people"]))


#: Where a study begins: the middle of the scale, and nobody excluded. Most people lapse little.
_START_MEAN, _START_SD = 3.0, 1.1


def start() -> Prior:
    """The prior before anybody has answered."""
    few = dict(zip(LAPSE, (0.4, 0.35, 0.2, 0.05), strict=True))
    weights = np.array([few[lapse] for _, _, lapse in nuisance()])
    return Prior(_START_MEAN, _START_SD, weights / weights.sum())


def _normal(mean: float, sd: float) -> np.ndarray:
    log = -0.5 * ((MU - mean) / sd) ** 2
    weights = np.exp(log - log.max())
    return np.asarray(weights / weights.sum())


@cache
def _movement(drift: float) -> np.ndarray:
    """How a preference moves between two answers, shape ``(M, M)``, columns sum to 1."""
    kernel = np.exp(-0.5 * ((MU[:, None] - MU[None, :]) / max(drift, 1e-9)) ** 2)
    return np.asarray(kernel / kernel.sum(axis=0, keepdims=True))


def updated(belief: np.ndarray, probability: np.ndarray, *, drift: float = DRIFT) -> np.ndarray:
    """The belief after an answer: Bayes' rule, then the preference may have moved.

    Args:
        belief, probability: shape ``(..., M, V)``; prior, and likelihood of the answer.
    """
    product = belief * probability
    product /= np.maximum(product.sum(axis=(-2, -1), keepdims=True), _FLOOR)
    return np.asarray(np.matmul(_movement(drift), product)) if drift > 0 else product


def information(belief: np.ndarray) -> np.ndarray:
    """Expected information about ``mu`` in the answer to each level, in nats.

    The mutual information of the answer and ``mu``, the nuisance averaged over (psi-marginal).

    Args:
        belief: shape ``(..., M, V)``.

    Returns:
        Shape ``(..., 5)``.
    """
    flat = belief.reshape(-1, len(MU), belief.shape[-1])
    tables = _outcomes()  # (M, V, 5 * 15)
    joint = np.matmul(flat.transpose(1, 0, 2), tables).transpose(1, 0, 2)
    joint = joint.reshape(len(flat), len(MU), len(LEVELS), -1)
    over_mu = flat.sum(axis=2)[:, :, None]
    marginal = joint.sum(axis=1)
    own = -(joint * np.log(np.maximum(joint, _FLOOR))).sum(axis=(1, 3))
    own += (over_mu * np.log(np.maximum(over_mu, _FLOOR))).sum(axis=1)
    whole = -(marginal * np.log(np.maximum(marginal, _FLOOR))).sum(axis=2)
    return np.asarray((whole - own).reshape(*belief.shape[:-2], len(LEVELS)))


@cache
def _outcomes() -> np.ndarray:
    table = likelihood().reshape(len(LEVELS), len(MU), len(nuisance()), -1)
    return np.ascontiguousarray(table.transpose(1, 2, 0, 3).reshape(len(MU), len(nuisance()), -1))


def learned(belief: np.ndarray, answers: int, prior: Prior) -> Learned:
    """What a belief of shape ``(M, V)`` says in words that a page can show."""
    over_mu = belief.sum(axis=1)
    mean = float(over_mu @ MU)
    spread = float(over_mu @ (MU - mean) ** 2)
    before = prior.grid().sum(axis=1)
    at_first = float(before @ (MU - before @ MU) ** 2)
    low, high = np.interp([0.025, 0.975], np.cumsum(over_mu), MU)
    random = float(belief[:, nuisance()[:, 2] > 0.5].sum())
    return Learned(
        level=int(np.clip(np.floor(mean + 0.5), 1, 5)),
        mean=mean,
        low=float(min(low, mean)),
        high=float(max(high, mean)),
        answers=answers,
        group_share=float(min(1.0, spread / at_first)),
        at_random=random,
    )


# --- the policy -------------------------------------------------------------------------------


@dataclass(frozen=True)
class LevelPolicy:
    """Chooses levels for one person at a time; holds no state between calls.

    Attributes:
        prior: of the group that the person comes from.
        drift: standard deviation by which a preference may move between two answers.
    """

    prior: Prior
    drift: float = DRIFT

    @classmethod
    def of_group(cls, others: Iterable[Sequence[Answer]]) -> LevelPolicy:
        """A policy whose prior is what other participants have taught; with none, the start."""
        return cls(group_prior(others))

    def belief(self, answers: Iterable[Answer]) -> np.ndarray:
        """The posterior after a person's answers, shape ``(M, V)``, sum 1."""
        belief = self.prior.grid()
        for answer in answers:
            belief = updated(belief, answer_likelihood(answer), drift=self.drift)
        return belief

    def next(self, answers: Sequence[Answer], allowed: Sequence[int] = LEVELS) -> int:
        """The level to show next, of those that the design tests.

        Of levels that tell equally much the one nearest to the preferred is taken.
        """
        if not allowed or not set(allowed) <= set(LEVELS):
            raise ValueError(f"levels must be among 1 to 5, not {list(allowed)}")
        belief = self.belief(answers)
        gain = information(belief)
        mean = float(belief.sum(axis=1) @ MU)
        best = max(gain[level - 1] for level in allowed)
        good = [level for level in sorted(allowed) if gain[level - 1] >= best - 1e-9]
        return min(good, key=lambda level: abs(level - mean))

    def learned(self, answers: Sequence[Answer]) -> Learned:
        """The person's default level, with how sure one can be of it."""
        return learned(self.belief(answers), len(answers), self.prior)


def group_prior(people: Iterable[Sequence[Answer]], *, rounds: int = 60) -> Prior:
    """The group's prior from everybody's answers, by expectation maximisation.

    :func:`start` counts like four participants, so that a small group cannot claim to know more
    than it does; so a person's estimate is drawn to the group the more, the less they have said.
    """
    tables = []
    for answers in people:
        if answers:
            log = np.sum([np.log(answer_likelihood(answer)) for answer in answers], axis=0)
            tables.append(np.exp(log - log.max()))
    return fitted(np.array(tables), rounds=rounds) if tables else start()


#: Participants that the starting prior counts for.
_PSEUDO = 4.0

#: Answers of a group are never so equal that nobody could differ.
_LEAST_SD = 0.25


def fitted(tables: np.ndarray, *, rounds: int = 60) -> Prior:
    """:func:`group_prior` of likelihoods of shape ``(people, M, V)``, each up to a factor."""
    first = start()
    mean, sd, weights = first.mean, first.sd, first.weights
    for _ in range(rounds):
        belief = tables * Prior(mean, sd, weights).grid()
        belief /= np.maximum(belief.sum(axis=(1, 2), keepdims=True), _FLOOR)
        # Who answers at random says nothing about the group's preferences.
        heard = 1 - belief[:, :, nuisance()[:, 2] > 0.5].sum(axis=(1, 2))
        over_mu = belief.sum(axis=2)
        own = over_mu @ MU
        total = heard.sum() + _PSEUDO
        before = mean
        mean = float((heard @ own + _PSEUDO * _START_MEAN) / total)
        square = (over_mu * (MU[None, :] - mean) ** 2).sum(axis=1)
        sd = float(np.sqrt((heard @ square + _PSEUDO * _START_SD**2) / total))
        sd = max(sd, _LEAST_SD)
        weights = (belief.sum(axis=(0, 1)) + _PSEUDO * first.weights) / (len(tables) + _PSEUDO)
        if abs(mean - before) < 1e-4:
            break
    return Prior(mean, sd, weights, people=len(tables))
