"""How well raters agree: people with each other, and anybody with people.

Raters give units (a name, a journey) a value on a scale. Two questions are answered from the same
ratings: how reliable the people are (Krippendorff's alpha over all of them, the ceiling for
anybody else), and how close one rater, such as a language model, comes to them (every pair of its
rating and a person's). Intervals come from a bootstrap over clusters of units (journeys, people),
since names of one journey are not independent.

Source of alpha: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability". The package of
that name is under the GPL, so it serves the tests as the oracle only. Kappa is Cohen's (1968) with
quadratic weights.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from journeys.evaluation.intervals import Interval

Metric = Literal["nominal", "ordinal"]

_UNKNOWN = Interval(np.nan, np.nan, np.nan)

#: With fewer clusters a bootstrap says more than is known, and no interval is given.
_FEWEST_CLUSTERS = 5


@dataclass(frozen=True)
class Rating:
    """One rater's value for one unit.

    Attributes:
        unit: what was rated.
        cluster: what units depend on each other through, e.g. the journey.
        value: place on the scale, from 0.
    """

    unit: str
    cluster: str
    rater: str
    value: int


@dataclass(frozen=True)
class Agreement:
    """How well raters agree. NaN where a figure is not defined, e.g. when nothing varies.

    Attributes:
        pairs: pairs of values of one unit by two raters.
        units, clusters, raters: how many have such a pair.
        alpha: Krippendorff's, with a 95% interval over clusters.
        kappa: Cohen's with quadratic weights over the pairs; NaN on a nominal scale.
        spearman, kendall: rank correlation over the pairs (tau-b); NaN on a nominal scale.
        exact: share of pairs with equal values.
        bias: mean of the one minus the other value, with its interval; NaN on a nominal scale,
            and between people, who have no order.
    """

    pairs: int
    units: int
    clusters: int
    raters: int
    alpha: Interval
    kappa: float
    spearman: float
    kendall: float
    exact: float
    bias: Interval


def between(
    ratings: Iterable[Rating], points: int, metric: Metric, *, draws: int = 2000, seed: int = 0
) -> Agreement:
    """How well raters agree among each other.

    Args:
        points: of the scale; values are 0 to ``points - 1``.
        metric: "ordinal" for a scale with an order, "nominal" for categories.
    """
    units = _by_unit(ratings)
    pairs = [
        (unit, own[one], own[other])
        for unit, own in units.items()
        for one, other in combinations(sorted(own), 2)
    ]
    raters = {rater for own in units.values() if len(own) > 1 for rater in own}
    table = [(cluster, list(own.values())) for (_, cluster), own in units.items()]
    return _agreement(table, pairs, len(raters), points, metric, draws, seed, ordered=False)


def against(
    ratings: Iterable[Rating],
    rater: str,
    others: Collection[str],
    points: int,
    metric: Metric,
    *,
    draws: int = 2000,
    seed: int = 0,
) -> Agreement:
    """How well one rater agrees with others: each of its values beside each of theirs.

    Alpha is that of the pairs, so that the others' disagreement among each other lowers it only
    as far as no rater could agree with all of them. See :func:`between` for the arguments.
    """
    pairs = [
        (unit, own[rater], own[other])
        for unit, own in _by_unit(ratings).items()
        if rater in own
        for other in sorted(own)
        if other in others and other != rater
    ]
    table = [(cluster, [one, other]) for (_, cluster), one, other in pairs]
    return _agreement(table, pairs, 2, points, metric, draws, seed, ordered=True)


def krippendorff_alpha(units: Sequence[Sequence[int]], points: int, metric: Metric) -> float:
    """Krippendorff's alpha: 1 is perfect, 0 is chance; NaN where nothing varies.

    Args:
        units: the values of each unit, 0 to ``points - 1``, in any order; units with one value
            or none say nothing.
        points: of the scale.
    """
    coincidences = np.sum([_coincidences(unit, points) for unit in units], axis=0)
    return float(_alpha(np.reshape(coincidences, (1, points, points)), metric)[0])


def _coincidences(values: Sequence[int], points: int) -> np.ndarray:
    """A unit's pairs of values, shape ``(points, points)``; they sum to its number of values."""
    found = np.zeros((points, points))
    if len(values) < 2:
        return found
    counts = np.bincount(np.asarray(values), minlength=points).astype(np.float64)
    return np.asarray((np.outer(counts, counts) - np.diag(counts)) / (len(values) - 1))


def _alpha(coincidences: np.ndarray, metric: Metric) -> np.ndarray:
    """Alpha of coincidence matrices, shape ``(n, points, points)`` -> ``(n,)``."""
    totals = coincidences.sum(axis=2)
    points = totals.shape[1]
    if metric == "nominal":
        distance = np.broadcast_to(1.0 - np.eye(points), coincidences.shape)
    else:
        # Values between two points, each of these counting half.
        middle = np.cumsum(totals, axis=1) - totals / 2
        distance = (middle[:, :, None] - middle[:, None, :]) ** 2
    observed = (coincidences * distance).sum(axis=(1, 2))
    expected = (totals[:, :, None] * totals[:, None, :] * distance).sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - (totals.sum(axis=1) - 1) * observed / expected)


Unit = tuple[str, str]
Pair = tuple[Unit, int, int]


def _by_unit(ratings: Iterable[Rating]) -> dict[Unit, dict[str, int]]:
    units: dict[Unit, dict[str, int]] = {}
    for rating in ratings:
        units.setdefault((rating.unit, rating.cluster), {})[rating.rater] = rating.value
    return units


def _agreement(
    table: Sequence[tuple[str, Sequence[int]]],
    pairs: Sequence[Pair],
    raters: int,
    points: int,
    metric: Metric,
    draws: int,
    seed: int,
    *,
    ordered: bool,
) -> Agreement:
    if not pairs:
        nan = float("nan")
        return Agreement(0, 0, 0, 0, _UNKNOWN, nan, nan, nan, nan, _UNKNOWN)
    clusters = sorted({cluster for (_, cluster), _, _ in pairs})
    place = {cluster: at for at, cluster in enumerate(clusters)}
    coincidences = np.zeros((len(clusters), points, points))
    for cluster, values in table:
        if cluster in place:
            coincidences[place[cluster]] += _coincidences(values, points)
    one = np.array([pair[1] for pair in pairs])
    other = np.array([pair[2] for pair in pairs])
    where = np.array([place[cluster] for (_, cluster), _, _ in pairs])
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(clusters), size=(draws, len(clusters)))
    weights = np.stack([np.bincount(pick, minlength=len(clusters)) for pick in picks])
    drawn = _alpha(np.tensordot(weights.astype(np.float64), coincidences, axes=1), metric)
    alpha = _interval(_alpha(coincidences.sum(axis=0, keepdims=True), metric)[0], drawn, clusters)
    bias = _UNKNOWN
    ranked = metric == "ordinal"
    if ranked and ordered:
        sums = np.bincount(where, one - other, minlength=len(clusters))
        sizes = np.bincount(where, minlength=len(clusters))
        bias = _interval((one - other).mean(), weights @ sums / (weights @ sizes), clusters)
    spearman, kendall = _correlations(one, other) if ranked else (np.nan, np.nan)
    return Agreement(
        pairs=len(pairs),
        units=len({unit for unit, _, _ in pairs}),
        clusters=len(clusters),
        raters=raters,
        alpha=alpha,
        kappa=_kappa(one, other, points) if ranked else np.nan,
        spearman=spearman,
        kendall=kendall,
        exact=float(np.mean(one == other)),
        bias=bias,
    )


def _interval(value: float, drawn: np.ndarray, clusters: Sequence[str]) -> Interval:
    # A draw in which nothing varies has no alpha; it is left out as if it had not been drawn.
    known = drawn[~np.isnan(drawn)]
    if len(clusters) < _FEWEST_CLUSTERS or not len(known):
        return Interval(float(value), np.nan, np.nan)
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(float(value), float(low), float(high))


def _kappa(one: np.ndarray, other: np.ndarray, points: int) -> float:
    from sklearn.metrics import cohen_kappa_score

    if len({*one.tolist(), *other.tolist()}) < 2:
        return float("nan")
    return float(cohen_kappa_score(one, other, labels=range(points), weights="quadratic"))


def _correlations(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    from scipy.stats import kendalltau, spearmanr

    if len(set(one.tolist())) < 2 or len(set(other.tolist())) < 2:
        return float("nan"), float("nan")
    return float(spearmanr(one, other).statistic), float(kendalltau(one, other).statistic)
