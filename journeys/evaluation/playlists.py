"""Recall and precision of true groups, as for playlists that were mixed and taken apart again.

Two matching rules, both over all of a user's events, so that a cluster also pays for events of no
group; an unassigned event is in no cluster:

* **best**: a group's cluster is the one that holds most of its events; of several the smallest.
  A cluster may serve several groups.
* **one-to-one**: each cluster serves at most one group, and the events held in all are the most
  possible (Hungarian method). Merging two groups costs one of them everything.

Recall is the share of the group in its cluster, precision the share of that cluster that is of the
group; both are 0 for a group without a cluster, and averaged over groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Retrieval:
    """Mean recall and precision over groups, in [0, 1]."""

    recall: float
    precision: float


def overlaps(labels: np.ndarray, groups: Sequence[np.ndarray]) -> np.ndarray:
    """How many events of each group each cluster holds.

    Args:
        labels: shape ``(n,)``, int; negative for unassigned.
        groups: positions of the events of each group; groups may overlap.

    Returns:
        Shape ``(groups, clusters)``, int64; cluster numbers that do not occur have empty columns.
    """
    clusters = int(np.max(labels, initial=-1)) + 1
    held = np.zeros((len(groups), clusters), dtype=np.int64)
    for row, members in enumerate(groups):
        inside = labels[members]
        held[row] = np.bincount(inside[inside >= 0], minlength=clusters)
    return held


def best_overlap(labels: np.ndarray, groups: Sequence[np.ndarray]) -> Retrieval:
    """Recall and precision by the rule **best**; arguments as for :func:`overlaps`."""
    held, sizes = overlaps(labels, groups), _sizes(labels)
    if not held.size:
        return Retrieval(0.0, 0.0)
    # Most events first, then the smallest cluster.
    choice = np.array([np.lexsort((sizes, -row))[0] for row in held])
    return _retrieval(held, sizes, groups, np.arange(len(groups)), choice)


def one_to_one(labels: np.ndarray, groups: Sequence[np.ndarray]) -> Retrieval:
    """Recall and precision by the rule **one-to-one**; arguments as for :func:`overlaps`."""
    from scipy.optimize import linear_sum_assignment

    held, sizes = overlaps(labels, groups), _sizes(labels)
    if not held.size:
        return Retrieval(0.0, 0.0)
    rows, columns = linear_sum_assignment(held, maximize=True)
    return _retrieval(held, sizes, groups, rows, columns)


def _sizes(labels: np.ndarray) -> np.ndarray:
    return np.bincount(labels[labels >= 0], minlength=1)


def _retrieval(
    held: np.ndarray,
    sizes: np.ndarray,
    groups: Sequence[np.ndarray],
    rows: np.ndarray,
    columns: np.ndarray,
) -> Retrieval:
    common = held[rows, columns]
    lengths = np.array([len(groups[row]) for row in rows])
    return Retrieval(
        float((common / lengths).sum() / len(groups)),
        float((common / np.maximum(sizes[columns], 1)).sum() / len(groups)),
    )
