"""Extended B-cubed: agreement of two coverings in which an event may be in several sets.

Amigo, Gonzalo, Artiles and Verdejo 2009, "A comparison of extrinsic clustering evaluation metrics
based on formal constraints", section 6. For events e and e' that share clusters, multiplicity
precision is ``min(shared clusters, shared labels) / shared clusters``; for events that share
labels, multiplicity recall is ``min(shared clusters, shared labels) / shared labels``. Each is
averaged over the e' of an e (itself included), then over e. On partitions it is plain B-cubed.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Any

import numpy as np

from journeys.evaluation.partition import BCubed

#: Rows of the n x n comparison in memory at a time.
_ROWS = 512


def extended_bcubed(
    found: Sequence[Collection[Hashable]], truth: Sequence[Collection[Hashable]]
) -> BCubed:
    """Extended B-cubed of two coverings of the same events. Quadratic time, linear memory.

    Args:
        found: the clusters of each event; at least one each, so give an unassigned event one of
            its own.
        truth: the labels of each event; at least one each.

    Raises:
        ValueError: there is no event, the lengths differ, or an event has no cluster or label.
    """
    if not len(found) or len(found) != len(truth):
        raise ValueError(f"{len(found)} events with clusters, {len(truth)} with labels")
    if not all(map(len, found)) or not all(map(len, truth)):
        raise ValueError("every event needs a cluster and a label; give it one of its own")
    clusters, labels = _incidence(found), _incidence(truth)
    precision = recall = 0.0
    for start in range(0, len(found), _ROWS):
        rows = slice(start, start + _ROWS)
        shared_clusters = (clusters[rows] @ clusters.T).toarray()
        shared_labels = (labels[rows] @ labels.T).toarray()
        both = np.minimum(shared_clusters, shared_labels)
        precision += _mean_where(both, shared_clusters).sum()
        recall += _mean_where(both, shared_labels).sum()
    return BCubed.of(precision / len(found), recall / len(found))


def _mean_where(both: np.ndarray, shared: np.ndarray) -> np.ndarray:
    """For each row the mean of ``both / shared`` over the columns with ``shared > 0``."""
    ratio = np.divide(both, shared, out=np.zeros(both.shape), where=shared > 0)
    return np.asarray(ratio.sum(axis=1) / (shared > 0).sum(axis=1))


def _incidence(sets: Sequence[Collection[Hashable]]) -> Any:
    """Sparse 0/1 matrix, shape ``(events, distinct names)``."""
    from scipy.sparse import csr_array

    number: dict[Hashable, int] = {}
    columns = [[number.setdefault(name, len(number)) for name in set(names)] for names in sets]
    ends = np.cumsum([0, *map(len, columns)])
    flat = np.concatenate([np.asarray(row, dtype=np.int64) for row in columns])
    ones = np.ones(len(flat), dtype=np.int32)
    return csr_array((ones, flat, ends), shape=(len(sets), len(number)))
