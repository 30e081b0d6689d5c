"""Average-link agglomerative clustering."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from journeys.extraction.base import Clusters, UserEvents
from journeys.extraction.dense import (
    MAX_EXACT,
    Grouping,
    check_count,
    check_range,
    cluster_rows,
    cosine_membership,
    without_small,
)


@dataclass(frozen=True)
class AverageLinkExtractor:
    """Average-link clustering (UPGMA) of mean-centred vectors by cosine distance, cut at a height.

    Membership is the cosine to the cluster's mean direction, 0 where negative; for an unassigned
    event, to the nearest cluster.

    Attributes:
        granularity: 0 (one cluster) to 1 (many narrow ones): the tree is cut at 2, above all of
            it, at 0, at ``distance`` at 0.5 and at half of that at 1, linearly between. The cuts
            are nested; parts smaller than ``min_cluster_size`` drop out.
        distance: the mean cosine distance, 0 to 2, up to which two clusters are joined.
        min_cluster_size: smaller clusters are unassigned.
        max_exact: with more events, clusters are found among so many; see
            :func:`~journeys.extraction.dense.cluster_rows`.
    """

    granularity: float = 0.5
    distance: float = 0.96
    min_cluster_size: int = 5
    max_exact: int = MAX_EXACT

    def __post_init__(self) -> None:
        check_range("granularity", self.granularity, 0, 1)
        check_range("distance", self.distance, 0, 2)
        check_count("min_cluster_size", self.min_cluster_size, 1)
        check_count("max_exact", self.max_exact, 100)

    @property
    def id(self) -> str:
        return "average-link"

    def settings(self) -> dict[str, Any]:
        """Every attribute; enough to make an equal extractor."""
        return asdict(self)

    @property
    def height(self) -> float:
        """Where the tree is cut: see ``granularity``."""
        return float(
            np.interp(self.granularity, [0, 0.5, 1], [2, self.distance, self.distance / 2])
        )

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        """See :class:`~journeys.extraction.base.Extractor`. Nothing is drawn: no seed matters."""

        def group(rows: np.ndarray, _: np.ndarray) -> Grouping:
            from scipy.cluster.hierarchy import fcluster, linkage

            tree = linkage(condensed_distances(rows), method="average")
            labels = fcluster(tree, self.height, criterion="distance") - 1
            labels = without_small(labels, self.min_cluster_size)
            labels = Clusters.of(labels, np.zeros(len(labels))).labels
            return labels, cosine_membership(rows, labels)

        return cluster_rows(
            events, group, least=max(2, self.min_cluster_size), max_exact=self.max_exact
        )


def condensed_distances(rows: np.ndarray, block: int = 1024) -> np.ndarray:
    """Cosine distances of unit rows as scipy wants them: the upper triangle, row by row.

    A block of products at a time, so that no square matrix is made.

    Args:
        rows: shape ``(n, d)``, unit rows; a zero row has distance 1 to all.

    Returns:
        Shape ``(n * (n - 1) / 2,)``, float64, in [0, 2].
    """
    n = len(rows)
    distances = np.empty(n * (n - 1) // 2)
    end = 0
    for start in range(0, n, block):
        similar = rows[start : start + block] @ rows[start:].T
        for at in range(len(similar)):
            row = similar[at, at + 1 :]
            distances[end : end + len(row)] = row
            end += len(row)
    np.subtract(1.0, distances, out=distances)
    return np.clip(distances, 0.0, 2.0, out=distances)
