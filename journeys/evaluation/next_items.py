"""Was the next item placed before others? Ranks of one true item among drawn ones.

Drawn candidates give figures that compare memories with each other. They are no substitute for a
ranking of the whole catalogue (Krichene and Rendle, CACM 7/2022), and are not to be held against
published ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Ranks that the discounted gain counts.
CUT = 10


@dataclass(frozen=True)
class Placed:
    """How well one list of lists was ordered, each with one true item.

    Attributes:
        auc: share of the others that the true item stands before, ties half; shape ``(lists,)``.
        mrr: one over its rank, ties in the middle.
        ndcg: at ten, of one relevant item: ``1 / log2(1 + rank)``.
    """

    auc: np.ndarray
    mrr: np.ndarray
    ndcg: np.ndarray


def placed(scores: np.ndarray, real: np.ndarray | None = None) -> Placed:
    """Hold scores against the truth.

    Args:
        scores: shape ``(lists, candidates)``, the true item first.
        real: shape ``(lists, candidates)``, False for places that only fill up a short list.
    """
    others = np.ones(scores.shape, dtype=bool) if real is None else real.copy()
    others[:, 0] = False
    true = scores[:, :1]
    before = ((scores > true) & others).sum(axis=1) + 0.5 * ((scores == true) & others).sum(axis=1)
    count = np.maximum(others.sum(axis=1), 1)
    rank = 1 + before
    return Placed(
        auc=1 - before / count,
        mrr=1 / rank,
        ndcg=np.where(rank <= CUT, 1 / np.log2(1 + rank), 0.0),
    )


def near_in_time(
    times: np.ndarray, allowed: np.ndarray, at: int, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Candidates of about the same time: drawn from the ten times as many that are nearest to it.

    Args:
        times: shape ``(n,)``, int64, ascending.
        allowed: shape ``(n,)``, who may be drawn.
        at: the time.

    Returns:
        Positions, without repeats, ``count`` of them or as many as there are.
    """
    chosen = np.flatnonzero(allowed)
    nearest = chosen[np.argsort(np.abs(times[chosen] - at), kind="stable")[: 10 * count]]
    return rng.permutation(nearest)[:count]
