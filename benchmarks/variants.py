"""Ideas for the default extractor that were tried and not kept, each as an extractor.

The default's steps with one of them exchanged. Similarities are dense here, so these are for
timelines of some thousand events, in benchmarks only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import common  # noqa: F401 - finds the checkout
import numpy as np

from journeys.extraction.base import UNASSIGNED, Clusters, UserEvents
from journeys.extraction.graph import affinity, continuity, diffusion, directions, places, unit_rows

#: The default's settings.
NEIGHBOURS, DIMENSIONS, STEPS, SMALLEST, REJECT = 10, 12, 2.5, 5, 0.1

Weigh = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(neighbours (n, k), weights (n, k), rows) -> weights (n, k)"""

Near = Callable[[UserEvents], np.ndarray]
"""Closeness in time of any two events, (n, n), from 0 to 1."""


@dataclass(frozen=True)
class Composed:
    """The default's steps, any of which may be another; see the functions below.

    Attributes:
        rows: unit rows of the events, less the mean.
        alike: added to the cosines.
        near: see :data:`Near`; weighted as the default weighs it.
        weigh: the graph's weights.
        neighbours: of an event among n.
        cut: labels from the points of the map, the rows and the similarities.
        settle: labels anew, from labels, rows and closeness in time.
        leave: HDBSCAN's left-overs stay unassigned.
    """

    id: str
    rows: Callable[[UserEvents], np.ndarray] | None = None
    alike: Callable[[UserEvents], np.ndarray] | None = None
    near: Near | None = None
    weigh: Weigh | None = None
    neighbours: Callable[[int], int] = lambda n: NEIGHBOURS
    cut: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray] | None = None
    settle: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray] | None = None
    leave: bool = False

    def settings(self) -> dict[str, Any]:
        return {}

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        n = len(events)
        rows = (self.rows or centred)(events)
        near = (self.near or as_default)(events)
        weight = min(0.2, 0.05 + 6.0 * continuity(rows))
        similar = rows @ rows.T + weight * near
        if self.alike is not None:
            similar = similar + self.alike(events)
        positions, values = nearest_of(similar, min(self.neighbours(n), n - 1))
        weights = np.maximum(values, 0.0) + 1e-6
        if self.weigh is not None:
            weights = self.weigh(positions, weights, rows)
        points = diffusion(affinity(positions, weights), DIMENSIONS, STEPS)
        labels = (self.cut or dense_regions)(points, rows, similar)
        if labels.max() < 0:
            labels = np.zeros(n, dtype=np.int64)
        left = labels < 0
        labels = labels.copy()
        labels[left] = (points[left] @ means_of(points, labels).T).argmax(axis=1)
        if self.settle is not None:
            labels = self.settle(labels, rows, near)
        belongs = membership(rows, labels, positions)
        gone = (belongs < REJECT) | (left if self.leave else False)
        return Clusters.of(np.where(gone, UNASSIGNED, labels), belongs)


def centred(events: UserEvents) -> np.ndarray:
    return directions(events.vectors, events.mean)


def whitened(strength: float, shrink: float, covariance: np.ndarray) -> Any:
    """Rows with common directions of the log's vectors turned down (partial, shrunk whitening)."""
    values, axes = np.linalg.eigh(covariance)
    scale = (axes * (values / values.mean() + shrink) ** (-strength / 2)) @ axes.T

    def rows(events: UserEvents) -> np.ndarray:
        return unit_rows((events.vectors - events.mean).astype(np.float64) @ scale)

    return rows


class Lexical:
    """Cosine of tf-idf weighted words, with the log's document frequencies."""

    def __init__(self, weight: float, texts: list[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.weight = weight
        self.words = TfidfVectorizer(
            sublinear_tf=True, min_df=2, stop_words="english", token_pattern=r"(?u)\w[\w+#.-]*"
        ).fit(texts)

    def __call__(self, events: UserEvents) -> np.ndarray:
        terms = self.words.transform(events.texts)
        return np.asarray(self.weight * (terms @ terms.T).toarray())


def as_default(events: UserEvents) -> np.ndarray:
    """The mean of closeness by order and by the clock."""
    return near_by(0.5, 8.0)(events)


def near_by(clock: float, reach: float) -> Near:
    """Closeness by the clock and by order, mixed; ``clock`` is the share of the first."""

    def near(events: UserEvents) -> np.ndarray:
        order, time = (
            np.exp(-np.abs(place[:, None] - place) / reach)
            for place in places(np.asarray(events.times)).T
        )
        return np.asarray(clock * time + (1 - clock) * order)

    return near


def two_scales(events: UserEvents) -> np.ndarray:
    return 0.5 * near_by(0.5, 8.0)(events) + 0.5 * near_by(0.5, 30.0)(events)


def same_sitting(events: UserEvents) -> np.ndarray:
    """As the default, and half as much again for events within twelve hours."""
    times = np.asarray(events.times, dtype=np.float64)
    return as_default(events) + 0.5 * (np.abs(times[:, None] - times) < 12 * 3_600_000_000)


def nearest_of(similar: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    values = similar.copy()
    np.fill_diagonal(values, -np.inf)
    positions = np.argpartition(values, -k, axis=1)[:, -k:]
    return positions, np.take_along_axis(values, positions, axis=1)


def _joined(positions: np.ndarray) -> np.ndarray:
    n = len(positions)
    joined = np.zeros((n, n), dtype=np.float32)
    joined[np.arange(n)[:, None], positions] = 1.0
    return joined


def mutual(positions: np.ndarray, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Neighbours that are not so in return count a third."""
    back = np.take_along_axis(_joined(positions).T, positions, axis=1)
    return np.where(back > 0, weights, 0.3 * weights)


def shared(positions: np.ndarray, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Weighted by the Jaccard index of the two neighbourhoods (Jarvis and Patrick 1973)."""
    joined = _joined(positions) + np.eye(len(positions), dtype=np.float32)
    both = np.take_along_axis(joined @ joined.T, positions, axis=1)
    return weights * (both / (2 * (positions.shape[1] + 1) - both) + 0.05)


def local_scale(positions: np.ndarray, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """In units of what is usual around the two events (Zelnik-Manor and Perona 2004)."""
    usual = weights.mean(axis=1)
    return np.exp(weights / np.sqrt(usual[:, None] * usual[positions]) - 1.0)


def dense_regions(
    points: np.ndarray, rows: np.ndarray, similar: np.ndarray, selection: str = "eom"
) -> np.ndarray:
    from hdbscan import HDBSCAN

    found = HDBSCAN(
        min_cluster_size=max(SMALLEST, round(0.15 * np.sqrt(len(points)))),
        min_samples=SMALLEST,
        algorithm="generic" if len(points) <= 1000 else "boruvka_kdtree",
        approx_min_span_tree=False,
        core_dist_n_jobs=1,
        cluster_selection_method=selection,
    ).fit(points)
    return np.asarray(found.labels_, dtype=np.int64)


def leaves(points: np.ndarray, rows: np.ndarray, similar: np.ndarray) -> np.ndarray:
    return dense_regions(points, rows, similar, "leaf")


def average_link(points: np.ndarray, rows: np.ndarray, similar: np.ndarray) -> np.ndarray:
    """Agglomerative, average link on the same similarities, cut at the best of a few heights."""
    from sklearn.cluster import AgglomerativeClustering

    found = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=0.85
    ).fit(np.maximum(1.0 - similar, 0.0))
    labels = np.asarray(found.labels_, dtype=np.int64)
    small = np.bincount(labels)[labels] < SMALLEST
    return np.where(small, UNASSIGNED, labels)


def consensus(points: np.ndarray, rows: np.ndarray, similar: np.ndarray) -> np.ndarray:
    """Agreement of eight clusterings of different graphs, cut by average link at a half."""
    from sklearn.cluster import AgglomerativeClustering

    n = len(rows)
    together = np.zeros((n, n))
    trials = [(k, dim, steps) for k in (7, 10) for dim in (8, 16) for steps in (2.0, 3.0)]
    for k, dimensions, steps in trials:
        positions, values = nearest_of(similar, min(k, n - 1))
        graph = affinity(positions, np.maximum(values, 0.0) + 1e-6)
        there = diffusion(graph, dimensions, steps)
        labels = dense_regions(there, rows, similar)
        labels = np.zeros(n, dtype=np.int64) if labels.max() < 0 else labels
        left = labels < 0
        labels[left] = (there[left] @ means_of(there, labels).T).argmax(axis=1)
        together += labels[:, None] == labels
    found = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=0.5
    ).fit(1.0 - together / len(trials))
    labels = np.asarray(found.labels_, dtype=np.int64)
    small = np.bincount(labels)[labels] < SMALLEST
    return np.where(small, UNASSIGNED, labels)


def reassigned(labels: np.ndarray, rows: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Twice: each event to the cluster whose five nearest members and activity then fit best."""
    similar = nearest_free(rows)
    pull = near - np.diag(np.diagonal(near))
    pull = pull / pull.sum(axis=1, keepdims=True)
    for _ in range(2):
        count = int(labels.max()) + 1
        scores = np.full((len(labels), count), -1.0)
        for cluster in range(count):
            members = np.flatnonzero(labels == cluster)
            if len(members):
                top = min(5, len(members))
                part = similar[:, members]
                scores[:, cluster] = np.partition(part, -top, axis=1)[:, -top:].mean(axis=1)
        active = pull @ np.eye(count)[labels]
        labels = (scores + 0.05 * np.log(active + 0.05)).argmax(axis=1)
        labels = np.unique(labels, return_inverse=True)[1]
    return labels


def nearest_free(rows: np.ndarray) -> np.ndarray:
    similar = rows @ rows.T
    np.fill_diagonal(similar, -1.0)
    return similar


def without_duplicates(labels: np.ndarray, rows: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Clusters whose means' cosine is above .6 are merged."""
    while labels.max() > 0:
        means = means_of(rows, labels)
        similar = means @ means.T
        np.fill_diagonal(similar, -1.0)
        first, second = np.unravel_index(similar.argmax(), similar.shape)
        if similar[first, second] <= 0.6:
            break
        labels = np.unique(np.where(labels == second, first, labels), return_inverse=True)[1]
    return labels


def means_of(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return unit_rows(
        np.stack([rows[labels == c].sum(axis=0) for c in range(int(labels.max()) + 1)])
    )


def membership(rows: np.ndarray, labels: np.ndarray, positions: np.ndarray) -> np.ndarray:
    to_mean = np.einsum("ij,ij->i", rows, means_of(rows, labels)[labels])
    cosine = np.take_along_axis(rows @ rows.T, positions, axis=1)
    to_own = np.where(labels[positions] == labels[:, None], cosine, 0.0).mean(axis=1)
    return np.asarray((np.maximum(to_mean, 0.0) + np.maximum(to_own, 0.0)) / 2)


@dataclass(frozen=True)
class WithMean:
    """Another extractor with another mean."""

    id: str
    inner: Any
    mean: Callable[[np.ndarray | None], np.ndarray | None]

    def settings(self) -> dict[str, Any]:
        return {}

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        other = UserEvents(events.vectors, events.times, self.mean(events.mean), events.timeline)
        found: Clusters = self.inner.extract(other, seed=seed)
        return found


class Oracle:
    """Not a method: what the true groups would give, to see what bounds the figures.

    ``"count"``: k-means on the default's map with the true number of groups. ``"vote"``: each
    event takes the true group that most of its ten nearest neighbours have, its own left out; what
    the neighbourhoods of these vectors can tell at best, with everybody else's answer given.
    """

    def __init__(self, kind: str, truth: Callable[[UserEvents], np.ndarray]) -> None:
        self.id = {"count": "the true number of clusters", "vote": "the neighbours' true groups"}[
            kind
        ]
        self._kind, self._truth = kind, truth

    def settings(self) -> dict[str, Any]:
        return {}

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        rows, n = centred(events), len(events)
        weight = min(0.2, 0.05 + 6.0 * continuity(rows))
        similar = rows @ rows.T + weight * as_default(events)
        positions, values = nearest_of(similar, min(NEIGHBOURS, n - 1))
        weights = np.maximum(values, 0.0) + 1e-6
        names, groups = np.unique(self._truth(events), return_inverse=True)
        if self._kind == "vote":
            votes = np.zeros((n, len(names)))
            for column in range(positions.shape[1]):
                np.add.at(votes, (np.arange(n), groups[positions[:, column]]), weights[:, column])
            if names[0] == "":
                votes[:, 0] = 0.0
            labels = votes.argmax(axis=1)
        else:
            from sklearn.cluster import KMeans

            sizes = np.bincount(groups[names[groups] != ""])
            count = max(1, int((sizes >= SMALLEST).sum()))
            points = diffusion(affinity(positions, weights), DIMENSIONS, STEPS)
            labels = KMeans(count, n_init=5, random_state=seed).fit_predict(points)
        return Clusters.of(labels.astype(np.int64), np.ones(n))
