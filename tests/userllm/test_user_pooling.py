"""Seeds as one comparison: people are what is drawn, and each counts once."""

from __future__ import annotations

import pytest

from journeys.userllm.outcomes import Outcome, difference
from journeys.userllm.pooling import over_seeds


def run(**scores: float) -> dict[tuple[str, int], tuple[Outcome, ...]]:
    return {("soft", 10): tuple(Outcome(who, "t", value, 10) for who, value in scores.items())}


def test_a_person_of_several_seeds_counts_once_with_their_mean() -> None:
    found = over_seeds([run(a=1.0, b=0.0), run(a=0.0, c=1.0)])["soft", 10]
    assert {each.person: each.score for each in found} == {"a": 0.5, "b": 0.0, "c": 1.0}


def test_one_run_is_itself() -> None:
    one = run(a=1.0, b=0.25)
    assert over_seeds([one]) == one
    assert over_seeds([]) == {}


def test_what_not_every_run_has_is_left_out() -> None:
    assert over_seeds([run(a=1.0), {}]) == {}


def test_three_equal_runs_say_no_more_than_one() -> None:
    """An interval that shrank with repeated answers of the same people would be too narrow."""
    one, other = run(a=1.0, b=0.0, c=1.0), run(a=0.5, b=0.5, c=0.0)
    alone = difference(one["soft", 10], other["soft", 10], "t")
    thrice = difference(over_seeds([one] * 3)["soft", 10], over_seeds([other] * 3)["soft", 10], "t")
    assert thrice == pytest.approx(alone)
