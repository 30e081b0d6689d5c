"""The default extractor: HDBSCAN on a diffusion embedding of the user's own neighbour graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from journeys.errors import ConfigError
from journeys.extraction.base import UNASSIGNED, Clusters, UserEvents, renumber
from journeys.extraction.dense import mean_directions
from journeys.extraction.graph import (
    affinity,
    continuity,
    diffusion,
    directions,
    nearest,
    places,
    unit_rows,
)
from journeys.extraction.hierarchy import at_granularity

#: Up to this many events HDBSCAN's dense algorithm is the fastest; beyond, its k-d tree.
_GENERIC_EVENTS = 1000

#: A similarity of 0 still joins neighbours, if hardly.
_FLOOR = 1e-6

#: From a granularity to labels and memberships of the usable events.
_At = Callable[[float], tuple[np.ndarray, np.ndarray]]

#: The least allowed value of each setting; one that is not a number fails the comparison.
_LEAST = {
    "neighbours": 1,
    "dimensions": 1,
    "steps": 0,
    "min_cluster_size": 2,
    "size_growth": 0,
    "time_least": 0,
    "time_most": 0,
    "time_gain": 0,
    "reject": 0,
    "granularity": 0,
    "max_exact": 100,
}


@dataclass(frozen=True)
class HdbscanExtractor:
    """Mean-centred vectors -> neighbour graph -> diffusion map -> HDBSCAN -> left-overs.

    Neighbours are near in meaning and, as far as this user's events show any continuity, in
    time: the weight of time is ``min(time_most, time_least + time_gain * continuity)``; see
    :func:`~journeys.extraction.graph.continuity`. HDBSCAN's left-overs go to the nearest
    cluster in the diffusion map. An event's membership is half its cosine to the cluster's mean
    and half the mean cosine to its neighbours in that cluster (others count 0); below
    ``reject`` it is unassigned.

    Attributes:
        neighbours: of an event in the graph.
        dimensions: of the diffusion map.
        steps: of the diffusion; more steps flatten what is fine.
        min_cluster_size, min_samples: HDBSCAN's (Campello et al. 2013); ``min_samples`` None is
            ``min_cluster_size``.
        size_growth: with n events HDBSCAN's smallest cluster has at least ``size_growth *
            sqrt(n)``, lest a very long timeline fall into crumbs.
        time_least, time_most, time_gain: see above.
        time_scale: events, and mean gaps between events, after which closeness in time has
            fallen to 1/e; see :func:`~journeys.extraction.graph.places`.
        reject: see above.
        granularity: 0 (few broad clusters) to 1 (many narrow ones), 0.5 as HDBSCAN finds them;
            see :func:`~journeys.extraction.hierarchy.at_granularity`.
        max_exact: with more events, clusters are found among this many, spread evenly over the
            timeline, and the map is extended to the others (Nystrom), linear in their number.
    """

    neighbours: int = 10
    dimensions: int = 12
    steps: float = 2.5
    min_cluster_size: int = 5
    min_samples: int | None = None
    size_growth: float = 0.15
    time_least: float = 0.05
    time_most: float = 0.2
    time_gain: float = 6.0
    time_scale: float = 8.0
    reject: float = 0.1
    granularity: float = 0.5
    max_exact: int = 10_000

    def __post_init__(self) -> None:
        for name, bound in _LEAST.items():
            if not getattr(self, name) >= bound:
                raise ConfigError(f"{name} must be at least {bound}, not {getattr(self, name)}")
        if self.granularity > 1:
            raise ConfigError(f"granularity must be from 0 to 1, not {self.granularity}")
        if self.time_scale <= 0:
            raise ConfigError(f"time_scale must be above 0, not {self.time_scale}")

    @property
    def id(self) -> str:
        return "hdbscan"

    def settings(self) -> dict[str, Any]:
        """Every attribute; enough to make an equal extractor."""
        return asdict(self)

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        """See :class:`~journeys.extraction.base.Extractor`. Nothing is drawn: no seed matters.

        Zero vectors are unassigned, as are those that are not finite. Fewer usable events than
        ``min_cluster_size`` give no cluster, equal ones give one.
        """
        return self.levels(events, seed=seed)(self.granularity)

    def levels(self, events: UserEvents, *, seed: int = 0) -> Callable[[float], Clusters]:
        """See :class:`~journeys.extraction.base.Levelled`; the granularity set here is unused."""
        vectors = np.asarray(events.vectors, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1)
        usable = np.flatnonzero(np.isfinite(lengths) & (lengths > 1e-6))
        cluster = self._hierarchy(vectors[usable], np.asarray(events.times)[usable], events.mean)

        def at(granularity: float) -> Clusters:
            labels = np.full(len(vectors), UNASSIGNED, dtype=np.int64)
            membership = np.zeros(len(vectors), dtype=np.float32)
            labels[usable], membership[usable] = cluster(granularity)
            return Clusters.of(labels, membership)

        return at

    def _hierarchy(self, vectors: np.ndarray, times: np.ndarray, mean: np.ndarray | None) -> _At:
        """The clusterings of usable vectors, shape ``(n, d)``, and their times."""
        n = len(vectors)
        if n < max(3, self.min_cluster_size):
            return lambda _: (np.full(n, UNASSIGNED, dtype=np.int64), np.zeros(n, dtype=np.float32))
        rows = directions(vectors, mean)
        if np.abs(rows - rows[0]).max() < 1e-5:
            return lambda _: (np.zeros(n, dtype=np.int64), np.ones(n, dtype=np.float32))
        points, neighbours, known = self._embed(rows, times)
        labels = np.full(n, UNASSIGNED, dtype=np.int64)
        labels[known] = self._dense_regions(points[known])
        labels = _to_nearest(points, labels)
        # What is rejected is decided before the granularity, so that it does not depend on it.
        membership = _membership(rows, labels, neighbours)
        labels = renumber(np.where(membership < self.reject, UNASSIGNED, labels))

        def at(granularity: float) -> tuple[np.ndarray, np.ndarray]:
            finer = at_granularity(points, labels, granularity, self.min_cluster_size)
            if granularity == 0.5:
                return finer, membership
            belongs = _membership(rows, np.maximum(finer, 0), neighbours)
            return finer, np.where(finer >= 0, belongs, membership)

        return at

    def _embed(
        self, rows: np.ndarray, times: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The diffusion map of all rows; their neighbours; which rows it was computed from."""
        n = len(rows)
        weight = min(self.time_most, self.time_least + self.time_gain * continuity(rows))
        known = np.arange(n)
        if n > self.max_exact:
            known = np.linspace(0, n - 1, self.max_exact).round().astype(np.int64)
        anchors, anchor_at = rows[known], places(times[known])
        k = min(self.neighbours, len(known) - 1)
        positions, similar = nearest(
            anchors,
            anchor_at,
            anchors,
            anchor_at,
            k,
            time_weight=weight,
            time_scale=self.time_scale,
            others_only=True,
        )
        graph = affinity(positions, np.maximum(similar, 0.0) + _FLOOR)
        points = diffusion(graph, self.dimensions, self.steps)
        if len(known) == n:
            return points, positions, known
        # An event lies where its neighbours among the anchors lie, by weight.
        at = np.column_stack(
            [
                np.interp(np.arange(n), known, anchor_at[:, 0]),
                np.interp(times, times[known], anchor_at[:, 1]),
            ]
        )
        positions, similar = nearest(
            rows, at, anchors, anchor_at, k, time_weight=weight, time_scale=self.time_scale
        )
        weights = np.maximum(similar, 0.0) + _FLOOR
        extended = np.zeros((n, points.shape[1]))
        for column in range(k):
            extended += weights[:, column, None] * points[positions[:, column]]
        extended = unit_rows(extended)
        extended[known] = points
        return extended, known[positions], known

    def _dense_regions(self, points: np.ndarray) -> np.ndarray:
        """HDBSCAN's labels; one cluster where it finds none."""
        from hdbscan import HDBSCAN

        labels = (
            HDBSCAN(
                min_cluster_size=max(
                    self.min_cluster_size, round(self.size_growth * np.sqrt(len(points)))
                ),
                min_samples=self.min_samples or self.min_cluster_size,
                algorithm="generic" if len(points) <= _GENERIC_EVENTS else "boruvka_kdtree",
                approx_min_span_tree=False,
                core_dist_n_jobs=1,
            )
            .fit(points)
            .labels_.astype(np.int64)
        )
        return labels if labels.max() >= 0 else np.zeros(len(points), dtype=np.int64)


def _to_nearest(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Give each unassigned event to the cluster with the nearest mean direction."""
    free = labels < 0
    labels = labels.copy()
    labels[free] = (points[free] @ mean_directions(points, labels).T).argmax(axis=1)
    return labels


def _membership(rows: np.ndarray, labels: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """See :class:`HdbscanExtractor`; shape ``(n,)``, in [0, 1]. Every event has a cluster."""
    # In single precision, in which the published results were made.
    centroids = mean_directions(rows, labels, np.float32)
    to_mean = np.einsum("ij,ij->i", rows, centroids[labels])
    to_own = np.zeros(len(rows), dtype=np.float32)
    for column in neighbours.T:
        cosine = np.einsum("ij,ij->i", rows, rows[column])
        to_own += np.where(labels[column] == labels, cosine, 0.0)
    to_own /= neighbours.shape[1]
    return np.asarray(np.clip((np.maximum(to_mean, 0) + np.maximum(to_own, 0)) / 2, 0, 1))
