"""The before/after comparison leaves out whoever taught."""

from __future__ import annotations

import pandas as pd
import pytest

from journeys.study.learning import WITH, WITHOUT, before_after, of_condition
from journeys.study.longformat import from_rows


def answers(points: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """Participant -> identification without, and with examples; three journeys each."""
    return from_rows(
        "answers",
        [
            {"participant": who, "journey": f"j{j}", "trial": j, "condition": condition, "level": 3,
             "identification": value, "is_foil": False}
            for who, pair in points.items()
            for condition, value in zip(("plain", "taught"), pair, strict=True)
            for j in range(1, 4)
        ],
    )  # fmt: skip


def test_teachers_do_not_count_as_held_out() -> None:
    held = {f"p{at}": (2, 3 + at % 2) for at in range(8)}
    table = answers({**held, "t1": (1, 5), "t2": (1, 5), "t3": (1, 5), "t4": (1, 4)})
    found = before_after(
        of_condition(table, "plain"), of_condition(table, "taught"), {"t1", "t2", "t3", "t4", "x"}
    )
    figures = {each.name: each for each in found.held_out}
    assert found.left_out == 4
    assert figures[WITHOUT].value == 2
    assert figures[WITH].value == pytest.approx(3.5)
    difference = figures[f"{WITH} less {WITHOUT}"]
    assert difference.value == pytest.approx(1.5)
    assert difference.n == 8
    assert difference.low > 0
    assert {each.name: each.value for each in found.teachers}[WITH] == pytest.approx(4.75)


def test_two_rounds_of_the_same_condition() -> None:
    first = answers({f"p{at}": (3, 3) for at in range(5)})
    second = answers({f"p{at}": (4, 4) for at in range(5)})
    found = before_after(first, second, set())
    assert {each.name: each.value for each in found.held_out}[f"{WITH} less {WITHOUT}"] == 1
    assert found.teachers == ()
