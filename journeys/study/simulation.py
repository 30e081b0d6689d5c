"""SIMULATED participants with known preferences, to test designs and analyses on. Nobody answered.

People judge names of a level, and a design tries to find the level that they prefer. They are not
those that the adaptive design assumes: journeys differ, sensitivity differs from person to person
off the design's grid, and people may drift, lapse, or answer at random. Whole simulated studies are
in :mod:`journeys.study.simulated_study`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from journeys.study import adaptive

_CUTS = np.array([-2.6, -1.3, 0.0, 1.3])


@dataclass(frozen=True)
class Kind:
    """What simulated people are like.

    Attributes:
        mean, sd: preferred level in the group, a normal cut off at 1 and 5.
        uniform: preferences even from 1 to 5 instead.
        sigma: noise of a judgement in levels; people differ by a factor, log-sd 0.25.
        width: how far off a level still feels right; people differ likewise.
        lapse: share of answers that have nothing to do with the name.
        drift: what the preference moves by from one answer to the next, in one direction.
        random: share of people who answer everything at random.
    """

    mean: float = 3.0
    sd: float = 0.8
    uniform: bool = False
    sigma: float = 0.5
    width: float = 0.75
    lapse: float = 0.03
    drift: float = 0.0
    random: float = 0.0


@dataclass
class People:
    """Simulated people, each with a preferred level that only the bench knows.

    Attributes:
        mu: shape ``(n,)``, the preferred levels now; ``drift`` moves them.
        at_random: shape ``(n,)``, who has no preference that could be found.
    """

    kind: Kind
    mu: np.ndarray
    at_random: np.ndarray
    sigma: np.ndarray
    width: np.ndarray
    rng: np.random.Generator

    def answer(self, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Specificity (-1, 0, 1) and identification (1 to 5) of names of levels, shape ``(n,)``."""
        n, rng = len(self.mu), self.rng
        felt = levels - self.mu + rng.normal(size=n) * self.sigma
        specificity = np.where(felt < -self.width, -1, np.where(felt > self.width, 1, 0))
        # Journeys are the person's to a different degree, whatever their name.
        pull = 1.1 - 0.8 * np.abs(levels - self.mu) + rng.normal(size=n) + rng.logistic(size=n)
        identification = 1 + (pull[:, None] > _CUTS).sum(axis=1)
        lapsed = self.at_random | (rng.random(n) < self.kind.lapse)
        specificity = np.where(lapsed, rng.integers(-1, 2, n), specificity)
        identification = np.where(lapsed, rng.integers(1, 6, n), identification)
        self.mu = np.clip(self.mu + self.kind.drift, 1, 5)
        return specificity, identification


def people(n: int, kind: Kind, seed: int) -> People:
    """``n`` simulated people."""
    rng = np.random.default_rng(seed)
    normal = np.clip(rng.normal(kind.mean, kind.sd, n), 1, 5)
    mu = rng.uniform(1, 5, n) if kind.uniform else normal
    return People(
        kind=kind,
        mu=mu,
        at_random=rng.random(n) < kind.random,
        sigma=kind.sigma * np.exp(0.25 * rng.normal(size=n)),
        width=kind.width * np.exp(0.25 * rng.normal(size=n)),
        rng=rng,
    )


#: "oracle" cheats: it knows the preference, and shows the level whose next answer is expected to
#: put most belief near it. It shows about how much adapting could gain at best.
Design = Literal["adaptive", "fixed", "oracle"]


@dataclass(frozen=True)
class Course:
    """How estimates went. Shapes ``(trials + 1, n)``, the first row before any answer.

    Attributes:
        error: estimate minus the preference at that time.
        sure: posterior probability that the estimate is within 0.5.
        covered: the 95 % interval holds the preference.
        at_random: shape ``(n,)``: people without a preference.
        suspected: shape ``(n,)``: posterior probability at the end of answering at random.
    """

    error: np.ndarray
    sure: np.ndarray
    covered: np.ndarray
    at_random: np.ndarray
    suspected: np.ndarray


def follow(
    group: People, design: Design, trials: int, prior: adaptive.Prior, *, seed: int = 0
) -> Course:
    """All people through one design, with one estimator for both designs.

    The fixed design shows all five levels once in every five trials, in random order, which is the
    best order a plan made beforehand can have when nothing is known of the person.
    """
    rng = np.random.default_rng(seed)
    n, grid = len(group.mu), adaptive.MU
    belief = np.repeat(prior.grid()[None], n, axis=0)
    table = adaptive.likelihood()
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def note() -> None:
        over = belief.sum(axis=2)
        mean = over @ grid
        near = np.abs(grid[None, :] - mean[:, None]) <= 0.5 + 1e-9
        below = np.cumsum(over, axis=1)
        place = np.array(
            [np.interp(mu, grid, own) for mu, own in zip(group.mu, below, strict=True)]
        )
        rows.append((mean - group.mu, (over * near).sum(axis=1), np.abs(place - 0.5) <= 0.475))

    note()
    plan = np.zeros((n, 0), dtype=np.int64)
    for trial in range(trials):
        if design == "adaptive":
            at = adaptive.information(belief).argmax(axis=1)
        elif design == "oracle":
            at = _oracle(belief, group.mu)
        else:
            if trial == plan.shape[1]:
                block = rng.permuted(np.tile(np.arange(5), (n, 1)), axis=1)
                plan = np.concatenate([plan, block], axis=1)
            at = plan[:, trial]
        specificity, identification = group.answer(at + 1.0)
        belief = adaptive.updated(belief, table[at, :, :, specificity + 1, identification - 1])
        note()
    error, sure, covered = (np.array(part) for part in zip(*rows, strict=True))
    wild = belief[:, :, adaptive.nuisance()[:, 2] > 0.5].sum(axis=(1, 2))
    return Course(error, sure, covered, group.at_random, wild)


def _oracle(belief: np.ndarray, mu: np.ndarray) -> np.ndarray:
    """The level that is expected to put most belief within 0.5 of the true ``mu``, from 0."""
    near = np.abs(adaptive.MU[None, :] - mu[:, None]) <= 0.5
    here = np.abs(adaptive.MU[None, :] - mu[:, None]).argmin(axis=1)
    table = adaptive.likelihood()
    gains = []
    for level in range(len(adaptive.LEVELS)):
        joint = np.einsum("pmv,mvo->pmo", belief, table[level].reshape(*table.shape[1:3], -1),
                          optimize=True)  # fmt: skip
        whole = joint.sum(axis=1)
        held = (joint * near[:, :, None]).sum(axis=1) / whole
        nuisance = belief[np.arange(len(mu)), here]
        nuisance = nuisance / nuisance.sum(axis=1, keepdims=True)
        chance = np.einsum("pv,pvo->po", nuisance, table[level][here].reshape(*nuisance.shape, -1))
        gains.append((chance * held).sum(axis=1))
    return np.asarray(np.argmax(gains, axis=0))


def taught(kind: Kind, participants: int, trials: int, seed: int) -> adaptive.Prior:
    """The prior after such participants have gone through the fixed design."""
    group = people(participants, kind, seed)
    rng = np.random.default_rng(seed + 1)
    log = np.zeros((participants, len(adaptive.MU), len(adaptive.nuisance())))
    for _ in range(trials):
        at = rng.integers(0, 5, participants)
        s, k = group.answer(at + 1.0)
        log += np.log(adaptive.likelihood()[at, :, :, s + 1, k - 1])
    return adaptive.fitted(np.exp(log - log.max(axis=(1, 2), keepdims=True)))
