from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from journeys.evaluation.metrics import as_singletons, bcubed, noise_auroc, score_user

GROUPS = np.array(["a"] * 6 + ["b"] * 5 + ["small"] * 3 + [""] * 4, dtype=object)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=40))
def test_auroc_is_the_chance_that_confidence_ranks_a_pair_right(
    events: list[tuple[bool, int]],
) -> None:
    nothing = np.array([none for none, _ in events])
    membership = np.array([value / 4 for _, value in events])
    inside, outside = membership[~nothing], membership[nothing]
    if not len(inside) or not len(outside):
        assert np.isnan(noise_auroc(membership, nothing))
        return
    higher = (inside[:, None] > outside).mean() + 0.5 * (inside[:, None] == outside).mean()
    assert noise_auroc(membership, nothing) == pytest.approx(higher)


def test_memberships_of_unassigned_events_count_as_they_are() -> None:
    labels = np.array([0] * 6 + [1] * 5 + [-1] * 7)
    confident = score_user(labels, GROUPS, np.array([0.9] * 11 + [0.5] * 3 + [0.6] * 4))
    assert confident is not None
    assert confident.noise_auroc == pytest.approx(11 / 14)
    without = score_user(labels, GROUPS)
    assert without is not None
    assert without.noise_auroc == pytest.approx((11 + 0.5 * 3) / 14), "1 in a cluster, else 0"


def test_all_events_with_those_of_no_group_as_singletons() -> None:
    labels = np.array([0] * 6 + [1] * 5 + [2] * 5 + [-1, -1])
    score = score_user(labels, GROUPS)
    assert score is not None
    truth = np.array([0] * 6 + [1] * 5 + [2] * 3 + [3, 4, 5, 6])
    assert score.bcubed_all == bcubed(as_singletons(labels), truth)
    assert score.count_error == 1, "three clusters of at least five events, two groups"
    assert score.as_dict()["count_error_signed"] == 1


@settings(deadline=None)
@given(st.lists(st.integers(-1, 3), min_size=18, max_size=18))
def test_ari_and_ami_are_those_of_scikit_learn_on_the_scored_events(found: list[int]) -> None:
    score = score_user(np.array(found), GROUPS)
    assert score is not None
    alone = [label if label >= 0 else 100 + at for at, label in enumerate(found)][:11]
    truth = [0] * 6 + [1] * 5
    assert score.ari == pytest.approx(adjusted_rand_score(truth, alone))
    assert score.ami == pytest.approx(adjusted_mutual_info_score(truth, alone))
    assert score.coverage == pytest.approx(np.mean(np.array(found[:11]) >= 0))
