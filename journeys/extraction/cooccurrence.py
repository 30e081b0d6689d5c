"""Clusters of items that people do close together, the same for everybody.

The paper's non-personalised baseline (Christakopoulou et al. 2023, arXiv 2305.15498): item
co-occurrence matrix, matrix factorisation, k-means on the factors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from journeys.extraction.base import UNASSIGNED, Clusters, UserEvents
from journeys.extraction.dense import check_count, cosine_membership
from journeys.extraction.graph import unit_rows
from journeys.timeline import Timeline


@dataclass(frozen=True)
class CooccurrenceExtractor:
    """An event's cluster is its item's; only item ids and their order are read.

    Two items co-occur as often as the same user did both at most ``window`` events apart. The
    counts become positive pointwise mutual information (Levy and Goldberg 2014), which is
    factorised by a truncated SVD; rows of the factors, at length 1, are clustered by k-means.
    Membership is the cosine to the cluster's mean, and 0 for items that the log did not have,
    which are unassigned.

    :meth:`fit` learns the clusters from a log; not fitted, the user's own events stand for it.

    Attributes:
        clusters: k of the k-means; None for 1.5 times the square root of the number of items.
        window: see above, in events.
        factors: of the SVD.
        seed: of the SVD and the k-means, both of which :meth:`fit` does; the seed of
            :meth:`extract` does not matter.
        learned: item -> cluster and membership; set by :meth:`fit`, no setting.
    """

    clusters: int | None = None
    window: int = 5
    factors: int = 50
    seed: int = 0
    learned: Mapping[str, tuple[int, float]] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.clusters is not None:
            check_count("clusters", self.clusters, 1)
        check_count("window", self.window, 1)
        check_count("factors", self.factors, 1)
        check_count("seed", self.seed, 0)

    @property
    def id(self) -> str:
        return "cooccurrence"

    def settings(self) -> dict[str, Any]:
        """Every attribute but what was learned, which the log gives."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "learned"}

    def fit(self, timelines: Iterable[Timeline]) -> CooccurrenceExtractor:
        """The extractor that knows the clusters of this log's items."""
        return replace(
            self, learned=self._learn(timeline.frame["item_id"].tolist() for timeline in timelines)
        )

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        """See :class:`~journeys.extraction.base.Extractor`."""
        items = events.items
        learned = self._learn([items]) if self.learned is None else self.learned
        found = [learned.get(item, (UNASSIGNED, 0.0)) for item in items]
        labels = np.array([label for label, _ in found], dtype=np.int64)
        return Clusters.of(labels, np.array([weight for _, weight in found], dtype=np.float32))

    def _learn(self, users: Iterable[Sequence[str]]) -> dict[str, tuple[int, float]]:
        """Cluster and membership of each item, from every user's items in order of time."""
        known: dict[str, int] = {}
        pasts = [
            np.array([known.setdefault(item, len(known)) for item in items], dtype=np.int64)
            for items in users
        ]
        labels, membership = self._cluster(pasts, len(known))
        return dict(zip(known, zip(labels.tolist(), membership.tolist(), strict=True), strict=True))

    def _cluster(self, pasts: list[np.ndarray], count: int) -> tuple[np.ndarray, np.ndarray]:
        """Cluster and membership of items 0 to ``count - 1``."""
        from sklearn.cluster import KMeans
        from sklearn.utils.extmath import randomized_svd

        wanted = self.clusters or max(1, round(1.5 * count**0.5))
        if count <= max(2, wanted):
            return np.arange(count), np.ones(count)
        matrix = positive_pmi(pasts, count, self.window)
        left, values, _ = randomized_svd(
            matrix, min(self.factors, count - 1), random_state=self.seed
        )
        rows = unit_rows((left * np.sqrt(values)).astype(np.float32))
        distinct = len(np.unique(rows.round(5), axis=0))
        labels = (
            KMeans(min(wanted, distinct), n_init=1, random_state=self.seed)
            .fit(rows)
            .labels_.astype(np.int64)
        )
        return labels, cosine_membership(rows, labels)


def positive_pmi(pasts: Iterable[np.ndarray], count: int, window: int) -> Any:
    """Positive pointwise mutual information of items within users' windows.

    Args:
        pasts: the items of each user in order of time, integers below ``count``.
        window: items at most so many events apart co-occur.

    Returns:
        Shape ``(count, count)``, sparse, symmetric, zero on the diagonal.
    """
    from scipy.sparse import csr_array

    firsts, seconds = [], []
    for past in pasts:
        for lag in range(1, min(window, len(past) - 1) + 1):
            firsts += [past[:-lag], past[lag:]]
            seconds += [past[lag:], past[:-lag]]
    if not firsts:
        return csr_array((count, count))
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    apart = first != second
    first, second = first[apart], second[apart]
    counts = csr_array((np.ones(len(first)), (first, second)), shape=(count, count)).tocoo()
    row, column = counts.coords
    sums = np.bincount(first, minlength=count).astype(np.float64)
    information = np.log(counts.data * len(first) / (sums[row] * sums[column]))
    result = csr_array((np.maximum(information, 0.0), (row, column)), shape=(count, count))
    result.eliminate_zeros()
    return result
