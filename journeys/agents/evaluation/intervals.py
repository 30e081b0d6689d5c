"""Means with intervals over users, who are drawn whole, as one user's events hang together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: For a two-sided test at 5% with a power of 80%: 1.96 + 0.84.
_DETECTABLE = 2.80


@dataclass(frozen=True)
class Estimate:
    """A mean, its 95% interval over users, and the smallest effect that these data could show."""

    value: float
    low: float
    high: float
    detectable: float

    @property
    def interval(self) -> list[float]:
        return [self.low, self.high]


def detectable(low: float, high: float) -> float:
    """The smallest true effect that would be found in four of five such logs, from the width of a
    95% interval."""
    return _DETECTABLE * (high - low) / (2 * 1.96)


def user_mean(
    values: np.ndarray, users: np.ndarray, *, draws: int = 1000, seed: int = 0
) -> Estimate:
    """The mean over events ``(n,)``; users are drawn with all of their events.

    NaN where there are fewer than two users.
    """
    if not len(values):
        return Estimate(*[float("nan")] * 4)
    _, codes = np.unique(users, return_inverse=True)
    sums, counts = np.bincount(codes, values), np.bincount(codes)
    mean = float(values.mean())
    if len(sums) < 2:
        return Estimate(mean, *[float("nan")] * 3)
    picks = np.random.default_rng(seed).multinomial(
        len(sums), np.full(len(sums), 1 / len(sums)), size=draws
    )
    drawn = (picks @ sums) / (picks @ counts)
    low, high = (float(each) for each in np.percentile(drawn, [2.5, 97.5]))
    return Estimate(mean, low, high, detectable(low, high))


def losses(liked: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """Negative log likelihood of each event, in nats."""
    chances = np.clip(chances, 1e-12, 1 - 1e-12)
    return np.asarray(-np.where(liked == 1, np.log(chances), np.log1p(-chances)))
