"""B-cubed of two partitions of the same events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BCubed:
    """B-cubed precision and recall (Bagga and Baldwin 1998) and their harmonic mean, in [0, 1]."""

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, precision: float, recall: float) -> BCubed:
        """With the F1 of a precision and a recall above 0."""
        return cls(precision, recall, 2 * precision * recall / (precision + recall))


def bcubed(labels: np.ndarray, truth: np.ndarray) -> BCubed:
    """B-cubed of two partitions of the same events.

    For an event in cluster c and group g, precision is ``|c and g| / |c|`` and recall
    ``|c and g| / |g|``; both are averaged over events. Linear in the number of events.

    Args:
        labels: shape ``(n,)``, cluster of each event; no value is special.
        truth: shape ``(n,)``, group of each event.

    Raises:
        ValueError: there is no event.
    """
    if not len(labels):
        raise ValueError("B-cubed needs at least one event")
    _, cluster = np.unique(labels, return_inverse=True)
    _, group = np.unique(truth, return_inverse=True)
    _, cell, together = np.unique(
        cluster.astype(np.int64) * (int(group.max()) + 1) + group,
        return_inverse=True,
        return_counts=True,
    )
    common = together[cell]
    precision = float(np.mean(common / np.bincount(cluster)[cluster]))
    recall = float(np.mean(common / np.bincount(group)[group]))
    return BCubed.of(precision, recall)


def as_singletons(labels: np.ndarray) -> np.ndarray:
    """Labels in which every unassigned event (negative) is a cluster of its own."""
    labels = np.asarray(labels, dtype=np.int64)
    alone = labels < 0
    result = labels.copy()
    start = int(labels.max(initial=-1)) + 1
    result[alone] = np.arange(start, start + int(alone.sum()))
    return result
