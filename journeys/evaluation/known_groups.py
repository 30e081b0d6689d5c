"""Whether a rater tells apart what is known to differ: validity by known groups.

It needs no human labels and does not replace them: it says that a rater is not blind, and nothing
of how far it agrees with people. (Cronbach & Meehl 1955, "Construct Validity in Psychological
Tests", group differences.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from journeys.evaluation.intervals import Interval


def auc(high: Sequence[float], low: Sequence[float]) -> float:
    """The chance that one of ``high`` is above one of ``low``, ties counting half.

    .5 is chance. (Hanley & McNeil 1982.)

    Raises:
        ValueError: one of them is empty.
    """
    if not len(high) or not len(low):
        raise ValueError("both groups need a value")
    one = np.asarray(high, dtype=np.float64)[:, None]
    other = np.asarray(low, dtype=np.float64)[None, :]
    return float(np.mean((one > other) + (one == other) / 2))


def paired_auc(
    high: Sequence[float], low: Sequence[float], *, draws: int = 2000, seed: int = 0
) -> Interval:
    """:func:`auc` with a 95% bootstrap over pairs: ``high[i]`` and ``low[i]`` are drawn together.

    Raises:
        ValueError: they differ in length or are empty.
    """
    if len(high) != len(low):
        raise ValueError(f"{len(high)} and {len(low)} values are no pairs")
    value = auc(high, low)
    one, other = np.asarray(high, dtype=np.float64), np.asarray(low, dtype=np.float64)
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(one), size=(draws, len(one)))
    drawn = [auc(one[pick], other[pick]) for pick in picks]
    bottom, top = np.percentile(drawn, [2.5, 97.5])
    return Interval(value, float(bottom), float(top))
