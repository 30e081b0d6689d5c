"""Off-policy estimates: worked out by hand, and against a bandit whose truth is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from journeys.agents import Scope
from journeys.agents.exploring import Exploration
from journeys.agents.features import Action
from journeys.agents.off_policy import (
    Decision,
    Value,
    decision_of,
    doubly_robust,
    ips,
    self_normalised,
)
from journeys.agents.service import PreferenceService
from journeys.errors import InputError

#: Two decisions: weights .5/.25 = 2 and .1/.5 = .2, rewards 1 and 0 and 1.
HAND = [
    Decision("a", 0, 1.0, (0.25, 0.75), (0.5, 0.5), (0.8, 0.4)),
    Decision("b", 1, 0.0, (0.5, 0.5), (0.9, 0.1), (0.6, 0.3)),
    Decision("b", 0, 1.0, (0.5, 0.5), (0.2, 0.8), (0.6, 0.3)),
]


def test_estimates_are_those_worked_out_by_hand() -> None:
    assert ips(HAND).value == pytest.approx((2.0 * 1 + 0.2 * 0 + 0.4 * 1) / 3)
    assert self_normalised(HAND).value == pytest.approx(2.4 / 2.6)
    direct = [0.5 * 0.8 + 0.5 * 0.4, 0.9 * 0.6 + 0.1 * 0.3, 0.2 * 0.6 + 0.8 * 0.3]
    terms = [2.0 * (1 - 0.8), 0.2 * (0 - 0.3), 0.4 * (1 - 0.6)]
    assert doubly_robust(HAND).value == pytest.approx((sum(direct) + sum(terms)) / 3)
    found = ips(HAND)
    assert found.effective == pytest.approx(2.6**2 / (4 + 0.04 + 0.16))
    assert (found.largest, found.clipped, found.unsupported) == (2.0, 0.0, 0.0)


def test_clipping_cuts_weights_and_says_so() -> None:
    found = ips(HAND, clip=1.0)
    assert found.value == pytest.approx((1.0 + 0.4) / 3)
    assert (found.largest, found.clipped) == (1.0, pytest.approx(1 / 3))
    assert ips(HAND, clip=2.0) == ips(HAND)


def test_the_logged_policy_itself_is_its_mean_reward() -> None:
    same = [replace(each, target=each.logged) for each in HAND]
    for estimate in (ips, self_normalised):
        found = estimate(same)
        assert found.value == pytest.approx(2 / 3)
        assert found.effective == pytest.approx(3)


#: A bandit: three contexts, three actions, chances of a reward, two policies.
TRUE = np.array([[0.9, 0.5, 0.1], [0.2, 0.6, 0.7], [0.4, 0.4, 0.8]])
LOGGED = np.array([[0.2, 0.3, 0.5], [0.5, 0.3, 0.2], [0.6, 0.2, 0.2]])
TARGET = np.array([[0.8, 0.1, 0.1], [0.1, 0.2, 0.7], [0.1, 0.1, 0.8]])
TRUTH = float((TARGET * TRUE).sum(axis=1).mean())


def logs(
    predicted: np.ndarray, noted: np.ndarray = LOGGED, *, repeats: int = 200, size: int = 120
) -> list[list[Decision]]:
    """Logs of the bandit; ``noted`` are the chances that were written down."""
    rng = np.random.default_rng(5)
    found = []
    for _ in range(repeats):
        contexts = rng.integers(3, size=size)
        actions = [int(rng.choice(3, p=LOGGED[x])) for x in contexts]
        found.append(
            [
                Decision(
                    f"u{at % 30}",
                    a,
                    float(rng.random() < TRUE[x, a]),
                    tuple(noted[x]),
                    tuple(TARGET[x]),
                    tuple(predicted[x]),
                )
                for at, (x, a) in enumerate(zip(contexts, actions, strict=True))
            ]
        )
    return found


def spread_of(
    estimate: Callable[[Sequence[Decision]], Value], given: list[list[Decision]]
) -> tuple[float, float, float]:
    """Mean over logs, its standard error, and the deviation of one log."""
    values = np.array([estimate(each).value for each in given])
    return float(values.mean()), float(values.std() / len(values) ** 0.5), float(values.std())


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeys.agents.off_policy._DRAWS", 100)


def test_ips_is_unbiased_and_self_normalising_steadies_it() -> None:
    given = logs(TRUE)
    mean, error, spread = spread_of(ips, given)
    assert abs(mean - TRUTH) < 3 * error
    logged = float((LOGGED * TRUE).sum(axis=1).mean())
    assert abs(mean - logged) > 10 * error
    steadier, _, less = spread_of(self_normalised, given)
    assert abs(steadier - TRUTH) < 0.02
    assert less < spread


def test_doubly_robust_is_right_when_either_model_is() -> None:
    wrong_rewards = np.full((3, 3), 0.3)
    wrong_chances = np.full((3, 3), 1 / 3)
    mean, error, _ = spread_of(doubly_robust, logs(wrong_rewards))
    assert abs(mean - TRUTH) < 3 * error
    mean, error, _ = spread_of(doubly_robust, logs(TRUE, wrong_chances))
    assert abs(mean - TRUTH) < 3 * error
    mean, error, _ = spread_of(ips, logs(TRUE, wrong_chances))
    assert abs(mean - TRUTH) > 10 * error
    mean, error, _ = spread_of(doubly_robust, logs(wrong_rewards, wrong_chances))
    assert abs(mean - TRUTH) > 10 * error


def test_a_good_reward_model_makes_doubly_robust_steadier() -> None:
    given = logs(TRUE)
    assert spread_of(doubly_robust, given)[2] < spread_of(ips, given)[2]


@pytest.mark.parametrize("estimate", [ips, self_normalised, doubly_robust])
def test_intervals_hold_the_truth_about_as_often_as_they_say(
    estimate: Callable[[Sequence[Decision]], Value],
) -> None:
    found = [estimate(each) for each in logs(TRUE, repeats=150)]
    held = np.mean([each.low <= TRUTH <= each.high for each in found])
    assert 0.86 <= held <= 1.0


def test_users_are_drawn_whole() -> None:
    """A user's repeated decisions do not narrow the interval."""
    once = logs(TRUE, repeats=1, size=30)[0]
    often = [each for each in once for _ in range(10)]
    few, many = ips(once), ips(often)
    assert (few.low, few.high) == (pytest.approx(many.low), pytest.approx(many.high))
    assert math.isnan(ips(once[:1]).low)


@pytest.mark.parametrize("estimate", [ips, self_normalised, doubly_robust])
def test_what_was_never_tried_is_refused(
    estimate: Callable[[Sequence[Decision]], Value],
) -> None:
    untried = replace(HAND[0], logged=(1.0, 0.0), target=(0.5, 0.5))
    with pytest.raises(InputError, match="never tried"):
        estimate([untried, HAND[1]])
    kept = replace(untried, target=(1.0, 0.0))
    assert math.isfinite(estimate([kept, HAND[1]]).value)


@pytest.mark.parametrize(
    "bad",
    [
        replace(HAND[0], logged=(0.5, 0.4)),
        replace(HAND[0], target=(1.5, -0.5)),
        replace(HAND[0], target=(1.0,)),
        replace(HAND[0], chosen=2),
        replace(HAND[0], logged=(0.0, 1.0)),
        replace(HAND[0], reward=float("nan")),
    ],
)
def test_malformed_decisions_are_refused(bad: Decision) -> None:
    with pytest.raises(InputError):
        ips([bad])


def test_more_that_is_refused() -> None:
    with pytest.raises(InputError):
        ips([])
    with pytest.raises(InputError):
        ips(HAND, clip=0.0)
    with pytest.raises(InputError):
        doubly_robust([replace(HAND[0], predicted=())])
    with pytest.raises(InputError):
        self_normalised([replace(HAND[0], target=(0.0, 1.0))])


def test_rankings_of_the_service_are_decisions() -> None:
    """What the service logs gives the value of always putting one action first."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    service = PreferenceService(exploration=Exploration("thompson", budget=1.0))
    actions = [Action("patch", {"tool": "patch"}), Action("ask", {"tool": "ask"})]
    pays = {"patch": 0.3, "ask": 0.8}
    rng = np.random.default_rng(0)
    decisions = []
    for at in range(500):
        user = f"u{at % 25}"
        ranking = service.rank_actions(Scope(frozenset({user})), user, {}, actions, now)
        reward = float(rng.random() < pays[ranking.actions[0].id])
        decisions.append(decision_of(user, ranking, reward, {"ask": 1.0}))
    for found in (ips(decisions), self_normalised(decisions), doubly_robust(decisions)):
        assert abs(found.value - pays["ask"]) < 2 * (found.high - found.low) / 2
        assert found.effective < len(decisions)
    with pytest.raises(InputError):
        decision_of("u0", ranking, 1.0, {"another": 1.0})
