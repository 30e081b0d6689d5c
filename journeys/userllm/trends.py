"""What is popular now: a prior that moves, beside scores that were learnt once.

Weights that were frozen know how popular things were in training. Bayes' rule says how to bring
scores up to date when only the prior has moved: multiply by the new share over the old one (Saerens
et al., Neural Computation 2002). How far to go is a weight, chosen on validation.
"""

from __future__ import annotations

import numpy as np

from journeys.userllm.baselines import recent_popularity
from journeys.userllm.sequences import ITEM, EncoderData
from journeys.userllm.tasks import Questions, Score

#: Pseudo-events that draw the recent shares towards those of all training.
_PRIOR = 50.0

#: Half-lives in days and weights that validation chooses among.
DAYS = (1.0, 3.0, 7.0, 14.0)
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)


def prior_shift(data: EncoderData, train: np.ndarray, days: float) -> Score:
    """Logarithm of an item's recent share over its share in training, ``(q, n_items + 1)``.

    Only events of training before each question count; an event of ``days`` ago counts half.
    """
    counts = np.bincount(data.ids[ITEM][train], minlength=len(data.catalogue))
    shares = counts / max(counts.sum(), 1)
    recent = recent_popularity(data, train, days=days)

    def shift(asked: Questions) -> np.ndarray:
        now = recent(asked)
        mixed = np.divide(now, shares, out=np.zeros_like(now), where=shares > 0) + _PRIOR
        moved: np.ndarray = np.log(mixed / (now.sum(1, keepdims=True) + _PRIOR))
        return moved

    return remembered(shift)


def remembered(score: Score) -> Score:
    """A scorer that answers the same questions again without work; for choosing settings."""
    kept: dict[bytes, np.ndarray] = {}

    def answer(asked: Questions) -> np.ndarray:
        key = asked.target.tobytes()
        if key not in kept:
            kept[key] = score(asked)
        return kept[key]

    return answer


def shifted(score: Score, shift: Score, weight: float, *, logits: bool) -> Score:
    """Scores under the prior of now.

    Args:
        score: of a route.
        shift: see :func:`prior_shift`.
        weight: from 0, which changes nothing, to 1.
        logits: the scores are logarithms, to which is added; else they are multiplied.
    """

    def scored(asked: Questions) -> np.ndarray:
        moved = weight * shift(asked)
        found: np.ndarray = score(asked) + moved if logits else score(asked) * np.exp(moved)
        return found

    return scored
