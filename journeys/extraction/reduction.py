"""Reduce by UMAP, then HDBSCAN: the recipe of BERTopic, and BERTopic itself.

Grootendorst, "BERTopic", arXiv 2203.05794. Both draw at random: results hang on the seed.
"""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from journeys.errors import ConfigError
from journeys.extraction.base import Clusters, UserEvents
from journeys.extraction.dense import (
    MAX_EXACT,
    Grouping,
    check_count,
    check_range,
    cluster_rows,
    cosine_membership,
    mean_directions,
    nearest_cluster,
)

#: UMAP's spectral start needs more events than this; fewer start at random.
_SPECTRAL_EVENTS = 20


@dataclass(frozen=True)
class UmapHdbscanExtractor:
    """UMAP (McInnes et al. 2018) on cosine distance, then HDBSCAN (Campello et al. 2013).

    Membership is the cosine to the cluster's mean direction, 0 where negative; for an unassigned
    event, to the nearest cluster. It tells events of no group apart better than HDBSCAN's own
    probability does.

    Attributes:
        neighbours, dimensions, min_dist: UMAP's.
        min_cluster_size, min_samples: HDBSCAN's; ``min_samples`` None is ``min_cluster_size``.
            Fewer events than ``min_cluster_size`` give no cluster.
        leaf: HDBSCAN's leaf clusters instead of those of most excess mass.
        fill: give left-overs to the nearest cluster, as BERTopic's ``reduce_outliers`` does
            with embeddings.
        centred: subtract the corpus mean first.
        max_exact: with more events, clusters are found among so many; see
            :func:`~journeys.extraction.dense.cluster_rows`.
    """

    neighbours: int = 15
    dimensions: int = 5
    min_dist: float = 0.0
    min_cluster_size: int = 5
    min_samples: int | None = None
    leaf: bool = False
    fill: bool = True
    centred: bool = True
    max_exact: int = MAX_EXACT

    def __post_init__(self) -> None:
        check_count("neighbours", self.neighbours, 2)
        check_count("dimensions", self.dimensions, 1)
        check_range("min_dist", self.min_dist, 0, 1)
        check_count("min_cluster_size", self.min_cluster_size, 2)
        if self.min_samples is not None:
            check_count("min_samples", self.min_samples, 1)
        check_count("max_exact", self.max_exact, 100)

    @property
    def id(self) -> str:
        return "umap-hdbscan"

    def settings(self) -> dict[str, Any]:
        """Every attribute; enough to make an equal extractor."""
        return asdict(self)

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        """See :class:`~journeys.extraction.base.Extractor`. The seed is UMAP's."""

        def group(rows: np.ndarray, _: np.ndarray) -> Grouping:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # It warns that a fixed seed means one thread.
                model = _umap(len(rows), self.neighbours, self.dimensions, self.min_dist, seed)
                points = model.fit_transform(rows)
            model = _hdbscan(self.min_cluster_size, self.min_samples, self.leaf)
            found = model.fit(points)
            labels = found.labels_.astype(np.int64)
            if self.fill:
                labels = _filled(rows, labels)
            return labels, cosine_membership(rows, labels)

        return cluster_rows(
            events,
            group,
            least=max(4, self.min_cluster_size),
            max_exact=self.max_exact,
            centred=self.centred,
        )


@dataclass(frozen=True)
class BertopicExtractor:
    """The package BERTopic on the vectors at hand. A peer to measure; not installed by default.

    Attributes:
        min_topic_size: its setting; fewer events give no cluster.
        fill: give left-overs to the nearest topic, by its ``reduce_outliers`` on embeddings.
        centred: subtract the corpus mean first.
        max_exact: with more events, clusters are found among so many; see
            :func:`~journeys.extraction.dense.cluster_rows`.
    """

    min_topic_size: int = 5
    fill: bool = True
    centred: bool = True
    max_exact: int = MAX_EXACT

    def __post_init__(self) -> None:
        check_count("min_topic_size", self.min_topic_size, 2)
        check_count("max_exact", self.max_exact, 100)

    @property
    def id(self) -> str:
        return "bertopic"

    def settings(self) -> dict[str, Any]:
        """Every attribute; enough to make an equal extractor."""
        return asdict(self)

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        """See :class:`~journeys.extraction.base.Extractor`. Memberships as in ``umap-hdbscan``.

        Raises:
            ConfigError: the package is not installed.
        """
        model_class = _bertopic_class()
        texts = events.texts

        def group(rows: np.ndarray, positions: np.ndarray) -> Grouping:
            from sklearn.feature_extraction.text import CountVectorizer

            # Its topic words are not used, but it fails where no text has a word.
            documents = [texts[at].strip() or "-" for at in positions]
            model = model_class(
                umap_model=_umap(len(rows), 15, 5, 0.0, seed),
                hdbscan_model=_hdbscan(self.min_topic_size, None, leaf=False),
                vectorizer_model=CountVectorizer(token_pattern=r"\S+"),  # noqa: S106 - a pattern
                min_topic_size=self.min_topic_size,
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found, _ = model.fit_transform(documents, embeddings=rows)
                if self.fill and min(found) < 0 <= max(found):  # It refuses all other cases.
                    found = model.reduce_outliers(
                        documents, found, strategy="embeddings", embeddings=rows
                    )
            labels = np.array(found, dtype=np.int64)
            return labels, cosine_membership(rows, labels)

        return cluster_rows(
            events,
            group,
            least=max(4, self.min_topic_size),
            max_exact=self.max_exact,
            centred=self.centred,
        )


def _bertopic_class() -> Any:
    try:
        from bertopic import BERTopic
    except ImportError:
        raise ConfigError(
            "the extractor 'bertopic' needs the package bertopic, which only the benchmarks "
            "use; install it with: pip install -r benchmarks/requirements.txt"
        ) from None
    return BERTopic


def _umap(events: int, neighbours: int, dimensions: int, min_dist: float, seed: int) -> Any:
    from umap import UMAP

    return UMAP(
        n_neighbors=min(neighbours, events - 1),
        n_components=min(dimensions, events - 2),
        min_dist=min_dist,
        metric="cosine",
        init="spectral" if events > _SPECTRAL_EVENTS else "random",
        random_state=seed,
        n_jobs=1,
        low_memory=False,
    )


def _hdbscan(min_cluster_size: int, min_samples: int | None, leaf: bool) -> Any:
    from hdbscan import HDBSCAN

    return HDBSCAN(
        min_cluster_size=min_cluster_size,
        min_samples=min_samples,
        cluster_selection_method="leaf" if leaf else "eom",
        core_dist_n_jobs=1,
    )


def _filled(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The labels, with unassigned rows in the cluster of the nearest mean direction, if any."""
    free = labels < 0
    if free.any() and not free.all():
        labels = labels.copy()
        labels[free] = nearest_cluster(rows[free], mean_directions(rows, labels))[0]
    return labels
