"""Balance of who meets which condition, in which order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from journeys.study.assignment import (
    arrangements,
    assign,
    draw_order,
    participant_seed,
    williams_square,
)
from journeys.study.default_design import default_design
from journeys.study.design import Condition, StudyDesign


def design(n: int, arrangement: str = "between", seed: int = 0) -> StudyDesign:
    conditions = tuple(Condition(chr(97 + at), f"condition {at}") for at in range(n))
    return replace(
        default_design(conditions=conditions),
        arrangement=arrangement,  # type: ignore[arg-type]
        seed=seed,
    )


@pytest.mark.parametrize("n", range(1, 7))
def test_a_williams_square_is_balanced_for_place_and_for_what_comes_before(n: int) -> None:
    square = williams_square(n)
    assert len(square) == (n if n % 2 == 0 or n == 1 else 2 * n)
    places = Counter((at, entry) for row in square for at, entry in enumerate(row))
    assert set(places.values()) == {len(square) // n}
    followed = Counter(pair for row in square for pair in pairwise(row))
    assert len(followed) == n * (n - 1)
    assert len(set(followed.values())) <= 1


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_groups_never_differ_by_more_than_one(n: int) -> None:
    met: Counter[str] = Counter({condition.key: 0 for condition in design(n).conditions})
    for number in range(60):
        met[assign(design(n), number)[0]] += 1
        assert max(met.values()) - min(met.values()) <= 1


def test_within_participants_every_block_has_every_order_once() -> None:
    wanted = design(4, "within")
    for block in range(5):
        orders = [assign(wanted, 4 * block + place) for place in range(4)]
        assert sorted(orders) == sorted(arrangements(wanted))


def test_the_next_condition_cannot_be_told_from_the_place() -> None:
    first = Counter(assign(design(3, seed=seed), 0)[0] for seed in range(900))
    assert all(250 < times < 350 for times in first.values())
    blocks = {tuple(assign(design(3), 3 * b + p) for p in range(3)) for b in range(60)}
    assert len(blocks) == 6


def test_draws_are_the_same_on_every_machine() -> None:
    assert [assign(design(3, seed=7), number)[0] for number in range(9)] == list("bacacbabc")
    assert draw_order(5, 1, "journeys") == [2, 4, 1, 3, 0]
    assert participant_seed(design(2), 0) != participant_seed(design(2), 1)


def test_every_order_is_drawn_equally_often() -> None:
    drawn = Counter(tuple(draw_order(3, seed, "x")) for seed in range(6_000))
    assert len(drawn) == 6
    assert sum((times - 1_000) ** 2 / 1_000 for times in drawn.values()) < 20.5  # p = .001, 5 df
