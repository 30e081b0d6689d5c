"""The online pass of ICPC: each event joins the nearest journey so far, or opens a new one.

Over sparse vectors by an inverted index, over dense ones by blocks of matrix products; both give
what a comparison with every centroid would. A centroid, the mean of a journey's members, is kept
as their sum, whose cosine is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np

from journeys.extraction.base import UNASSIGNED
from journeys.extraction.terms import Term

#: Cosines are compared up to rounding.
_ROUNDING = 1e-6

#: Cosines (float64) that are so near are equal: the order of the terms must decide nothing.
_EQUAL = 1e-9

#: Rows compared with all centroids at once.
_BLOCK = 256


def join_by_terms(
    described: Sequence[Mapping[Term, float]], epsilon: float, max_centroid: int
) -> np.ndarray:
    """The online pass over sparse vectors; the journey of each event, shape ``(n,)``.

    An inverted index from term to journeys gives all dot products without a look at journeys
    that share no term. Terms are looked up from the one in fewest journeys; once those left are
    so light that they alone cannot reach ``epsilon``, no further journey becomes a candidate
    (prefix filtering, Bayardo et al. 2007), which is exact.

    Args:
        described: weight of each term of each event; events without terms get -1.
        epsilon: the least cosine to join; an event joins none that it shares no term with. Of
            equal journeys the oldest is joined.
        max_centroid: see :class:`IcpcExtractor`.
    """
    journeys = _Journeys(max_centroid)
    least = epsilon - _ROUNDING
    labels = np.full(len(described), UNASSIGNED, dtype=np.int64)
    for at, event in enumerate(described):
        length = sqrt(sum(weight * weight for weight in event.values()))
        if length > 0:
            dots = journeys.dots(event, max(0.0, least * length))
            best, cosine = journeys.nearest(dots, length)
            # The first journey has number 0, so "best" must not be tested for truth.
            joins = best is not None and cosine >= least
            labels[at] = journeys.add(event, best if joins else None)
    return labels


class _Journeys:
    """The journeys so far: an inverted index of the sums of their members' terms."""

    def __init__(self, max_terms: int) -> None:
        self._index: dict[Term, dict[int, float]] = {}
        self._terms: list[set[Term]] = []
        self._squares: list[float] = []
        self._max_terms = max_terms

    def dots(self, event: Mapping[Term, float], least: float) -> dict[int, float]:
        """Dot products with every journey for which it can reach ``least`` times its length."""
        shared = [
            (self._index[term], weight) for term, weight in event.items() if term in self._index
        ]
        shared.sort(key=lambda pair: len(pair[0]))
        left = sum(weight * weight for _, weight in shared)
        dots: dict[int, float] = {}
        for holders, weight in shared:
            if left >= least * least:
                for journey, total in holders.items():
                    dots[journey] = dots.get(journey, 0.0) + weight * total
            elif len(holders) < len(dots):
                for journey, total in holders.items():
                    if journey in dots:
                        dots[journey] += weight * total
            else:
                for journey in dots:
                    dots[journey] += weight * holders.get(journey, 0.0)
            left -= weight * weight
        return dots

    def nearest(self, dots: Mapping[int, float], length: float) -> tuple[int | None, float]:
        """The journey with the largest cosine, the oldest of equal ones, and that cosine."""
        cosines = {
            journey: dot / (length * sqrt(self._squares[journey])) for journey, dot in dots.items()
        }
        largest = max(cosines.values(), default=-1.0)
        equal = (journey for journey, cosine in cosines.items() if cosine >= largest - _EQUAL)
        return min(equal, default=None), largest

    def add(self, event: Mapping[Term, float], journey: int | None) -> int:
        """Put an event into a journey, a new one for None; returns its number."""
        if journey is None:
            journey = len(self._squares)
            self._squares.append(0.0)
            self._terms.append(set())
        square = self._squares[journey]
        for term, weight in event.items():
            holders = self._index.setdefault(term, {})
            before = holders.get(journey, 0.0)
            holders[journey] = before + weight
            square += weight * (2 * before + weight)
        self._squares[journey] = square
        self._terms[journey].update(event)
        if len(self._terms[journey]) > 2 * self._max_terms:
            self._cut(journey)
        return journey

    def _cut(self, journey: int) -> None:
        """Keep a journey's heaviest terms only."""
        ranked = sorted(self._terms[journey], key=lambda t: (-self._index[t][journey], t))
        for term in ranked[self._max_terms :]:
            del self._index[term][journey]
        kept = ranked[: self._max_terms]
        self._terms[journey] = set(kept)
        self._squares[journey] = sum(self._index[term][journey] ** 2 for term in kept)


def join_by_vectors(rows: np.ndarray, epsilon: float) -> np.ndarray:
    """The online pass over unit rows; the journey of each, shape ``(n,)``.

    A block of rows is compared with all centroids by one matrix product. Within the block, when
    a row joins a journey, the dot products of the later rows with that journey grow by those
    with the row. So the cost is that of matrix products, linear in rows times journeys.

    Args:
        rows: shape ``(n, d)``, float32; a zero row opens a journey of its own.
        epsilon: the least cosine to join. Of equal journeys the oldest is joined.
    """
    n = len(rows)
    labels = np.empty(n, dtype=np.int64)
    sums = np.zeros((_BLOCK, rows.shape[1]), dtype=np.float32)
    lengths = np.zeros(_BLOCK, dtype=np.float32)
    count = 0
    for start in range(0, n, _BLOCK):
        block = rows[start : start + _BLOCK]
        size = len(block)
        if count + size > len(sums):
            sums = np.concatenate([sums, np.zeros_like(sums)])
            lengths = np.concatenate([lengths, np.zeros_like(lengths)])
        dots = np.zeros((size, count + size), dtype=np.float32)
        dots[:, :count] = block @ sums[:count].T
        among = block @ block.T
        for at in range(size):
            joined = count
            if count:
                cosines = dots[at, :count] / np.maximum(lengths[:count], 1e-12)
                best = int(cosines.argmax())
                if cosines[best] >= epsilon - _ROUNDING:
                    joined = best
            count = max(count, joined + 1)
            labels[start + at] = joined
            lengths[joined] = sqrt(
                max(0.0, lengths[joined] ** 2 + 2 * dots[at, joined] + among[at, at])
            )
            sums[joined] += block[at]
            dots[:, joined] += among[:, at]
    return labels
