"""New events for clusters that are there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.extraction import Clusters, HdbscanExtractor, UserEvents
from journeys.extraction.graph import unit_rows
from journeys.extraction.stability import agreement_of
from journeys.extraction.updating import GROWTH, NEW, is_due, update_clusters


@dataclass
class Watched:
    """The default extractor, telling how many events it was given."""

    inner: HdbscanExtractor = field(default_factory=HdbscanExtractor)
    sizes: list[int] = field(default_factory=list)
    id: str = "watched"

    def settings(self) -> dict[str, Any]:
        return {}

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        self.sizes.append(len(events))
        return self.inner.extract(events, seed=seed)


def events_of(labels: np.ndarray, spread: float = 0.08, seed: int = 0) -> UserEvents:
    """Events around the direction of their label; around none for -1."""
    random = np.random.default_rng(seed)
    rows = spread * random.normal(size=(len(labels), 32))
    rows[labels >= 0] += np.eye(32)[labels[labels >= 0]]
    times = np.arange(len(labels), dtype=np.int64) * 3_600_000_000
    return UserEvents(unit_rows(rows.astype(np.float32)), times, np.zeros(32, np.float32))


def update(
    events: UserEvents, known: np.ndarray, extractor: Watched | None = None, **more: Any
) -> Clusters:
    return update_clusters(
        extractor or Watched(), events, known, np.full(len(known), 0.7, np.float32), **more
    )


def known_part(labels: np.ndarray, new: np.ndarray) -> np.ndarray:
    return np.where(new, NEW, labels)


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    return np.random.default_rng(1).permutation(np.repeat([0, 1, 2], [40, 30, 20]))


def test_new_events_join_what_they_are_like(truth: np.ndarray) -> None:
    new = np.random.default_rng(2).random(90) < 0.2
    found = update(events_of(truth), known_part(truth, new))
    assert agreement_of(found.labels, truth) == 1.0


def test_a_new_interest_becomes_a_cluster_of_its_own(truth: np.ndarray) -> None:
    labels = np.concatenate([truth, [3] * 8])
    watched = Watched()
    found = update(events_of(labels), known_part(labels, labels == 3), watched)
    assert agreement_of(found.labels, labels) == 1.0
    assert len(found) == 4
    assert watched.sizes == [8]


def test_new_events_too_few_for_a_cluster_wait_and_found_one_later(truth: np.ndarray) -> None:
    labels = np.concatenate([truth, [3] * 8])
    events = events_of(labels)
    first = update(events.take(np.arange(93)), known_part(labels, labels == 3)[:93])
    assert (first.labels[90:] == -1).all()
    assert len(first) == 3
    known = np.concatenate([first.labels, [NEW] * 5])
    second = update(events, known)
    assert agreement_of(second.labels, labels) == 1.0


def test_what_is_known_keeps_its_cluster_and_membership(truth: np.ndarray) -> None:
    known = np.random.default_rng(3).integers(-1, 3, 90)  # Whatever the events are like.
    known[60:] = NEW
    membership = np.random.default_rng(4).random(90).astype(np.float32)
    found = update_clusters(Watched(), events_of(truth), known, membership)
    old = known >= 0
    assert agreement_of(found.labels[old], known[old]) == 1.0
    assert (found.labels[old] >= 0).all()
    np.testing.assert_array_equal(found.membership[old], membership[old])
    assert ((found.membership >= 0) & (found.membership <= 1)).all()


def test_sure_events_have_more_membership_than_stray_ones(truth: np.ndarray) -> None:
    labels = np.concatenate([truth, [0] * 5, [-1] * 3])
    found = update(events_of(labels), known_part(labels, np.arange(98) >= 90))
    assert found.membership[90:95].min() > 0.8
    assert found.membership[95:].max() < 0.5


def test_nothing_new_changes_nothing_and_costs_nothing(truth: np.ndarray) -> None:
    watched = Watched()
    known = np.where(truth == 2, -1, truth)
    found = update(events_of(truth), known, watched)
    assert agreement_of(found.labels, known) == 1.0
    np.testing.assert_array_equal(found.membership, np.full(90, 0.7, np.float32))
    assert watched.sizes == []


def test_with_nothing_known_the_extractor_finds_the_clusters(truth: np.ndarray) -> None:
    found = update(events_of(truth), np.full(90, NEW))
    alone = HdbscanExtractor().extract(events_of(truth))
    np.testing.assert_array_equal(found.labels, alone.labels)


def test_the_extractor_sees_only_what_is_near_to_what_is_new(truth: np.ndarray) -> None:
    # Many old unassigned events: only neighbours of new waiting ones are looked at again.
    labels = np.concatenate([np.full(400, -1), truth, [3] * 6])
    watched = Watched()
    update(events_of(labels), known_part(labels, labels == 3), watched)
    assert max(watched.sizes) <= 6 * 11


def test_the_same_input_gives_the_same_bytes(truth: np.ndarray) -> None:
    labels = np.concatenate([truth, [3] * 8])
    known = known_part(labels, np.arange(98) > 70)
    one, other = (update(events_of(labels, spread=0.3), known) for _ in range(2))
    assert one.labels.tobytes() == other.labels.tobytes()
    assert one.membership.tobytes() == other.membership.tobytes()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([-2, -1, 0, 1]), min_size=1, max_size=30), st.integers(0, 2**16))
def test_any_input_gives_clusters_and_keeps_the_old(known: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = np.array(known)
    rows = random.normal(size=(len(labels), 6)).astype(np.float32)
    rows[random.random(len(labels)) < 0.1] = np.nan
    rows[random.random(len(labels)) < 0.1] = 0.0
    events = UserEvents(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9),
                        np.zeros(len(labels), np.int64))  # fmt: skip
    found = update(events, labels)
    assert found.labels.shape == labels.shape
    assert np.isfinite(found.membership).all()
    old = labels >= 0
    assert agreement_of(found.labels[old], labels[old]) == 1.0
    unusable = ~(np.nan_to_num(np.linalg.norm(rows, axis=1)) > 1e-6)
    assert (found.labels[unusable & (labels == NEW)] == -1).all()
    assert set(found.labels[found.labels >= 0]) == set(range(len(found)))


@pytest.mark.parametrize("known", [[], [NEW], [0], [-1], [NEW] * 4, [0] * 6 + [NEW] * 6])
@pytest.mark.parametrize("value", [1.0, np.nan, 0.0])
def test_bad_vectors_have_a_defined_result(known: list[int], value: float) -> None:
    labels = np.array(known, dtype=np.int64)
    events = UserEvents(
        np.full((len(labels), 4), value, np.float32),
        np.zeros(len(labels), np.int64),
        np.array([0.5, 0.0, 0.0, 0.0], np.float32),
    )
    found = update(events, labels)
    expected = np.where(labels == NEW, -1, labels)
    if value == 1.0 and len(labels) == 12:
        expected[:] = 0  # Equal events belong together.
    np.testing.assert_array_equal(found.labels, expected)


def test_shapes_that_do_not_go_together_are_refused(truth: np.ndarray) -> None:
    with pytest.raises(ValueError, match="90 events"):
        update(events_of(truth), np.zeros(89, np.int64))


def test_a_fresh_clustering_is_due_each_time_the_timeline_has_grown_by_a_share() -> None:
    assert is_due(0, 1)
    assert not is_due(500, 500)
    last, share, fresh = 100, 0.0, 0
    for n in range(101, 5_000):
        if is_due(n - 1, n):
            last, fresh = n, fresh + 1
        share = max(share, (n - last) / last)
    assert share < GROWTH - 1 + 0.01
    assert fresh == pytest.approx(np.log(50) / np.log(GROWTH), abs=1.5)
    for n in (100, 1234, 99_999):
        assert is_due(n, int(n * GROWTH) + 1)
