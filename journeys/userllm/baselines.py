"""What a user encoder must beat: popularity and neighbours, in forms that are hard to beat.

All see the events of training, and of the user who is asked about those that are known. Each is
made once and then scores questions (:data:`journeys.userllm.tasks.Score`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from journeys.userllm.sequences import ITEM, EncoderData
from journeys.userllm.tasks import Questions, Score


def popularity(data: EncoderData, train: np.ndarray) -> Score:
    """How many events of training an item has."""
    counts = np.bincount(data.ids[ITEM][train], minlength=len(data.catalogue)).astype(np.float64)
    return lambda asked: np.tile(counts, (len(asked), 1))


def recent_popularity(data: EncoderData, train: np.ndarray, *, days: float) -> Score:
    """Events of training before the question, an event of ``days`` ago counting half."""
    times, items = data.times[train], data.ids[ITEM][train]
    order = np.argsort(times, kind="stable")
    times, items = times[order], items[order]

    def score(asked: Questions) -> np.ndarray:
        rows = []
        for target in asked.target.tolist():
            now = data.times[target]
            upto = int(np.searchsorted(times, now))
            weights = 0.5 ** ((now - times[:upto]) / 86_400 / days)
            rows.append(np.bincount(items[:upto], weights, len(data.catalogue)))
        return np.stack(rows)

    return score


@dataclass(frozen=True)
class Neighbours:
    """How alike two items are, and how a person's items vote.

    Attributes:
        k: the nearest of each item that it votes for; 0 for all.
        half: after so many newer events a vote counts half; 0 for votes that never fade.
    """

    k: int = 0
    half: float = 0.0

    def score(self, data: EncoderData, similarity: np.ndarray) -> Score:
        """Sum of the votes of what is known.

        Args:
            similarity: shape ``(n, n)``; row ``i`` is what an event of item ``i`` says of others.
        """
        voted = _nearest(similarity, self.k)
        items = data.ids[ITEM]

        def score(asked: Questions) -> np.ndarray:
            rows = np.zeros((len(asked), len(similarity)))
            for row, (user, known) in enumerate(zip(asked.user, asked.known, strict=True)):
                seen = items[data.starts[user] : known]
                age = np.arange(len(seen))[::-1]
                weights = 0.5 ** (age / self.half) if self.half else np.ones(len(seen))
                rows[row] = weights @ voted[seen]
            return rows

        return score


def _nearest(similarity: np.ndarray, k: int) -> np.ndarray:
    if not k or k >= len(similarity):
        return similarity
    least = -np.partition(-similarity, k - 1, axis=1)[:, k - 1 : k]
    return np.where(similarity >= least, similarity, 0.0)


def cosine_similarity(data: EncoderData, train: np.ndarray, *, shrink: float = 0.0) -> np.ndarray:
    """Cosine of two items over users, ``(n, n)``, float64 (Sarwar et al. 2001), nought to itself.

    Args:
        shrink: added to the product of lengths, so that few common users say little.
    """
    have = _incidence(data, train)
    common = have.T @ have
    lengths = np.sqrt(np.diag(common))
    similarity: np.ndarray = common / np.maximum(np.outer(lengths, lengths) + shrink, 1e-12)
    np.fill_diagonal(similarity, 0.0)
    return similarity


def sequence_similarity(data: EncoderData, train: np.ndarray, *, half: float) -> np.ndarray:
    """How often an item came after another, ``(n, n)``: a Markov chain that remembers.

    A pair with ``d`` events between counts ``2 ** (-d / half)``; pairs of one instant do not count.
    Divided by the root of how often the later item came at all, as a cosine would.
    """
    items, begin = data.ids[ITEM], data.instant_start()
    size = len(data.catalogue)
    counts = np.zeros((size, size))
    reach = int(np.ceil(half * 6))
    for user in range(data.n_users):
        rows = np.arange(data.starts[user], data.starts[user + 1])
        rows = rows[train[rows]]
        for back in range(1, min(reach, len(rows) - 1) + 1):
            later, earlier = rows[back:], rows[:-back]
            apart = earlier < begin[later]
            weight = 2.0 ** (-(back - 1) / half)
            np.add.at(counts, (items[earlier[apart]], items[later[apart]]), weight)
    often = np.bincount(items[train], minlength=size).astype(np.float64)
    np.fill_diagonal(counts, 0.0)
    similarity: np.ndarray = counts / np.sqrt(np.maximum(np.outer(often, often), 1))
    return similarity


def linear_weights(data: EncoderData, train: np.ndarray, *, penalty: float) -> np.ndarray:
    """EASE: the linear autoencoder in closed form (Steck, WWW 2019), ``(n, n)``."""
    have = _incidence(data, train)
    gram = have.T @ have
    gram[np.diag_indices_from(gram)] += penalty
    inverse = np.linalg.inv(gram)
    weights: np.ndarray = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def _incidence(data: EncoderData, train: np.ndarray) -> np.ndarray:
    """Shape ``(users, n_items + 1)``: who has what; nobody has the unknown."""
    have = np.zeros((data.n_users, len(data.catalogue)))
    have[data.owner[train], data.ids[ITEM][train]] = 1.0
    have[:, 0] = 0.0
    return have
