"""Which level is shown next."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.study.levels import (
    AdaptiveLevels,
    FixedLevels,
    LevelAnswer,
    group_start,
    level_to_show,
)
from journeys.study.trials import Subject, TrialPlan, plan_trials

PLAN = TrialPlan((1, 3, 5), ("a",), journeys=8, repeats=2)
TRIALS = plan_trials(PLAN, [Subject(f"j{at}", at, ("a",)) for at in range(8)], seed="s")


class Narrower:
    """One level narrower for each name that was too broad."""

    def __init__(self) -> None:
        self.told: list[Sequence[LevelAnswer]] = []

    def next(self, answers: Sequence[LevelAnswer]) -> int:
        self.told.append(answers)
        return min(5, 1 + sum(answer.specificity == "broad" for answer in answers))


def test_the_fixed_design_shows_what_was_drawn() -> None:
    assert [level_to_show(TRIALS, at, {}) for at in range(len(TRIALS))] == [
        trial.level for trial in TRIALS
    ]
    policy = FixedLevels((2, 4))
    said = LevelAnswer(2, 3, "right")
    assert [policy.next([said] * n) for n in range(4)] == [2, 4, 2, 4]
    with pytest.raises(ValueError, match="1 to 5"):
        FixedLevels((6,))


def test_a_policy_learns_from_first_answers_about_own_journeys_only() -> None:
    shown: dict[int, LevelAnswer] = {}
    for at, trial in enumerate(TRIALS):
        policy = Narrower()
        level = level_to_show(TRIALS, at, shown, policy)
        if trial.first is not None:
            assert level == shown[trial.first].level
            assert not policy.told
        else:
            asked = [TRIALS[other].kind for other in range(at)].count("journey")
            assert len(policy.told[0]) == asked
        shown[at] = LevelAnswer(level, 2, "broad")


@given(st.integers(0, len(TRIALS) - 1), st.integers(1, 5))
def test_what_was_shown_stays(at: int, level: int) -> None:
    shown = {at: LevelAnswer(level, None, None)}
    assert level_to_show(TRIALS, at, shown, Narrower()) == level


def test_the_adaptive_policy_stays_within_the_design_and_finds_the_level() -> None:
    policy = AdaptiveLevels((2, 3, 4))
    answers: list[LevelAnswer] = []
    for _ in range(12):
        level = policy.next(answers)
        assert level in (2, 3, 4)
        side = "broad" if level < 4 else "right"
        answers.append(LevelAnswer(level, 5 - abs(level - 4), side))
    mean, spread = policy.preferred(answers)
    assert 3.5 <= mean <= 5
    assert spread < policy.preferred([])[1]


def test_the_group_teaches_where_to_begin_and_one_person_does_not() -> None:
    narrow = [LevelAnswer(level, 5 if level > 3 else 2, side) for level, side in
              ((2, "broad"), (3, "broad"), (4, "right"), (5, "right"))]  # fmt: skip
    group = group_start([narrow] * 20)
    levels = (1, 2, 3, 4, 5)
    flat = AdaptiveLevels(levels).preferred([])
    taught = AdaptiveLevels(levels, group).preferred([])
    assert taught[0] > flat[0] + 0.5
    assert taught[1] < flat[1]
    assert AdaptiveLevels(levels, group_start([narrow] * 4)).preferred([]) == flat
    assert json.loads(json.dumps(group)) == group, "kept as JSON, to the last bit"
    own = [LevelAnswer(2, 4, "right"), LevelAnswer(3, 3, "specific"), LevelAnswer(4, 1, "specific")]
    drawn = AdaptiveLevels(levels, group).preferred(own)[0]
    assert AdaptiveLevels(levels).preferred(own)[0] < drawn < taught[0], "drawn to the group"
