"""Stability under subsampling and over seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.evaluation.partition import as_singletons
from journeys.extraction import Clusters, HdbscanExtractor, UserEvents
from journeys.extraction.graph import unit_rows
from journeys.extraction.stability import (
    _best_jaccard,
    agreement_of,
    seed_agreement,
    subsample_stability,
)
from tests.logs import make_log


def blobs(sizes: list[int], spread: float = 0.05, seed: int = 0) -> tuple[UserEvents, np.ndarray]:
    """Events around orthogonal directions, shuffled, and which is where."""
    random = np.random.default_rng(seed)
    labels = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    rows = np.eye(16)[labels] + spread * random.normal(size=(len(labels), 16))
    times = np.arange(len(labels), dtype=np.int64) * 1_000_000
    return UserEvents(unit_rows(rows.astype(np.float32)), times, np.zeros(16)), labels


@dataclass(frozen=True)
class ByDirection:
    """Groups events by their largest coordinate; of coordinates from ``shaky`` on by chance."""

    shaky: int = 99
    id: str = "by-direction"

    def settings(self) -> dict[str, Any]:
        return {"shaky": self.shaky}

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        at = events.vectors.argmax(axis=1)
        random = np.random.default_rng([seed, len(events), int(events.times.sum() // 1_000_000)])
        drawn = 20 + random.integers(0, 8, len(at))
        return Clusters.of(np.where(at >= self.shaky, drawn, at), np.ones(len(at)))


def test_what_does_not_depend_on_the_sample_is_perfectly_stable() -> None:
    events, labels = blobs([20, 10, 6])
    clusters = Clusters.of(labels, np.ones(len(labels)))
    found = subsample_stability(ByDirection(), events, clusters)
    assert found.run == 1.0
    assert found.journeys.tolist() == [1.0, 1.0, 1.0]
    assert seed_agreement(ByDirection(), events) == 1.0


def test_a_cluster_found_by_chance_is_told_from_one_that_is_there() -> None:
    events, labels = blobs([30, 30])
    clusters = Clusters(labels, np.ones(len(labels), np.float32))
    found = subsample_stability(ByDirection(shaky=1), events, clusters)
    assert found.journeys[0] == 1.0
    assert found.journeys[1] < 0.4
    assert 0 < found.run < 1
    assert seed_agreement(ByDirection(shaky=1), events) < 0.9


def test_the_default_finds_clear_clusters_again_and_does_not_draw() -> None:
    events, _ = blobs([30, 25, 20])
    extractor = HdbscanExtractor()
    clusters = extractor.extract(events)
    found = subsample_stability(extractor, events, clusters, draws=3)
    assert len(found.journeys) == len(clusters) == 3
    assert found.journeys.min() > 0.9
    assert found.run > 0.9
    assert seed_agreement(extractor, events) == 1.0


def test_the_same_seed_gives_the_same_figures() -> None:
    events, labels = blobs([12, 12], spread=0.6)
    clusters = Clusters.of(labels, np.ones(24))
    one, other = (subsample_stability(HdbscanExtractor(), events, clusters) for _ in range(2))
    assert one.run == other.run
    np.testing.assert_array_equal(one.journeys, other.journeys)


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 4)), min_size=1, max_size=40))
def test_the_best_jaccard_is_the_one_of_sets(pairs: list[tuple[int, int]]) -> None:
    expected, found = np.array(pairs).T
    best, present = _best_jaccard(expected, found, 4)
    for cluster in range(4):
        mine = set(np.flatnonzero(expected == cluster))
        others = [set(np.flatnonzero(found == c)) for c in np.unique(found) if c >= 0]
        ratios = [len(mine & other) / len(mine | other) for other in others]
        assert best[cluster] == pytest.approx(max(ratios, default=0.0))
        assert present[cluster] == bool(mine)


def test_unassigned_events_agree_with_nothing() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    assert agreement_of(labels, labels + 5) == 1.0
    assert agreement_of(labels, np.full(6, -1)) == 0.0
    assert len(np.unique(as_singletons(np.full(6, -1)))) == 6


class Reader:
    """An extractor that reads words: fails unless events and words stay together."""

    id = "reader"

    def settings(self) -> dict[str, Any]:
        return {}

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        words = [text.split()[0] for text in events.texts]
        assert events.timeline is not None
        np.testing.assert_array_equal(events.timeline.times, events.times)
        _, labels = np.unique(words, return_inverse=True)
        return Clusters.of(labels, np.ones(len(labels)))


def test_a_subsample_takes_its_words_along() -> None:
    timeline = make_log(users=1).timeline("user0")
    events = UserEvents(np.ones((len(timeline), 2)), timeline.times, None, timeline)
    clusters = Reader().extract(events)
    assert subsample_stability(Reader(), events, clusters).run == 1.0


@pytest.mark.parametrize("count", [1, 2, 5, 6])
@pytest.mark.parametrize("kind", ["equal", "nan", "zero"])
def test_bad_input_has_a_defined_result(count: int, kind: str) -> None:
    value = {"equal": 1.0, "nan": np.nan, "zero": 0.0}[kind]
    events = UserEvents(np.full((count, 4), value, np.float32), np.zeros(count, np.int64))
    extractor = HdbscanExtractor()
    clusters = extractor.extract(events)
    found = subsample_stability(extractor, events, clusters, draws=2)
    # Of five equal events a draw has four, which are too few for a cluster.
    assert found.run == (0.0 if (kind, count) == ("equal", 5) else 1.0)
    assert found.journeys.shape == (len(clusters),)
    assert seed_agreement(extractor, events, seeds=2) == 1.0


def test_a_cluster_that_no_draw_has_seen_has_stability_0() -> None:
    events, _ = blobs([40])
    found = [
        subsample_stability(
            ByDirection(),
            events,
            Clusters.of(np.where(np.arange(40) == member, 0, -1), np.ones(40)),
            draws=1,
            share=0.03,
        ).journeys.item()
        for member in range(40)
    ]
    assert sorted(found) == [0.0] * 39 + [1.0]


def test_what_cannot_be_measured_is_refused() -> None:
    none = UserEvents(np.zeros((0, 4)), np.zeros(0, np.int64))
    empty = Clusters(np.zeros(0, np.int64), np.zeros(0, np.float32))
    with pytest.raises(ValueError, match="no events"):
        subsample_stability(HdbscanExtractor(), none, empty)
    with pytest.raises(ValueError, match="0 events"):
        seed_agreement(HdbscanExtractor(), none)
    events, labels = blobs([5])
    clusters = Clusters.of(labels, np.ones(5))
    for draws, share in ((0, 0.9), (5, 0.0), (5, 1.1), (5, float("nan"))):
        with pytest.raises(ValueError, match="draws of a share"):
            subsample_stability(HdbscanExtractor(), events, clusters, draws=draws, share=share)
