from __future__ import annotations

import bcubed as reference
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from journeys.evaluation.metrics import (
    as_singletons,
    bcubed,
    macro_mean,
    score_user,
    summarise,
)

pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=60)


@given(pairs)
def test_bcubed_agrees_with_the_bcubed_package(events: list[tuple[int, int]]) -> None:
    labels, truth = np.array(events).T
    found = {at: {label} for at, label in enumerate(labels.tolist())}
    gold = {at: {group} for at, group in enumerate(truth.tolist())}
    score = bcubed(labels, truth)
    assert score.precision == pytest.approx(reference.precision(found, gold))
    assert score.recall == pytest.approx(reference.recall(found, gold))
    assert score.f1 == pytest.approx(reference.fscore(score.precision, score.recall))


def test_bcubed_by_hand() -> None:
    # Clusters {a a b} {b}: precision (2/3 + 2/3 + 1/3 + 1) / 4, recall (1 + 1 + 1/2 + 1/2) / 4.
    score = bcubed(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]))
    assert score.precision == pytest.approx(2 / 3)
    assert score.recall == pytest.approx(3 / 4)
    with pytest.raises(ValueError, match="at least one event"):
        bcubed(np.array([]), np.array([]))


def test_unassigned_events_become_clusters_of_their_own() -> None:
    np.testing.assert_array_equal(as_singletons(np.array([1, -1, 0, -1])), [1, 2, 0, 3])
    np.testing.assert_array_equal(as_singletons(np.array([-1, -1])), [0, 1])
    assert len(as_singletons(np.array([], dtype=int))) == 0


def test_the_scoring_rule() -> None:
    groups = ["a"] * 6 + ["b"] * 5 + ["small"] * 4 + [""] * 7
    labels = np.array([0] * 6 + [1] * 4 + [-1] + [0] * 4 + [1] * 7)
    score = score_user(labels, groups)
    assert score is not None
    # Small and empty groups do not count, though they spoil both clusters.
    assert (score.events, score.groups, score.clusters) == (11, 2, 2)
    assert score.coverage == pytest.approx(10 / 11)
    expected = adjusted_rand_score([0] * 6 + [1] * 5, [0] * 6 + [1] * 4 + [2])
    assert score.ari == pytest.approx(expected)
    assert score.bcubed.precision == 1


def test_a_user_with_one_group_is_not_scored() -> None:
    assert score_user(np.zeros(9, dtype=int), ["a"] * 9) is None
    with pytest.raises(ValueError, match="cannot be scored"):
        score_user(np.zeros(2, dtype=int), ["a"])


def test_perfect_and_empty_groupings() -> None:
    groups = ["a"] * 5 + ["b"] * 5
    perfect = score_user(np.array([3] * 5 + [1] * 5), groups)
    nothing = score_user(np.full(10, -1), groups)
    assert perfect is not None
    assert nothing is not None
    assert perfect.ari == perfect.bcubed.f1 == perfect.coverage == 1
    assert perfect.ami == pytest.approx(1)
    assert nothing.ari == nothing.coverage == nothing.clusters == 0
    assert nothing.bcubed.recall == pytest.approx(0.2)


def test_the_interval_holds_the_mean_and_narrows_with_users() -> None:
    few, many = macro_mean([0.2, 0.4, 0.9]), macro_mean([0.2, 0.4, 0.9] * 40)
    assert few.mean == pytest.approx(0.5)
    assert few.low < few.mean < few.high
    assert many.high - many.low < few.high - few.low
    assert macro_mean([0.2, 0.4, 0.9]) == few
    with pytest.raises(ValueError, match="no user"):
        macro_mean([])


def test_the_summary_skips_users_that_cannot_be_scored() -> None:
    groups = ["a"] * 5 + ["b"] * 5
    scores = [score_user(np.arange(10) // 5, groups), None, score_user(np.zeros(10, int), groups)]
    summary = summarise(scores)
    assert summary["ari"].mean == pytest.approx(0.5)
    assert summary["bcubed_recall"].mean == 1
    with pytest.raises(ValueError, match="no user has two groups"):
        summarise([None])
