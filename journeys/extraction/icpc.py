"""Infinite Concept Personalized Clustering (Christakopoulou et al. 2023, arXiv 2305.15498).

Events are read in order of time. Each joins the journey whose centroid, the mean of its members,
has the largest cosine to it, if that reaches a threshold, and opens a new journey otherwise.
Journeys that stay too small are dropped. The paper compares salient terms (``icpc``); the same
on sentence vectors is ``icpc-dense``. The paper gives neither threshold nor minimum size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from journeys.extraction.base import Clusters, UserEvents
from journeys.extraction.dense import (
    Grouping,
    check_count,
    check_range,
    cluster_rows,
    cosine_membership,
    without_small,
)
from journeys.extraction.online import join_by_terms, join_by_vectors
from journeys.extraction.terms import Term, salient_terms
from journeys.timeline import Timeline
from journeys.words import DocumentFrequency

#: Events whose similarities to all journeys are computed at once.
_BLOCK = 256


@dataclass(frozen=True)
class IcpcExtractor:
    """ICPC on salient unigrams and bigrams of the events' texts, cosine on shared terms.

    Vectors are not read. An event without a salient term is unassigned. Membership is the cosine
    to the final centroid; for an unassigned event, to the nearest of those that were kept.

    :meth:`fit` counts the words of a log, from which salience follows (see
    :func:`~journeys.extraction.terms.salient_terms`); not fitted, the user's own events stand
    for the log.

    Attributes:
        granularity: 0 (few broad journeys) to 1 (many narrow ones), which moves the threshold;
            see :func:`threshold`. More journeys are opened as it rises, but more of them stay
            below ``min_size`` and drop out too.
        epsilon: the threshold at granularity 0.5: the least cosine to join a journey.
        min_size: smaller journeys are dropped.
        max_terms: of an event, the most salient.
        max_centroid: a centroid with more than twice so many terms is cut to the heaviest of
            them, which bounds memory.
        background: word frequencies of the log; set by :meth:`fit`, no setting.
    """

    granularity: float = 0.5
    epsilon: float = 0.02
    min_size: int = 2
    max_terms: int = 64
    max_centroid: int = 1000
    background: DocumentFrequency | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_range("granularity", self.granularity, 0, 1)
        check_range("epsilon", self.epsilon, 0, 1)
        for name in ("min_size", "max_terms", "max_centroid"):
            check_count(name, getattr(self, name), 1)

    @property
    def id(self) -> str:
        return "icpc"

    def settings(self) -> dict[str, Any]:
        """Every attribute but the word frequencies, which the log gives."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "background"}

    def fit(self, timelines: Iterable[Timeline]) -> IcpcExtractor:
        """The extractor that knows how rare each word is in this log."""
        texts = (text for timeline in timelines for text in timeline.texts())
        return replace(self, background=DocumentFrequency.of(texts))

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        """See :class:`~journeys.extraction.base.Extractor`. Nothing is drawn: no seed matters."""
        texts = events.texts
        background = self.background or DocumentFrequency.of(texts)
        described = [salient_terms(text, background, self.max_terms) for text in texts]
        epsilon = threshold(self.epsilon, self.granularity)
        labels = without_small(join_by_terms(described, epsilon, self.max_centroid), self.min_size)
        labels = Clusters.of(labels, np.zeros(len(labels))).labels
        return Clusters.of(labels, _term_membership(described, labels))


def threshold(epsilon: float, granularity: float) -> float:
    """The least cosine to join a journey, rising from 0 to 1 with the granularity.

    Linear from 0 (anything alike joins) to ``epsilon`` at 0.5, geometric from there to 1 (only
    the same joins), since most of the change is at small values.
    """
    if granularity < 0.5:
        return 2.0 * granularity * epsilon
    return float(epsilon ** (2.0 - 2.0 * granularity))


def _term_membership(described: Sequence[Mapping[Term, float]], labels: np.ndarray) -> np.ndarray:
    """Cosine of each event to its cluster's mean, or to the nearest one; shape ``(n,)``."""
    from scipy.sparse import csr_array, diags_array

    n, count = len(labels), int(labels.max(initial=-1)) + 1
    membership = np.zeros(n, dtype=np.float32)
    if not count:
        return membership
    columns: dict[Term, int] = {}
    indices = [columns.setdefault(term, len(columns)) for event in described for term in event]
    starts = np.concatenate([[0], np.cumsum([len(event) for event in described])])
    weights = np.array([w for event in described for w in event.values()], dtype=np.float32)
    rows = csr_array((weights, indices, starts), shape=(n, len(columns)))
    members = np.flatnonzero(labels >= 0)
    where = csr_array(
        (np.ones(len(members), dtype=np.float32), (labels[members], members)), shape=(count, n)
    )
    rows, centroids = (
        diags_array(1.0 / np.maximum(_lengths(matrix), 1e-12)) @ matrix
        for matrix in (rows, where @ rows)
    )
    centroids = centroids.T.tocsr()
    for start in range(0, n, _BLOCK):
        similar = (rows[start : start + _BLOCK] @ centroids).tocsr()
        block = np.arange(similar.shape[0])
        own = np.maximum(labels[start : start + _BLOCK], 0)
        nearest = similar.max(axis=1).toarray().ravel()
        membership[start : start + _BLOCK] = np.where(
            labels[start : start + _BLOCK] >= 0, similar[block, own], nearest
        )
    return membership


def _lengths(matrix: Any) -> np.ndarray:
    """Length of each row of a sparse matrix."""
    squares: np.ndarray = np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
    return np.asarray(np.sqrt(squares))


@dataclass(frozen=True)
class DenseIcpcExtractor:
    """ICPC on mean-centred sentence vectors.

    Attributes:
        granularity, epsilon, min_size: as in :class:`IcpcExtractor`.
    """

    granularity: float = 0.5
    epsilon: float = 0.07
    min_size: int = 5

    def __post_init__(self) -> None:
        check_range("granularity", self.granularity, 0, 1)
        check_range("epsilon", self.epsilon, 0, 1)
        check_count("min_size", self.min_size, 1)

    @property
    def id(self) -> str:
        return "icpc-dense"

    def settings(self) -> dict[str, Any]:
        """Every attribute; enough to make an equal extractor."""
        return asdict(self)

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        """See :class:`~journeys.extraction.base.Extractor`. Nothing is drawn: no seed matters."""
        epsilon = threshold(self.epsilon, self.granularity)

        def group(rows: np.ndarray, _: np.ndarray) -> Grouping:
            labels = without_small(join_by_vectors(rows, epsilon), self.min_size)
            labels = Clusters.of(labels, np.zeros(len(labels))).labels
            return labels, cosine_membership(rows, labels)

        return cluster_rows(events, group, least=self.min_size)
