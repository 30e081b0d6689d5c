"""Baselines and peers against what their libraries give, or what a hand counts."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.metrics.pairwise import cosine_similarity

from journeys.errors import ConfigError
from journeys.extraction import UserEvents, get_extractor
from journeys.extraction.agglomerative import AverageLinkExtractor, condensed_distances
from journeys.extraction.baselines import SessionsExtractor
from journeys.extraction.cooccurrence import CooccurrenceExtractor, positive_pmi
from journeys.extraction.dense import cosine_membership
from journeys.extraction.graph import directions, unit_rows
from journeys.extraction.kmeans import KMeansExtractor
from journeys.extraction.reduction import BertopicExtractor, UmapHdbscanExtractor
from journeys.timeline import ActivityLog

HOUR = 3_600_000_000


def topics(count: int, each: int, spread: float = 0.7) -> tuple[UserEvents, np.ndarray, np.ndarray]:
    """Events of a few topics, the rows that extractors see, and the topics."""
    rng = np.random.default_rng(4)
    truth = rng.permutation(np.repeat(np.arange(count), each))
    centres, noise = (unit_rows(rng.normal(size=(n, 48))) for n in (count, len(truth)))
    vectors = unit_rows(centres[truth] + spread * noise).astype(np.float32)
    frame = pd.DataFrame({"user_id": "ann", "title": [f"topic {t}" for t in truth]})
    frame["timestamp"] = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(
        frame.index, unit="D"
    )
    timeline = ActivityLog(frame).timeline("ann")
    events = UserEvents(vectors, timeline.times, None, timeline)
    return events, directions(vectors, None), truth


def test_one_and_singletons() -> None:
    events, _, _ = topics(3, 10)
    assert get_extractor("one").extract(events).labels.tolist() == [0] * 30
    assert get_extractor("singletons").extract(events).labels.tolist() == list(range(30))


def test_sessions_begin_after_a_pause() -> None:
    times = np.array([0, 1, 2, 26, 27, 100]) * HOUR
    vectors = np.zeros((6, 2))

    def labels(gap_hours: float) -> list[int]:
        found = SessionsExtractor(gap_hours=gap_hours).extract(UserEvents(vectors, times))
        return found.labels.tolist()

    assert labels(12) == [0, 0, 0, 1, 1, 2]
    assert labels(24) == [0, 0, 0, 0, 0, 1], "a pause of just the gap goes on"
    assert labels(0) == [0, 1, 2, 3, 4, 5]
    assert labels(80) == [0] * 6


def test_average_link_is_scikit_learns() -> None:
    events, rows, _ = topics(6, 12, spread=1.2)
    for height in (0.5, 0.8, 0.96):
        expected = AgglomerativeClustering(
            n_clusters=None, metric="cosine", linkage="average", distance_threshold=height
        ).fit_predict(rows.astype(np.float64))
        extractor = AverageLinkExtractor(distance=height, min_cluster_size=1)
        found = extractor.extract(events)
        assert adjusted_rand_score(expected, found.labels) == 1
        kept = AverageLinkExtractor(distance=height, min_cluster_size=5).extract(events).labels
        large = np.bincount(expected)[expected] >= 5
        np.testing.assert_array_equal(kept >= 0, large)


def test_distances_are_scipys() -> None:
    _, rows, _ = topics(3, 9)
    expected = pdist(rows, metric="cosine")
    np.testing.assert_allclose(condensed_distances(rows, block=4), expected, atol=1e-6)
    tree = linkage(condensed_distances(rows), "average")
    assert len(np.unique(fcluster(tree, 2.0, "distance"))) == 1
    assert condensed_distances(rows[:1]).shape == (0,)


def test_kmeans_takes_the_k_of_the_best_silhouette() -> None:
    events, rows, truth = topics(5, 15)
    scores = {}
    for k in range(2, 9):
        labels = KMeans(k, n_init=3, random_state=1).fit_predict(rows)
        scores[k] = silhouette_score(rows, labels, metric="cosine")
    found = KMeansExtractor(max_clusters=8, starts=3).extract(events, seed=1)
    assert len(found) == max(scores, key=lambda k: scores[k]) == 5
    assert adjusted_rand_score(truth, found.labels) == 1
    sampled = KMeansExtractor(max_clusters=8, starts=3, sample=40).extract(events, seed=1)
    assert adjusted_rand_score(truth, sampled.labels) == 1


def test_membership_is_the_cosine_to_the_mean_direction() -> None:
    _, rows, truth = topics(3, 8)
    labels = np.where(np.arange(24) % 5 == 0, -1, truth)
    centroids = np.stack([rows[labels == c].mean(axis=0) for c in range(3)])
    cosines = np.maximum(cosine_similarity(rows, centroids), 0)
    expected = np.where(labels >= 0, cosines[np.arange(24), labels], cosines.max(axis=1))
    np.testing.assert_allclose(cosine_membership(rows, labels), expected, atol=1e-5)
    assert not cosine_membership(rows, np.full(24, -1)).any()


def test_umap_and_hdbscan_find_clear_topics_and_fill_when_asked() -> None:
    events, _, truth = topics(4, 30, spread=1.3)
    filled = UmapHdbscanExtractor().extract(events, seed=1)
    kept = UmapHdbscanExtractor(fill=False).extract(events, seed=1)
    assert adjusted_rand_score(truth, filled.labels) > 0.9
    assert (filled.labels >= 0).all()
    inside = kept.labels >= 0
    assert adjusted_rand_score(kept.labels[inside], filled.labels[inside]) == 1


@pytest.mark.skipif(find_spec("bertopic") is None, reason="needs benchmarks/requirements.txt")
@pytest.mark.parametrize("fill", [False, True])
def test_bertopic_is_umap_and_hdbscan(fill: bool) -> None:
    """The package, with the same seed, gives the very clusters of the recipe."""
    events, _, _ = topics(4, 30, spread=2.2)
    package = BertopicExtractor(fill=fill).extract(events, seed=3)
    recipe = UmapHdbscanExtractor(fill=fill).extract(events, seed=3)
    assert (recipe.labels >= 0).all() == fill
    np.testing.assert_array_equal(package.labels, recipe.labels)
    np.testing.assert_allclose(package.membership, recipe.membership, atol=1e-6)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bertopic", None)
    with pytest.raises(ConfigError, match=r"pip install -r benchmarks/requirements\.txt"):
        get_extractor("bertopic").extract(topics(2, 5)[0])


def test_pmi_by_hand() -> None:
    # Within a window of 1: a-b twice, b-c once, each counted both ways; six in all.
    found = positive_pmi([np.array([0, 1, 0]), np.array([1, 2])], 3, 1).toarray()
    # p(a, b) = 4/6, p(a) = 2/6, p(b) = 3/6, p(c) = 1/6; a is two of six, b three, c one.
    expected = np.zeros((3, 3))
    expected[0, 1] = expected[1, 0] = np.log((2 / 6) / (2 / 6 * 3 / 6))
    expected[1, 2] = expected[2, 1] = np.log((1 / 6) / (3 / 6 * 1 / 6))
    np.testing.assert_allclose(found, expected)
    assert positive_pmi([np.array([0, 0, 0])], 1, 5).nnz == 0
    assert positive_pmi([], 2, 5).shape == (2, 2)


def test_cooccurring_items_are_one_cluster_for_everybody() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for user in range(12):
        for run in range(4):
            topic = int(rng.integers(0, 3))
            chosen = rng.permutation(8)[:6]
            rows += [(f"u{user}", 10 * run + at, f"{topic}-{i}") for at, i in enumerate(chosen)]
    frame = pd.DataFrame(rows, columns=["user_id", "day", "item_id"])
    frame["title"] = "x"
    frame["timestamp"] = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(
        frame.pop("day"), unit="D"
    )
    log = ActivityLog(frame)
    fitted = CooccurrenceExtractor(clusters=3, factors=8).fit(log.timelines())
    for user in ("u0", "u5"):
        timeline = log.timeline(user)
        vectors = np.full((len(timeline), 2), np.nan)
        events = UserEvents(vectors, timeline.times, None, timeline)
        topic = [item.split("-")[0] for item in events.items]
        assert adjusted_rand_score(topic, fitted.extract(events).labels) == 1
    frame["item_id"] = "something else"
    stranger = ActivityLog(frame).timeline("u0")
    unknown = fitted.extract(
        UserEvents(np.zeros((len(stranger), 2)), stranger.times, None, stranger)
    )
    assert (unknown.labels == -1).all()
    assert not unknown.membership.any()
