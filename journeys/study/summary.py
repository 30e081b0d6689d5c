"""Ratings in numbers, each with how sure one can be of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from journeys.store.ratings import SPECIFICITY, RatingRecord

#: "Very closely" and "extremely closely": the answers that count as identifying with a name.
CLOSE = 4


@dataclass(frozen=True)
class Share:
    """A share of ``n`` answers with its interval; all three are None when nobody answered."""

    hits: int
    n: int
    share: float | None
    low: float | None
    high: float | None


def wilson(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval of a proportion; holds up for few answers and for shares of 0 and 1.

    Source: Wilson (1927), J. Am. Stat. Assoc. 22:209-212.

    Raises:
        ValueError: not ``0 <= hits <= n`` with ``n`` above 0.
    """
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"there is no interval for {hits} of {n}")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the two sides are equal in theory and apart by rounding.
    low = 0.0 if hits == 0 else middle - half
    high = 1.0 if hits == n else middle + half
    return low, high


def close_share(records: Iterable[RatingRecord]) -> Share:
    """Share of the identification answers that are "very" or "extremely closely"."""
    answers = [r.answer.identification for r in records if r.answer.identification is not None]
    hits = sum(answer >= CLOSE for answer in answers)
    if not answers:
        return Share(0, 0, None, None, None)
    return Share(hits, len(answers), hits / len(answers), *wilson(hits, len(answers)))


def close_share_by_level(records: Sequence[RatingRecord]) -> dict[int, Share]:
    """:func:`close_share` by the level of the name that was shown; levels without answers lack."""
    levels = sorted({r.answer.level for r in records if r.answer.identification is not None})
    return {level: close_share(r for r in records if r.answer.level == level) for level in levels}


def specificity_counts(records: Iterable[RatingRecord]) -> dict[str, int]:
    """How often each answer about specificity was given, in the order of the scale."""
    counts = dict.fromkeys(SPECIFICITY, 0)
    for record in records:
        if record.answer.specificity is not None:
            counts[record.answer.specificity] += 1
    return counts
