"""Means over users, each counting the same, with a bootstrap interval over users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: With fewer users an interval would say more than is known; their figures are shown one by one.
FEWEST_FOR_INTERVAL = 5


@dataclass(frozen=True)
class Interval:
    """A mean over users with its percentile bootstrap interval; all NaN where nobody has it."""

    mean: float
    low: float
    high: float


def macro_mean(values: Sequence[float], *, draws: int = 2000, seed: int = 0) -> Interval:
    """The mean over users and its 95% percentile bootstrap interval over users.

    Raises:
        ValueError: there is no user.
    """
    sample = np.asarray(values, dtype=np.float64)
    if not len(sample):
        raise ValueError("there is no user to average over")
    picks = np.random.default_rng(seed).integers(0, len(sample), size=(draws, len(sample)))
    low, high = np.percentile(sample[picks].mean(axis=1), [2.5, 97.5])
    return Interval(float(sample.mean()), float(low), float(high))


def macro_mean_known(values: Sequence[float], *, draws: int = 2000) -> Interval:
    """:func:`macro_mean` over the users whose value is not NaN; NaN where there is none."""
    known = [value for value in values if not np.isnan(value)]
    return macro_mean(known, draws=draws) if known else Interval(np.nan, np.nan, np.nan)
