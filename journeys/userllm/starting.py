"""Where a training begins: with what counting already knows of the items.

How often an item comes at all, and which come near each other, need no gradient steps. Item vectors
start as a factorisation of the positive pointwise mutual information of items that are near in
somebody's timeline, which is what skip-gram embeddings converge to (Levy and Goldberg, NeurIPS
2014).
"""

from __future__ import annotations

import numpy as np
import torch

from journeys.userllm.events import EventModel
from journeys.userllm.sequences import ITEM, EncoderData

#: Events to either side that count as near, and after how many a pair counts half.
_REACH, _HALF = 10, 4.0

#: Mean length of the vectors at the start.
_LENGTH = 1.0


def start_from_counts(
    model: EventModel, data: EncoderData, train: np.ndarray, *, seed: int = 0
) -> None:
    """Set the items' biases and vectors.

    An item that training does not have gets no vector of its own, so it is its content alone.

    Args:
        model: freshly made.
        data: the events.
        train: shape ``(n,)``, bool: those that may be learnt from.
        seed: of the factorisation's start.
    """
    items = data.ids[ITEM][train]
    counts = np.bincount(items, minlength=len(model.item_bias))
    shares = np.log((counts + 0.5) / counts.mean())
    vectors = _near_vectors(data, train, model.config.width, seed)
    with torch.no_grad():
        model.item_bias.copy_(torch.from_numpy(shares))
        if vectors is not None:
            model.items.weight.copy_(torch.from_numpy(vectors))
        model.items.weight[torch.from_numpy(counts == 0)] = 0.0
        model.items.weight[0] = 0.0


def _near_vectors(data: EncoderData, train: np.ndarray, width: int, seed: int) -> np.ndarray | None:
    """Shape ``(n_items + 1, width)``; None where too few items come near others."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import svds

    items, owner = data.ids[ITEM][train], data.owner[train]
    size = len(data.catalogue)
    rows, columns, weights = [], [], []
    for back in range(1, _REACH + 1):
        same = (owner[back:] == owner[:-back]) & (items[back:] > 0) & (items[:-back] > 0)
        rows.append(items[back:][same])
        columns.append(items[:-back][same])
        weights.append(np.full(int(same.sum()), 2.0 ** (-(back - 1) / _HALF)))
    one, other, weight = (np.concatenate(each) for each in (rows, columns, weights))
    near = coo_matrix((weight, (one, other)), shape=(size, size)).tocsr()
    near = (near + near.T).tocoo()
    often = np.asarray(near.sum(axis=1)).ravel()
    rank = min(width, len(np.unique(near.row)) - 1)
    if rank < 1:
        return None
    # Smoothed contexts (Levy et al. 2015), or rare pairs would have the largest values of all.
    smooth = often**0.75
    smooth = smooth / smooth.sum()
    information = np.log(near.data / (often[near.row] * smooth[near.col]))
    kept = information > 0
    positive = coo_matrix(
        (information[kept], (near.row[kept], near.col[kept])), shape=(size, size)
    ).tocsr()
    start = np.random.default_rng(seed).normal(size=size)
    left, strength, _ = svds(positive, k=rank, v0=start)
    vectors = np.zeros((size, width), dtype=np.float32)
    vectors[:, :rank] = left * np.sqrt(np.maximum(strength, 0))
    lengths = np.linalg.norm(vectors, axis=1)
    vectors *= _LENGTH / max(float(lengths[lengths > 0].mean()), 1e-12)
    return vectors
