"""SIMULATED five-point ratings of many studies at once, for coverage and power.

A rating is a latent value cut at four thresholds: the person's intercept, the journey's, what the
condition does for this person, and logistic noise (a cumulative logit mixed model). The true means
are computed by drawing so many people that their error does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CUTS = np.array([-2.1, -0.8, 0.5, 1.8])


@dataclass(frozen=True)
class Components:
    """Variance components, in logits.

    Attributes:
        level: the middle of the ratings; 0.5 gives a mean of about 3 on the five points.
        person_sd, journey_sd: of random intercepts.
        effect_sd: by how much the effect of a condition differs between people.
    """

    level: float = 0.5
    person_sd: float = 0.8
    journey_sd: float = 0.8
    effect_sd: float = 0.4


def ratings(
    shape: tuple[int, int, int], effect: float, parts: Components, rng: np.random.Generator
) -> np.ndarray:
    """Ratings 1 to 5 of shape ``(studies, people, journeys, 2)``, the last over two conditions.

    Args:
        shape: studies, people, journeys.
        effect: of the second condition, in logits.
    """
    studies, people, journeys = shape
    person = parts.person_sd * rng.standard_normal((studies, people, 1, 1))
    journey = parts.journey_sd * rng.standard_normal((studies, people, journeys, 1))
    own = effect + parts.effect_sd * rng.standard_normal((studies, people, 1))
    latent = np.broadcast_to(parts.level + person + journey, (*shape, 2)).copy()
    latent[..., 1] += own
    latent += rng.logistic(size=latent.shape)
    return np.asarray(1 + (latent[..., None] > CUTS).sum(axis=-1), dtype=np.int8)


def truth(effect: float, parts: Components, *, people: int = 400_000, seed: int = 99) -> np.ndarray:
    """Expected share of each point by condition, shape ``(2, 5)``, over all people and journeys.

    The noise is integrated exactly, the intercepts by quasi-random normal draws.
    """
    from scipy.stats import norm, qmc

    draws = norm.ppf(np.clip(qmc.Halton(3, seed=seed).random(people), 1e-12, 1 - 1e-12))
    base = parts.level + parts.person_sd * draws[:, 0] + parts.journey_sd * draws[:, 1]
    rows = []
    for latent in (base, base + effect + parts.effect_sd * draws[:, 2]):
        above = 1 / (1 + np.exp(CUTS[None, :] - latent[:, None]))
        edges = np.concatenate([[1.0], above.mean(axis=0), [0.0]])
        rows.append(edges[:-1] - edges[1:])
    return np.array(rows)


def effect_for(difference: float, parts: Components) -> float:
    """The effect in logits that moves the mean rating by so many points.

    Raises:
        ValueError: the scale's end is nearer than that.
    """
    from scipy.optimize import brentq

    points = np.arange(1, 6)

    def off(effect: float) -> float:
        shares = truth(effect, parts, people=20_000)
        return float((shares[1] - shares[0]) @ points - difference)

    if off(12.0) < 0 or off(-12.0) > 0:
        raise ValueError(f"a difference of {difference} points is beyond the scale's end")
    return float(brentq(off, -12.0, 12.0, xtol=1e-4))
