"""A log beside the survey: hand-checked figures, open journeys, and the threshold of people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.study.survey import (
    DAY,
    PersonFigures,
    compare_with_survey,
    log_figures,
    person_figures,
)

START = 19_000 * DAY  # 8 January 2022


def figures(
    journeys: dict[int, list[int]], span: int = 1000, outside: tuple[int, ...] = ()
) -> PersonFigures:
    """A person with journeys at such days of a log of ``span`` days."""
    pairs = [(day, label) for label, days in journeys.items() for day in days]
    pairs += [(day, -1) for day in outside]
    return person_figures(
        np.array([START + day * DAY for day, _ in pairs], dtype=np.int64),
        np.array([label for _, label in pairs], dtype=np.int64),
        first=START,
        last=START + span * DAY,
    )


def test_a_person_by_hand() -> None:
    found = figures(
        {
            0: [100, 120],  # 20 days, in the midst of the log: surely no month
            1: [200, 700],  # over a year
            2: [960, 990],  # 30 days are not more than a month, but it may go on
            3: [5, 300],  # 295 days, may have begun before the log
        },
        outside=(50,),
    )
    assert found.journeys == 4
    assert found.days.tolist() == [20, 500, 30, 295]
    assert found.open.tolist() == [False, False, True, True]
    assert (found.over_month, found.maybe_month) == (2, 3)
    assert (found.over_year, found.maybe_year) == (1, 3)
    assert found.now == 1


def test_how_many_at_once_counts_months_with_an_event() -> None:
    # Day 0 is 8 January: January has both journeys, March one, April both.
    assert figures({0: [0, 60, 90], 1: [1, 95]}).at_once == pytest.approx(5 / 3)
    assert figures({}, outside=(1, 2)).at_once == 0


def test_nobody_is_shown_for_fewer_than_k() -> None:
    four = [figures({0: [0, 900]})] * 4
    found = compare_with_survey(four)
    assert found.shares == ()
    assert found.at_once is None
    assert found.now is None
    five = compare_with_survey([*four, figures({})])
    assert [share.asked for share in five.shares] == ["People with a journey going on"]
    assert five.at_once is None
    with pytest.raises(ValueError, match="at least 2"):
        compare_with_survey(four, k=1)


def test_shares_by_hand() -> None:
    people = [
        figures({0: [950, 990], 1: [100, 110]}),  # one of two over a month; one going on
        figures({0: [100, 600]}),  # over a year, ended
        figures({label: [300, 960] for label in range(4)}),  # four at once
        figures({0: [10, 20]}),  # short, and open at the log's beginning
        figures({0: [400, 980]}),
        figures({}),
    ]
    found = compare_with_survey(people)
    # Three people with a journey going on are too few to say how many have 1 to 3 at once.
    going, month, year = found.shares
    assert going.value == pytest.approx(3 / 6)
    assert month.value == pytest.approx(np.mean([0.5, 1, 1, 0, 1]))
    assert month.at_most == pytest.approx(np.mean([0.5, 1, 1, 1, 1]))
    assert year.value == pytest.approx(3 / 5)
    assert year.at_most == pytest.approx(5 / 5)
    for share in found.shares:
        assert 0 <= share.low <= share.value <= share.high <= 1
    assert found.now is None
    assert found.people == 6


def test_a_short_log_makes_all_long_journeys_open() -> None:
    found = figures({0: [0, 20], 1: [10, 15]}, span=25)
    assert (found.over_month, found.maybe_month) == (0, 2)


def test_a_log_is_read_person_by_person() -> None:
    at = START + 400 * DAY
    rows = [
        ("a", "x", START, "j1"),
        ("a", "y", at, "j1"),
        ("a", "z", at, ""),
        ("b", "x", at, ""),
        ("c", "x", START + 100 * DAY, "j1"),
        ("c", "y", at, "j2"),
    ]
    found = list(log_figures(iter(rows), first=START, last=at))
    assert [person.journeys for person in found] == [1, 0, 2]
    assert [person.over_year for person in found] == [1, 0, 0]


@given(
    st.lists(st.tuples(st.integers(0, 800), st.integers(-1, 5)), max_size=40),
    st.integers(800, 2000),
)
def test_bounds_hold_for_any_person(events: list[tuple[int, int]], span: int) -> None:
    days: dict[int, list[int]] = {}
    for day, label in events:
        if label >= 0:
            days.setdefault(label, []).append(day)
    found = figures(days, span)
    assert 0 <= found.over_year <= found.over_month <= found.maybe_month <= found.journeys
    assert found.over_year <= found.maybe_year <= found.maybe_month
    assert 0 <= found.now <= found.journeys == len(days)
    assert found.at_once <= found.journeys
