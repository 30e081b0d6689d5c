"""Means, shares and differences over participants, each with interval, number and assumption.

Answers of one participant depend on each other, so the participant is the unit: first each one's
own mean, then the mean of those, each participant counting the same. The functions named ``*_rows``
work on many samples at once, shape ``(samples, participants)``, which is what the coverage bench
and the power simulation call: what is measured there is what the analysis does.

Which interval: ``docs/results-study.md`` has the measured coverage of those tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

#: With fewer participants an interval would rest on next to nothing, and none is given.
FEWEST = 3

#: Draws of the bootstrap.
DRAWS = 1999

NAN = float("nan")

#: The normal distribution's quantile at .975.
NORMAL = 1.959963984540054


@dataclass(frozen=True)
class Estimate:
    """A figure with how sure one can be of it.

    Attributes:
        name: what it is of, in words.
        value, low, high: with the 95 % interval; NaN where there is too little.
        n: participants behind it.
        answers: answers behind it.
        assumes: what must hold for the interval, in words.
        query: how it is computed from the long format.
        p: two-sided p-value of "no difference"; NaN for a figure that is no difference.
    """

    name: str
    value: float
    low: float
    high: float
    n: int
    answers: int
    assumes: str
    query: str
    p: float = NAN


BOOTSTRAP_T = (
    "Participants are independent draws of those that the study is about. Each counts the same. "
    "95% interval: bootstrap over participants, studentised (Efron & Tibshirani 1993, ch. 12.5)."
)
STUDENT = (
    "Participants are independent; the mean of their own differences is near normal. 95% interval "
    "and test: Student's t on one difference a participant."
)
WELCH = (
    "Participants are independent, and each saw one condition only. 95% interval and test: "
    "Welch's t on one mean a participant."
)
SHARE = (
    "Participants are independent; each counts the same. 95% interval: Agresti & Coull's (1998, "
    "one hit and one miss added), with the number of answers reduced to as many as would say as "
    "much were they independent (Korn & Graubard 1998), and Student's t for the normal quantile. "
    "Where nearly all say the same no interval can be exact, and this one is rather too wide."
)

MEDIAN = (
    "Participants are independent. 95% interval: two of their values, by the sign test, whatever "
    "the distribution; it holds the median in at least 95% of studies (Conover 1999, ch. 3.2)."
)

#: Hits and misses added together, half of each. Chosen of 1.25 to 3 by simulation.
_ADDED = 2.0


def t_rows(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and Student's 95 % interval of each row of shape ``(samples, n)``."""
    n = samples.shape[1]
    mean = samples.mean(axis=1)
    half = t_quantile(n - 1) * samples.std(axis=1, ddof=1) / np.sqrt(n)
    return mean, mean - half, mean + half


def percentile_rows(
    samples: np.ndarray, *, draws: int = DRAWS, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and percentile bootstrap interval of each row; too narrow for few participants."""
    drawn, _ = _drawn(samples, draws, seed)
    low, high = np.percentile(drawn, [2.5, 97.5], axis=1)
    return samples.mean(axis=1), low, high


def bootstrap_t_rows(
    samples: np.ndarray, *, draws: int = DRAWS, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and studentised bootstrap interval of each row of shape ``(samples, n)``.

    Where nothing varies the interval is the point.
    """
    n = samples.shape[1]
    mean = samples.mean(axis=1)
    error = samples.std(axis=1, ddof=1) / np.sqrt(n)
    drawn, spread = _drawn(samples, draws, seed)
    # A draw of one value over and over has no spread; it is as far out as can be.
    gap = drawn - mean[:, None]
    endless = np.where(gap > 1e-12, np.inf, np.where(gap < -1e-12, -np.inf, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(spread > 1e-12, gap / spread, endless)
    low, high = np.quantile(ratio, [0.025, 0.975], axis=1, method="inverted_cdf")
    # With very few participants a quantile may be without bound; Student's takes its place.
    most = t_quantile(n - 1) * 4
    low, high = np.clip(low, -most, 0), np.clip(high, 0, most)
    return mean, mean - high * error, mean - low * error


def _drawn(samples: np.ndarray, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of bootstrap samples and their standard errors, shape ``(samples, draws)``."""
    n = samples.shape[1]
    weights = _weights(n, draws, seed)
    centred = samples - samples.mean(axis=1, keepdims=True)
    mean = centred @ weights.T
    square = (centred**2) @ weights.T
    variance = np.maximum(square - mean**2, 0.0) * n / max(n - 1, 1)
    return mean + samples.mean(axis=1, keepdims=True), np.sqrt(variance / n)


@lru_cache(maxsize=64)
def _weights(n: int, draws: int, seed: int) -> np.ndarray:
    """Shares that each of n participants has in each draw, shape ``(draws, n)``."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.multinomial(n, np.full(n, 1 / n), size=draws) / n)


@lru_cache(maxsize=4096)
def t_quantile(freedom: int, level: float = 0.975) -> float:
    """Student's quantile."""
    from scipy.stats import t

    return float(t.ppf(level, freedom))


def mean(
    own: Sequence[float] | np.ndarray, name: str, query: str, *, answers: int, seed: int = 0
) -> Estimate:
    """The mean over participants, from each one's own mean (NaN: has none)."""
    values = _known(own)
    if len(values) < FEWEST:
        value = float(values.mean()) if len(values) else NAN
        return Estimate(name, value, NAN, NAN, len(values), answers, BOOTSTRAP_T, query)
    value, low, high = (float(part[0]) for part in bootstrap_t_rows(values[None, :], seed=seed))
    return Estimate(name, value, low, high, len(values), answers, BOOTSTRAP_T, query)


def median(own: np.ndarray, name: str, query: str, *, answers: int = 0) -> Estimate:
    """The median over participants, with an interval between two of their values.

    Of fewer than six there is none: the least and the most hold the median less often than 95%.
    """
    from scipy.stats import binom

    values = np.sort(_known(own))
    n = len(values)
    if not n:
        return Estimate(name, NAN, NAN, NAN, 0, answers, MEDIAN, query)
    # As many values may be left out at each end as are below the median by chance in 2.5%.
    left = int(binom.ppf(0.025, n, 0.5))
    out = left if binom.cdf(left, n, 0.5) <= 0.025 else left - 1
    low, high = (values[out], values[n - 1 - out]) if out >= 0 else (NAN, NAN)
    return Estimate(
        name, float(np.median(values)), float(low), float(high), n, answers or n, MEDIAN, query
    )


def share_rows(hits: np.ndarray, totals: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of participants' own shares with its interval; shapes ``(samples, n)``, totals >= 1."""
    n = hits.shape[1]
    own = hits / totals
    value = own.mean(axis=1)
    variance = own.var(axis=1, ddof=1) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = value * (1 - value) / variance
    # Nothing varies: a participant is worth one answer, which cannot claim too much. There is no
    # bound above: where answers seem more than independent it is by chance, for which the
    # quantile already allows.
    worth = np.where(variance > 0, np.maximum(worth, 1.0), float(n))
    quantile = np.full(len(value), t_quantile(n - 1))
    # One answer each: their variance follows from the share, and nothing is left to estimate.
    single = (totals == 1).all(axis=1)
    worth[single], quantile[single] = float(n), NORMAL
    middle = (value * worth + _ADDED / 2) / (worth + _ADDED)
    half = quantile * np.sqrt(middle * (1 - middle) / (worth + _ADDED))
    return value, np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def share(
    hits: Sequence[float] | np.ndarray, totals: Sequence[float] | np.ndarray, name: str, query: str
) -> Estimate:
    """The mean of participants' own shares, from each one's hits out of totals."""
    yes, of = np.asarray(hits, dtype=np.float64), np.asarray(totals, dtype=np.float64)
    yes, of = yes[of > 0], of[of > 0]
    answers = int(of.sum())
    if len(of) < FEWEST:
        value = float((yes / of).mean()) if len(of) else NAN
        return Estimate(name, value, NAN, NAN, len(of), answers, SHARE, query)
    value, low, high = (float(part[0]) for part in share_rows(yes[None, :], of[None, :]))
    return Estimate(name, value, low, high, len(of), answers, SHARE, query)


def paired_rows(differences: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean difference with Student's interval and p of each row of shape ``(samples, n)``."""
    from scipy.stats import t

    n = differences.shape[1]
    value, low, high = t_rows(differences)
    error = differences.std(axis=1, ddof=1) / np.sqrt(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(error > 0, np.abs(value) / error, np.where(value == 0, 0.0, np.inf))
    return value, low, high, np.asarray(2 * t.sf(ratio, n - 1))


def paired(own: Sequence[float] | np.ndarray, name: str, query: str, *, answers: int) -> Estimate:
    """The mean of participants' own differences, with test."""
    values = _known(own)
    if len(values) < FEWEST:
        value = float(values.mean()) if len(values) else NAN
        return Estimate(name, value, NAN, NAN, len(values), answers, STUDENT, query)
    value, low, high, p = (float(part[0]) for part in paired_rows(values[None, :]))
    return Estimate(name, value, low, high, len(values), answers, STUDENT, query, p)


def unpaired(
    one: Sequence[float] | np.ndarray,
    other: Sequence[float] | np.ndarray,
    name: str,
    query: str,
    *,
    answers: int,
) -> Estimate:
    """Difference of the means of two groups of participants, one less other, with Welch's test."""
    from scipy.stats import ttest_ind

    a, b = _known(one), _known(other)
    n = len(a) + len(b)
    if min(len(a), len(b)) < FEWEST or a.var() + b.var() == 0:
        value = float(a.mean() - b.mean()) if len(a) and len(b) else NAN
        return Estimate(name, value, NAN, NAN, n, answers, WELCH, query)
    test = ttest_ind(a, b, equal_var=False)
    low, high = test.confidence_interval(0.95)
    value = float(a.mean() - b.mean())
    return Estimate(
        name, value, float(low), float(high), n, answers, WELCH, query, float(test.pvalue)
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's (1979) step-down adjustment; NaN stays and does not count."""
    known = [(p, at) for at, p in enumerate(p_values) if not np.isnan(p)]
    adjusted = [NAN] * len(p_values)
    highest = 0.0
    for rank, (p, at) in enumerate(sorted(known)):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        adjusted[at] = highest
    return adjusted


def _known(own: Sequence[float] | np.ndarray) -> np.ndarray:
    values = np.asarray(own, dtype=np.float64)
    return np.asarray(values[~np.isnan(values)])
