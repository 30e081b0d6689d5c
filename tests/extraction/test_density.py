from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from journeys.errors import ConfigError
from journeys.extraction import EXTRACTORS, Clusters, HdbscanExtractor, UserEvents, get_extractor
from journeys.extraction.base import renumber
from journeys.extraction.graph import unit_rows
from journeys.extraction.hierarchy import parents

DAY = 86_400_000_000


def topics(
    count: int = 4, each: int = 25, spread: float = 0.6, seed: int = 0, shuffle: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors, times and true topics of somebody with ``count`` interests."""
    rng = np.random.default_rng(seed)
    centres = unit_rows(rng.normal(size=(count, 64)))
    truth = np.repeat(np.arange(count), each)
    if shuffle:
        truth = rng.permutation(truth)
    noise = unit_rows(rng.normal(size=(len(truth), 64)))
    vectors = unit_rows(centres[truth] + spread * noise).astype(np.float32)
    return vectors, np.arange(len(truth), dtype=np.int64) * DAY, truth


def check(clusters: Clusters, n: int) -> None:
    """What every result must hold."""
    assert clusters.labels.shape == clusters.membership.shape == (n,)
    assert clusters.labels.dtype == np.int64
    assert clusters.membership.dtype == np.float32
    assert ((clusters.membership >= 0) & (clusters.membership <= 1)).all()
    _, first = np.unique(clusters.labels[clusters.labels >= 0], return_index=True)
    assert (np.diff(first) > 0).all()
    assert sorted(set(clusters.labels.tolist()) - {-1}) == list(range(len(clusters)))


@pytest.mark.parametrize("count", [2, 4, 8])
def test_clear_topics_are_found(count: int) -> None:
    vectors, times, truth = topics(count)
    clusters = get_extractor("hdbscan").extract(UserEvents(vectors, times))
    check(clusters, len(truth))
    assert len(clusters) == count
    assert adjusted_rand_score(truth, clusters.labels) > 0.95


def test_same_input_same_bytes_whatever_the_seed() -> None:
    vectors, times, _ = topics(5, 30, spread=1.5)
    results = [
        HdbscanExtractor().extract(UserEvents(vectors, times), seed=seed) for seed in (0, 0, 7)
    ]
    assert len({r.labels.tobytes() + r.membership.tobytes() for r in results}) == 1


def test_events_of_no_topic_have_low_membership() -> None:
    vectors, times, truth = topics(4, 30)
    rng = np.random.default_rng(1)
    noise = rng.choice(len(truth), 12, replace=False)
    vectors[noise] = unit_rows(rng.normal(size=(12, 64)))
    clusters = HdbscanExtractor().extract(UserEvents(vectors, times))
    others = np.delete(clusters.membership, noise)
    assert clusters.membership[noise].mean() < 0.5 * others.mean()
    strict = HdbscanExtractor(reject=0.4).extract(UserEvents(vectors, times))
    assert (strict.labels[noise] < 0).mean() > (np.delete(strict.labels, noise) < 0).mean()


def test_time_tells_apart_what_words_hardly_do() -> None:
    vectors, times, truth = topics(4, 30, spread=2.2, shuffle=False)
    plain = HdbscanExtractor(time_least=0, time_gain=0).extract(UserEvents(vectors, times))
    timed = HdbscanExtractor().extract(UserEvents(vectors, times))
    assert adjusted_rand_score(truth, timed.labels) > adjusted_rand_score(truth, plain.labels)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(0, 40),
    distinct=st.integers(1, 40),
    broken=st.integers(0, 5),
    granularity=st.floats(0, 1),
    own_mean=st.booleans(),
)
def test_any_input_has_a_result(
    n: int, distinct: int, broken: int, granularity: float, own_mean: bool
) -> None:
    rng = np.random.default_rng(n * 41 + distinct)
    vectors = unit_rows(rng.normal(size=(distinct, 8)))[rng.integers(0, distinct, n)]
    vectors[:broken] = np.array([[np.nan], [0.0], [np.inf], [0.0], [np.nan]])[
        : len(vectors[:broken])
    ]
    mean = None if own_mean else np.full(8, 0.05)
    clusters = HdbscanExtractor(granularity=granularity).extract(
        UserEvents(vectors, np.zeros(n, dtype=np.int64), mean)
    )
    check(clusters, n)
    assert (clusters.labels[:broken] == -1).all()


def test_degenerate_users() -> None:
    extractor = HdbscanExtractor()
    one = np.eye(1, 8, dtype=np.float32)
    assert extractor.extract(UserEvents(one, np.zeros(1))).labels.tolist() == [-1]
    equal = extractor.extract(UserEvents(np.repeat(one, 30, axis=0), np.zeros(30)))
    assert equal.labels.tolist() == [0] * 30
    assert equal.membership.tolist() == [1.0] * 30
    zeros = extractor.extract(UserEvents(np.zeros((30, 8)), np.zeros(30)))
    assert zeros.labels.tolist() == [-1] * 30
    nothing = extractor.extract(UserEvents(np.zeros((0, 8)), np.zeros(0)))
    assert len(nothing) == 0
    with pytest.raises(ValueError, match="need as many rows"):
        extractor.extract(UserEvents(one, np.zeros(2)))


def test_nan_vectors_change_nothing_for_the_others() -> None:
    vectors, times, _ = topics(3, 20)
    spoiled = np.insert(vectors, [5, 40], np.nan, axis=0)
    clusters = HdbscanExtractor().extract(UserEvents(spoiled, np.arange(len(spoiled))))
    assert clusters.labels[[5, 41]].tolist() == [-1, -1]
    kept = np.delete(clusters.labels, [5, 41])
    np.testing.assert_array_equal(
        kept, HdbscanExtractor().extract(UserEvents(vectors, times)).labels
    )


def test_granularity_is_monotone_and_nested() -> None:
    vectors, times, _ = topics(6, 40, spread=1.2)
    results = [
        HdbscanExtractor(granularity=g).extract(UserEvents(vectors, times))
        for g in np.linspace(0, 1, 11)
    ]
    counts = [len(r) for r in results]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[5] == len(HdbscanExtractor().extract(UserEvents(vectors, times)))
    assert counts[-1] > counts[5]
    for coarse, fine in pairwise(results):
        np.testing.assert_array_equal(coarse.labels < 0, fine.labels < 0)
        for cluster in range(len(fine)):
            assert len(set(coarse.labels[fine.labels == cluster].tolist())) == 1
    smallest = np.bincount(results[-1].labels[results[-1].labels >= 0]).min()
    assert smallest >= min(5, np.bincount(results[5].labels[results[5].labels >= 0]).min())


def test_a_very_long_timeline_is_clustered_by_anchors() -> None:
    vectors, times, truth = topics(4, 500, spread=1.0)
    anchored = HdbscanExtractor(max_exact=300).extract(UserEvents(vectors, times))
    check(anchored, len(truth))
    assert adjusted_rand_score(truth, anchored.labels) > 0.9


def test_the_registry_names_what_there_is() -> None:
    extractor = get_extractor("hdbscan", granularity=0.25)
    assert extractor.id == "hdbscan"
    assert "hdbscan" in EXTRACTORS
    described = json.loads(json.dumps(extractor.settings()))
    assert get_extractor(extractor.id, **described) == extractor
    with pytest.raises(ConfigError, match="there are hdbscan"):
        get_extractor("kmedoids")
    with pytest.raises(ConfigError, match="does not take"):
        get_extractor("hdbscan", colour="red")
    for wrong in ({"granularity": 1.5}, {"granularity": -1}, {"neighbours": 0}, {"time_scale": 0}):
        with pytest.raises(ConfigError, match="must be"):
            get_extractor("hdbscan", **wrong)


@given(st.lists(st.integers(-3, 6), max_size=30))
def test_renumbering_keeps_the_partition(labels: list[int]) -> None:
    given_labels = np.array(labels, dtype=np.int64)
    found = renumber(given_labels)
    np.testing.assert_array_equal(found < 0, given_labels < 0)
    kept = given_labels >= 0
    if kept.any():
        assert adjusted_rand_score(given_labels[kept], found[kept]) == 1
    check(Clusters.of(given_labels, np.ones(len(labels))), len(labels))


@pytest.mark.shared
def test_real_mixtures_are_taken_apart(shared_data: Path) -> None:
    """Ten constructed users of the real log; the whole log is measured in benchmarks."""
    from journeys.embedding import (
        MemoryVectorCache,
        embed_missing,
        load_embedder,
        shipped_mean,
        text_keys,
    )
    from journeys.evaluation.metrics import score_user
    from journeys.timeline import embedding_text

    users: dict[str, list[dict[str, str]]] = {}
    with (shared_data / "reddit_mix_dev" / "events.jsonl").open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            users.setdefault(row["user_id"], []).append(row)
    embedder, cache, scores = load_embedder(device="cpu"), MemoryVectorCache(), []
    mean = shipped_mean(embedder.id)
    for user in sorted(users)[:10]:
        rows = sorted(users[user], key=lambda row: row["timestamp"])
        texts = [embedding_text(row["title"], row["text"]) for row in rows]
        keys = text_keys(b"test", texts)
        embed_missing(texts, keys, embedder, cache)
        clusters = HdbscanExtractor().extract(
            UserEvents(cache.get(embedder.id, keys), np.arange(len(rows)), mean)
        )
        score = score_user(clusters.labels, [row["group"] for row in rows])
        assert score is not None
        scores.append((score.ari, score.bcubed.f1, score.coverage))
    ari, f1, coverage = np.mean(scores, axis=0)
    assert ari > 0.6
    assert f1 > 0.7
    assert coverage > 0.9


def test_a_hierarchy_is_what_each_granularity_finds_and_is_nested() -> None:
    vectors, times, _ = topics(6, 40, spread=1.2)
    events = UserEvents(vectors, times)
    steps = [0.0, 0.25, 0.5, 0.75, 1.0]
    at = HdbscanExtractor().levels(events)
    levels = [at(step) for step in steps]
    for step, level in zip(steps, levels, strict=True):
        alone = HdbscanExtractor(granularity=step).extract(events)
        np.testing.assert_array_equal(level.labels, alone.labels)
        np.testing.assert_array_equal(level.membership, alone.membership)
    for broad, fine in pairwise(levels):
        above = parents(fine.labels, broad.labels)
        inside = fine.labels >= 0
        np.testing.assert_array_equal(above[fine.labels[inside]], broad.labels[inside])


def test_parents_by_hand() -> None:
    fine = np.array([0, 0, 0, 1, 1, 2, -1, 3])
    broad = np.array([1, 1, 0, 0, 0, -1, 0, 1])
    assert parents(fine, broad).tolist() == [1, 0, -1, 1]
    assert parents(np.array([0, 0]), np.array([-1, -1])).tolist() == [-1]
    assert parents(np.array([-1]), np.array([0])).tolist() == []
