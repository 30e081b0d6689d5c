"""How often somebody may ask."""

from __future__ import annotations

import pytest

from journeys.limits import Buckets


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_bucket_empties_says_how_long_and_fills_again() -> None:
    clock = Clock()
    buckets = Buckets(clock=clock)
    assert [buckets.take("a", 60) for _ in range(60)] == [0.0] * 60
    assert buckets.take("a", 60) == pytest.approx(1.0)
    assert buckets.take("b", 60) == 0.0
    clock.seconds = 0.5
    assert buckets.take("a", 60) == pytest.approx(0.5)
    clock.seconds = 1.01
    assert buckets.take("a", 60) == 0.0
    clock.seconds = 1_000.0
    assert [buckets.take("a", 60) > 0 for _ in range(61)] == [False] * 60 + [True]


def test_buckets_are_bounded() -> None:
    buckets = Buckets(most=10, clock=Clock())
    for name in range(100):
        buckets.take(name, 1)
    assert buckets.take(99, 1) > 0, "the newest are remembered"
    assert buckets.take(0, 1) == 0.0
