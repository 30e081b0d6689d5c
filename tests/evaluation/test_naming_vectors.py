"""Similarity, retrieval and breadth, on vectors that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from journeys.evaluation.naming_groups import TrueGroup
from journeys.evaluation.naming_scores import falls
from journeys.evaluation.naming_vectors import breadth, centroids, confusable, cosines, retrieved


def unit(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def group(user: str, name: str) -> TrueGroup:
    return TrueGroup(user, name, np.array([0]), ("a title",))


def test_cosines_are_of_rows() -> None:
    np.testing.assert_allclose(cosines(unit(0, 90), unit(60, 90)), [0.5, 1], atol=1e-6)


def test_centroids_leave_out_what_all_share() -> None:
    points = centroids([unit(10), unit(-10)])
    np.testing.assert_allclose(points, [[0, 1], [0, -1]], atol=1e-6)
    np.testing.assert_array_equal(centroids([unit(10), unit(10)]), np.zeros((2, 2)))


def test_a_name_is_told_from_the_same_user_and_the_same_super_group() -> None:
    groups = [
        group("a", "bread"), group("a", "vim"), group("b", "bread"), group("b", "cake"),
        group("b", "golf"), group("c", "cake"), group("c", "soup"),
    ]  # fmt: skip
    points = unit(0, 90, 5, 10, 180, 12, 30)
    above = {"bread": "food", "cake": "food", "soup": "food", "golf": "sport", "vim": "tools"}
    (chosen,) = confusable(groups, [0], points, above)
    assert chosen[:2].tolist() == [0, 1], "its own group, then the user's others"
    named = [groups[at].group for at in chosen[2:]]
    assert sorted(named) == ["cake", "soup"], "each name once, never the same interest"
    (nearest,) = confusable(groups, [0], points, {}, most=2)
    assert [groups[at].group for at in nearest[2:]] == ["cake", "soup"], "the nearest, by the judge"
    (one,) = confusable(groups, [0], points, above, most=1)
    assert len(one) == 3
    assert all(
        np.array_equal(x, y)
        for x, y in zip(
            confusable(groups, range(7), points, above, seed=3),
            confusable(groups, range(7), points, above, seed=3),
            strict=True,
        )
    )


def test_retrieval_shares_ties() -> None:
    points = unit(0, 90, 180, 0)
    names = unit(10, 80, 0)
    choices = [np.array([0, 1]), np.array([0, 1]), np.array([0, 2, 3])]
    np.testing.assert_allclose(retrieved(names, choices, points), [1, 0, 0.5])


def test_breadth_is_the_share_at_least_as_close_as_the_median_of_the_group() -> None:
    items = unit(0, 10, 20, 30, 40, 50, 60, 70, 80, 90)
    own = unit(10, 20, 30)
    # The median of the group is at 20 degrees from the name, as close are items 0, 10 and 20.
    assert breadth(unit(0), [own], items)[0] == pytest.approx(0.3)
    # From 20 degrees: own items at 10, 0 and 10, so the median is 10: items 10, 20 and 30.
    assert breadth(unit(20), [own], items)[0] == pytest.approx(0.3)
    assert breadth(unit(90), [own], items)[0] == pytest.approx(0.8)


def test_falling_is_strict() -> None:
    np.testing.assert_array_equal(falls(np.array([[3, 2, 2, 1]])), [[True, False, True]])
