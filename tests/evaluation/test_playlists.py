from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.evaluation.playlists import best_overlap, one_to_one, overlaps

events = st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 3)), min_size=1, max_size=30)


def groups_of(truth: np.ndarray) -> list[np.ndarray]:
    return [np.flatnonzero(truth == group) for group in np.unique(truth)]


def test_by_hand() -> None:
    # Cluster 0 holds both groups, cluster 1 the rest of b and an event of no group.
    labels = np.array([0, 0, 0, 0, 0, 1, 1])
    groups = [np.array([0, 1, 2]), np.array([3, 4, 5])]
    np.testing.assert_array_equal(overlaps(labels, groups), [[3, 0], [2, 1]])
    best = best_overlap(labels, groups)
    assert best.recall == pytest.approx((1 + 2 / 3) / 2)
    assert best.precision == pytest.approx((3 / 5 + 2 / 5) / 2)
    matched = one_to_one(labels, groups)
    assert matched.recall == pytest.approx((1 + 1 / 3) / 2)
    assert matched.precision == pytest.approx((3 / 5 + 1 / 2) / 2)


def test_of_two_clusters_with_as_much_the_smaller_is_meant() -> None:
    labels = np.array([0, 0, 1, 1, 0])
    assert best_overlap(labels, [np.array([0, 1, 2, 3])]).precision == 1


def test_nothing_found_is_nothing_recalled() -> None:
    groups = [np.array([0, 1]), np.array([2])]
    for rule in (best_overlap, one_to_one):
        assert rule(np.full(3, -1), groups).recall == rule(np.full(3, -1), groups).precision == 0


@settings(deadline=None)
@given(events)
def test_one_to_one_holds_the_most_that_any_pairing_does(pairs: list[tuple[int, int]]) -> None:
    labels, truth = np.array(pairs).T
    groups = groups_of(truth)
    held = overlaps(labels, groups)
    size = max(held.shape)
    square = np.zeros((size, size), dtype=int)
    square[: held.shape[0], : held.shape[1]] = held
    most = max(square[range(size), list(columns)].sum() for columns in permutations(range(size)))
    # With groups of equal weight the recall is not the total; with one size it is.
    if len({len(group) for group in groups}) == 1:
        expected = most / len(groups[0]) / len(groups)
        assert one_to_one(labels, groups).recall == pytest.approx(expected)
    assert one_to_one(labels, groups).recall <= best_overlap(labels, groups).recall + 1e-12


@settings(deadline=None)
@given(events)
def test_the_truth_itself_is_perfect(pairs: list[tuple[int, int]]) -> None:
    truth = np.unique(np.array(pairs)[:, 1], return_inverse=True)[1]
    groups = groups_of(truth)
    for rule in (best_overlap, one_to_one):
        assert rule(truth, groups).recall == pytest.approx(1)
        assert rule(truth, groups).precision == pytest.approx(1)
