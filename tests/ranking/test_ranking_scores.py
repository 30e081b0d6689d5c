"""Scores against scikit-learn and against what the interval must do."""

from __future__ import annotations

import numpy as np
import pytest

from journeys.ranking import scores


@pytest.fixture
def judged() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    users = rng.integers(0, 20, 600)
    liked = rng.random(600) < 0.5
    chances = np.round(np.clip(0.5 + 0.2 * liked + rng.normal(0, 0.3, 600), 0.01, 0.99), 2)
    return liked, chances, users


def test_auc_and_logloss_are_those_of_scikit_learn(judged) -> None:
    from sklearn.metrics import log_loss, roc_auc_score

    liked, chances, _ = judged
    assert scores.auc(liked, chances) == pytest.approx(roc_auc_score(liked, chances), abs=1e-12)
    assert scores.logloss(liked, chances) == pytest.approx(log_loss(liked, chances), abs=1e-9)
    weights = np.random.default_rng(0).integers(0, 4, len(liked))
    expected = roc_auc_score(liked, chances, sample_weight=weights)
    assert scores.auc(liked, chances, weights) == pytest.approx(expected, abs=1e-12)


def test_gauc_is_the_weighted_mean_of_the_users_own(judged) -> None:
    from sklearn.metrics import roc_auc_score

    liked, chances, users = judged
    liked = np.where(users == 5, True, liked)  # One user with one kind only is left out.
    own, counts = [], []
    for user in set(users) - {5}:
        mine = users == user
        own.append(roc_auc_score(liked[mine], chances[mine]))
        counts.append(mine.sum())
    assert scores.gauc(liked, chances, users) == pytest.approx(np.average(own, weights=counts))


def test_calibration_error_of_hand_made_predictions() -> None:
    liked = np.array([1, 0, 1, 1])
    # Two bins: .25 said and .5 came; .75 said and 1 came.
    assert scores.ece(liked, np.array([0.25, 0.25, 0.75, 0.75]), bins=2) == pytest.approx(0.25)
    assert scores.ece(liked, liked.astype(float)) == 0


def test_one_kind_only_has_no_auc() -> None:
    assert np.isnan(scores.auc(np.ones(3), np.arange(3.0)))
    assert np.isnan(scores.gauc(np.ones(3), np.arange(3.0), np.zeros(3)))


def test_draws_of_users_count_all_impressions_of_a_user(judged) -> None:
    liked, chances, users = judged
    boot = scores.UserBootstrap(liked, users, draws=5, seed=1)
    weights = np.random.default_rng(1).multinomial(20, np.full(20, 1 / 20), size=5)
    expected = [scores.auc(liked, chances, drawn[users]) for drawn in weights]
    assert boot.auc_draws(chances[None]) == pytest.approx(np.array(expected), abs=1e-12)


def test_a_paired_difference_is_much_surer_than_two_intervals(judged) -> None:
    liked, chances, users = judged
    better = chances + 0.05 * liked
    boot = scores.UserBootstrap(liked, users, draws=300)
    change = boot.difference(better[None], chances[None])
    assert change.excludes_zero
    assert change.low < change.value < change.high
    alone = boot.auc(better[None])
    assert change.high - change.low < (alone.high - alone.low) / 2
    assert not boot.difference(chances[None], chances[None]).excludes_zero
