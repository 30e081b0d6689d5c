"""What extractors on mean-centred vectors share: unusable rows, long timelines, memberships.

A method that clusters vectors need only group a matrix of sound rows; see :func:`cluster_rows`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from journeys.errors import ConfigError
from journeys.extraction.base import UNASSIGNED, Clusters, UserEvents
from journeys.extraction.graph import directions, unit_rows

#: Labels and memberships of unit rows, both of shape ``(n,)``; negative labels are unassigned.
Grouping = tuple[np.ndarray, np.ndarray]

#: More events than this are not clustered at once: their distances would not fit in memory.
MAX_EXACT = 10_000

#: Rows compared with centroids at a time.
_BLOCK = 4096


def cluster_rows(
    events: UserEvents,
    group: Callable[[np.ndarray, np.ndarray], Grouping],
    *,
    least: int = 1,
    max_exact: int | None = None,
    centred: bool = True,
) -> Clusters:
    """Cluster the sound rows of a user's vectors.

    Rows with NaN, infinity or length 0 are unassigned with membership 0. Fewer sound rows than
    ``least`` give no cluster; equal ones give one, with membership 1. With more than
    ``max_exact`` rows, so many are clustered, spread evenly over the timeline, and each of the
    others goes to the cluster with the nearest mean direction, so memory stays linear.

    Args:
        group: the method: from unit rows, shape ``(m, d)``, not all equal, and their positions
            among the events, shape ``(m,)``.
        centred: subtract the corpus mean first.
    """
    vectors = np.asarray(events.vectors, dtype=np.float32)
    labels = np.full(len(vectors), UNASSIGNED, dtype=np.int64)
    membership = np.zeros(len(vectors), dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1)
    usable = np.flatnonzero(np.isfinite(lengths) & (lengths > 1e-6))
    if len(usable) < max(1, least):
        return Clusters.of(labels, membership)
    rows = directions(vectors[usable], events.mean) if centred else unit_rows(vectors[usable])
    if np.abs(rows - rows[0]).max() < 1e-5:
        labels[usable], membership[usable] = 0, 1.0
    elif max_exact is None or len(usable) <= max_exact:
        labels[usable], membership[usable] = group(rows, usable)
    else:
        known = np.linspace(0, len(usable) - 1, max_exact).round().astype(np.int64)
        labels[usable], membership[usable] = _extended(
            rows, known, group(rows[known], usable[known])
        )
    return Clusters.of(labels, membership)


def _extended(rows: np.ndarray, known: np.ndarray, grouping: Grouping) -> Grouping:
    """The grouping of the rows at ``known`` for all rows, by the nearest mean direction."""
    if grouping[0].max() < 0:
        return np.full(len(rows), UNASSIGNED, dtype=np.int64), np.zeros(len(rows))
    labels, membership = nearest_cluster(rows, mean_directions(rows[known], grouping[0]))
    labels[known], membership[known] = grouping
    return labels, membership


def mean_directions(
    rows: np.ndarray, labels: np.ndarray, precision: DTypeLike = np.float64
) -> np.ndarray:
    """Mean direction of each cluster, shape ``(clusters, d)``, of the rows' type.

    Args:
        labels: shape ``(n,)``, int64; negative ones are left out.
        precision: that the rows are summed in.
    """
    sums = np.zeros((int(labels.max(initial=-1)) + 1, rows.shape[1]), dtype=np.float64)
    for cluster in range(len(sums)):
        sums[cluster] = rows[labels == cluster].sum(axis=0, dtype=precision)
    return unit_rows(sums).astype(rows.dtype)


def nearest_cluster(rows: np.ndarray, centroids: np.ndarray) -> Grouping:
    """The most similar centroid of each row, and its cosine (0 where negative).

    Args:
        rows: shape ``(n, d)``, unit rows.
        centroids: shape ``(clusters, d)``, unit rows, at least one.
    """
    labels = np.empty(len(rows), dtype=np.int64)
    cosines = np.empty(len(rows), dtype=np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        similar = rows[block] @ centroids.T
        labels[block] = similar.argmax(axis=1)
        cosines[block] = similar.max(axis=1)
    return labels, np.clip(cosines, 0.0, 1.0)


def cosine_membership(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How much each row points as its cluster does, shape ``(n,)``, in [0, 1].

    The cosine to the cluster's mean direction, 0 where negative; for an unassigned row that to
    the nearest cluster, and 0 where there is no cluster.
    """
    if not len(labels) or labels.max() < 0:
        return np.zeros(len(rows), dtype=np.float32)
    centroids = mean_directions(rows, labels)
    free = labels < 0
    membership = np.empty(len(rows), dtype=np.float32)
    membership[~free] = np.einsum("ij,ij->i", rows[~free], centroids[labels[~free]])
    membership[free] = nearest_cluster(rows[free], centroids)[1]
    return np.clip(membership, 0.0, 1.0)


def without_small(labels: np.ndarray, min_size: int) -> np.ndarray:
    """The labels, with clusters of fewer than ``min_size`` events unassigned."""
    sizes = np.bincount(labels[labels >= 0], minlength=1)
    kept = (labels >= 0) & (sizes[np.maximum(labels, 0)] >= min_size)
    return np.where(kept, labels, UNASSIGNED)


def check_range(name: str, value: float, low: float, high: float = np.inf) -> None:
    """Refuse a setting that is out of range or not a number.

    Raises:
        ConfigError: with the setting's name and the range.
    """
    if not low <= value <= high:
        limits = f"at least {low:g}" if high == np.inf else f"from {low:g} to {high:g}"
        raise ConfigError(f"{name} must be {limits}, not {value}")


def check_count(name: str, value: int, low: int) -> None:
    """Refuse a setting that is not a whole number of at least ``low``; raises as above."""
    check_range(name, value, low)
    if int(value) != value:
        raise ConfigError(f"{name} must be a whole number, not {value}")
