"""The default extractor: HDBSCAN on a diffusion embedding of the user's own neighbour graph."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from journeys.errors import ConfigError
from journeys.extraction.base import UNASSIGNED, Clusters
from journeys.extraction.graph import affinity, diffusion, directions, nearest


@dataclass(frozen=True)
class HdbscanExtractor:
    """Mean-centred vectors -> kNN graph -> diffusion map -> HDBSCAN -> left-overs.

    Attributes:
        neighbours: neighbours of an event in the graph.
        dimensions: of the diffusion map.
        steps: of the diffusion; more steps flatten what is fine.
        min_cluster_size: HDBSCAN's (Campello et al. 2013).
        min_samples: HDBSCAN's; lower finds more clusters.
        reject: a left-over event whose cosine to the nearest cluster's centroid is below this
            stays unassigned.
        granularity: 0 (few broad clusters) to 1 (many narrow ones).
        max_exact: with more events, the clusters are found in this many events spread evenly
            over the timeline, and the others are given to the nearest centroid.
    """

    neighbours: int = 10
    dimensions: int = 12
    steps: float = 2.0
    min_cluster_size: int = 5
    min_samples: int = 2
    reject: float = 0.05
    granularity: float = 0.5
    max_exact: int = 10_000

    def __post_init__(self) -> None:
        if not 0.0 <= self.granularity <= 1.0:
            raise ConfigError(f"granularity must be from 0 to 1, not {self.granularity}")

    @property
    def id(self) -> str:
        return "hdbscan"

    def settings(self) -> dict[str, Any]:
        """Every attribute; enough to make an equal extractor."""
        return asdict(self)

    def extract(
        self,
        vectors: np.ndarray,
        times: np.ndarray,
        *,
        mean: np.ndarray | None = None,
        seed: int = 0,
    ) -> Clusters:
        """See :class:`~journeys.extraction.base.Extractor`. Nothing is drawn: seeds do not matter."""
        labels = np.full(len(vectors), UNASSIGNED, dtype=np.int64)
        membership = np.zeros(len(vectors), dtype=np.float32)
        usable = np.flatnonzero(np.isfinite(vectors).all(axis=1))
        if len(usable) >= self.min_cluster_size:
            rows = directions(np.asarray(vectors)[usable], mean)
            labels[usable], membership[usable] = self._cluster(rows)
        return Clusters.of(labels, membership)

    def _cluster(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        from hdbscan import HDBSCAN

        n = len(rows)
        k = min(self.neighbours, n - 1)
        positions, cosines = nearest(rows, k)
        embedded = diffusion(
            affinity(positions, np.maximum(cosines, 0.0) + 1e-6), self.dimensions, self.steps
        )
        labels = (
            HDBSCAN(
                min_cluster_size=self.min_cluster_size,
                min_samples=self.min_samples,
                algorithm="generic",
            )
            .fit(embedded)
            .labels_.astype(np.int64)
        )
        if labels.max(initial=-1) < 0:
            return np.zeros(n, dtype=np.int64), np.ones(n, dtype=np.float32)
        centroids = np.stack([rows[labels == c].mean(axis=0) for c in range(labels.max() + 1)])
        centroids /= np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-9)
        similar = rows @ centroids.T
        near = similar.argmax(axis=1)
        free = labels < 0
        labels[free] = np.where(similar[free].max(axis=1) >= self.reject, near[free], UNASSIGNED)
        return labels, np.maximum(similar.max(axis=1), 0.0)
