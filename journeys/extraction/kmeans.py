"""K-means with the number of clusters that the silhouette favours."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from journeys.extraction.base import Clusters, UserEvents
from journeys.extraction.dense import (
    MAX_EXACT,
    Grouping,
    check_count,
    cluster_rows,
    cosine_membership,
)


@dataclass(frozen=True)
class KMeansExtractor:
    """K-means on mean-centred unit vectors, k by the mean silhouette (Rousseeuw 1987), cosine.

    All usable events are assigned. Two events or fewer are one cluster, since no silhouette is
    defined. Membership is the cosine to the cluster's mean direction, 0 where negative.

    Attributes:
        max_clusters: the largest k tried; the smallest is 2.
        starts: random starts of each k-means (k-means++), the best of which counts.
        sample: the silhouette is taken over at most so many events, drawn at random.
        max_exact: with more events, clusters are found among so many; see
            :func:`~journeys.extraction.dense.cluster_rows`.
    """

    max_clusters: int = 12
    starts: int = 10
    sample: int = 1000
    max_exact: int = MAX_EXACT

    def __post_init__(self) -> None:
        check_count("max_clusters", self.max_clusters, 2)
        check_count("starts", self.starts, 1)
        check_count("sample", self.sample, 3)
        check_count("max_exact", self.max_exact, 100)

    @property
    def id(self) -> str:
        return "kmeans"

    def settings(self) -> dict[str, Any]:
        """Every attribute; enough to make an equal extractor."""
        return asdict(self)

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        """See :class:`~journeys.extraction.base.Extractor`. The seed draws starts and sample."""

        def group(rows: np.ndarray, _: np.ndarray) -> Grouping:
            labels = self._best(rows, seed)
            return labels, cosine_membership(rows, labels)

        return cluster_rows(events, group, max_exact=self.max_exact)

    def _best(self, rows: np.ndarray, seed: int) -> np.ndarray:
        from sklearn.cluster import KMeans
        from sklearn.metrics import silhouette_score

        rng = np.random.default_rng(seed)
        chosen = np.arange(len(rows))
        if len(rows) > self.sample:
            chosen = np.sort(rng.choice(len(rows), self.sample, replace=False))
        distances = np.clip(1.0 - rows[chosen] @ rows[chosen].T, 0.0, None)
        np.fill_diagonal(distances, 0.0)
        best, highest = np.zeros(len(rows), dtype=np.int64), -np.inf
        distinct = len(np.unique(rows.round(5), axis=0))
        for k in range(2, min(self.max_clusters, distinct, len(rows) - 1) + 1):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # It warns of rows too alike for k clusters.
                labels = KMeans(k, n_init=self.starts, random_state=seed).fit(rows).labels_
            parts = len(np.unique(labels[chosen]))
            if not 2 <= parts < len(chosen):
                continue
            score = silhouette_score(distances, labels[chosen], metric="precomputed")
            if score > highest:
                best, highest = labels.astype(np.int64), score
        return best
