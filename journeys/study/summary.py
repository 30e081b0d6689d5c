"""Ratings in numbers, each with how sure one can be of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from journeys.store.ratings import SPECIFICITY, AnswerCount, RatingRecord

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


def counted(records: Iterable[RatingRecord]) -> list[AnswerCount]:
    """The answers in records, as the database would count them."""
    alike = Counter(
        (r.answer.level, r.answer.identification, r.answer.specificity) for r in records
    )
    return [AnswerCount(*answer, number) for answer, number in alike.items()]


def close_share(counts: Iterable[AnswerCount]) -> Share:
    """Share of the identification answers that are "very" or "extremely closely"."""
    answers = [(c.identification, c.number) for c in counts if c.identification is not None]
    n = sum(number for _, number in answers)
    hits = sum(number for answer, number in answers if answer >= CLOSE)
    if not n:
        return Share(0, 0, None, None, None)
    return Share(hits, n, hits / n, *wilson(hits, n))


def close_share_by_level(counts: Sequence[AnswerCount]) -> dict[int, Share]:
    """:func:`close_share` by the level of the name that was shown; levels without answers lack."""
    levels = sorted({c.level for c in counts if c.identification is not None})
    return {level: close_share(c for c in counts if c.level == level) for level in levels}


def specificity_counts(counts: Iterable[AnswerCount]) -> dict[str, int]:
    """How often each answer about specificity was given, in the order of the scale."""
    found = dict.fromkeys(SPECIFICITY, 0)
    for each in counts:
        if each.specificity is not None:
            found[each.specificity] += each.number
    return found
