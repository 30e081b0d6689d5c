"""A list of candidates put into another order by what a person pursues now.

The memory's words are compared with each candidate's: both are vectors of one text encoder. No
recommender has to be trained, so what the memory knows can be measured by itself, and added to
the scores of any recommender.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeys.memory.history import Life
from journeys.memory.notes import Summary

#: On users of reddit_mix_dev that nothing is reported of, within .001 AUC of the best
#: (``benchmarks/memory_checks.py --part tune``); the whole range is .005 wide.
MOMENTUM, KEPT, SHARPNESS = 0.5, 0.5, 0.1


@dataclass(frozen=True)
class Wanted:
    """Interests with what each counts.

    Attributes:
        names: one a row.
        weights: shape ``(names,)``, not negative, with the sum 1.
    """

    names: tuple[str, ...]
    weights: np.ndarray

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, float]]) -> Wanted:
        """From names and weights of any scale; what weighs nothing is left out."""
        kept = [(name, weight) for name, weight in pairs if name and weight > 0]
        weights = np.array([weight for _, weight in kept], dtype=np.float64)
        return cls(tuple(name for name, _ in kept), weights / weights.sum() if kept else weights)


def wanted(found: Sequence[Life], *, momentum: float = MOMENTUM, kept: float = KEPT) -> Wanted:
    """What a person pursues now, from the lives of their interests.

    An interest of the newest partition weighs its share there and, where the shift tells that it
    changed, ``momentum`` times the change of its share: what grows is expected to grow. One that
    the newest partition lacks weighs its last share times ``kept`` for each partition since.

    Args:
        momentum: 0 takes shares as they are.
        kept: 0 forgets at once what was dropped, 1 never.
    """
    newest = max((number for life in found for number in life.seen), default=0)
    pairs: list[tuple[str, float]] = []
    for life in found:
        last = max(life.seen)
        weight = life.seen[last].share
        if last < newest:
            weight *= kept ** (newest - last)
        else:
            told = [fact.change for fact in life.facts if fact.number == newest]
            weight += momentum * sum(change.now - change.before for change in told)
        pairs.append((life.name, weight))
    return Wanted.of(pairs)


def unrelated(summaries: Sequence[Summary], decay: float = 1.0) -> Wanted:
    """The same from summaries alone, oldest first, with nothing known of how they are related.

    Args:
        decay: weight of a summary against the one after it.
    """
    return Wanted.of(
        [
            (interest.name, interest.share * decay**age)
            for age, summary in enumerate(reversed(summaries))
            for interest in summary.interests
        ]
    )


def match(
    candidates: np.ndarray,
    interests: np.ndarray,
    weights: np.ndarray,
    sharpness: float = SHARPNESS,
) -> np.ndarray:
    """How well each candidate goes with some interest: a soft maximum of cosines, -1 to 1.

    ``s log(sum_j w_j exp(cos_j / s))``: attention over interests with the candidate as the query,
    as in LIBER's fusion (arXiv 2411.14713), with nothing learned.

    Args:
        candidates: shape ``(n, d)``, unit rows.
        interests: shape ``(m, d)``, unit rows.
        weights: shape ``(m,)``, see :class:`Wanted`, or ``(n, m)`` where they differ.
        sharpness: ``s``; near 0 the best interest alone decides, whatever it weighs.

    Returns:
        Shape ``(n,)``; zeros where there is no interest.

    Raises:
        ValueError: there are not as many weights as interests.
    """
    if len(interests) != weights.shape[-1]:
        raise ValueError(f"{len(interests)} interests, but {weights.shape[-1]} weights")
    if not len(interests):
        return np.zeros(len(candidates))
    with np.errstate(divide="ignore"):
        scaled = candidates @ interests.T / sharpness + np.log(weights)
    top = scaled.max(axis=1, keepdims=True)
    total = np.exp(scaled - top).sum(axis=1)
    return np.asarray(sharpness * (top[:, 0] + np.log(total)))


def reranked(base: np.ndarray, matches: np.ndarray, weight: float) -> np.ndarray:
    """Scores of a list: ``base + weight * match``, each in standard deviations over the list.

    So a weight means the same whatever the recommender's scale. 0 leaves the order as it is.

    Args:
        base, matches: shape ``(n,)``.
    """
    return _standard(base) + weight * _standard(matches)


def _standard(values: np.ndarray) -> np.ndarray:
    spread = float(np.std(values))
    return (values - np.mean(values)) / spread if spread > 0 else np.zeros(len(values))


__all__ = ["Wanted", "match", "reranked", "unrelated", "wanted"]
