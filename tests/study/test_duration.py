"""How long a participation took."""

from __future__ import annotations

from journeys.study.answers import Shown, TrialAnswers, TrialRecord
from journeys.study.duration import duration

SECOND = 1_000_000


def record(first: int, last: int) -> TrialRecord:
    shown = Shown(0, "journey", 1, "j", "a", 3, "n", "x")
    return TrialRecord(shown, TrialAnswers(), None, first * SECOND, last * SECOND)


def test_pauses_count_in_the_total_only() -> None:
    steps = {"opened": 0, "consented": 10 * SECOND, "rating": 60 * SECOND, "done": 5000 * SECOND}
    taken = duration(steps, [record(90, 100), record(4900, 9000)])
    assert taken is not None
    assert taken.total == 4990.0
    assert taken.active == 50 + 30 + 10 + 100, "from 100 s to 4900 s they were away"


def test_who_has_not_finished_has_no_total_and_who_has_not_begun_nothing() -> None:
    assert duration({"opened": 5}) is None
    begun = duration({"consented": 0, "stated": 30 * SECOND})
    assert begun is not None
    assert (begun.total, begun.active) == (None, 30.0)
