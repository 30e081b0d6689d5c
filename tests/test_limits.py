"""How often somebody may ask."""

from __future__ import annotations

import pytest

from journeys.limits import Attempts, Buckets, Rate, network


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


def test_attempts_are_limited_by_address_and_in_all() -> None:
    clock = Clock()
    attempts = Attempts(Rate(address=3, overall=5), buckets=Buckets(clock=clock))
    for _ in range(3):
        assert attempts.wait("192.0.2.1") == 0.0
        attempts.count("192.0.2.1")
    assert attempts.wait("192.0.2.1") == pytest.approx(20.0)
    assert attempts.wait("192.0.2.1") == pytest.approx(20.0), "asking takes nothing"
    assert attempts.wait("192.0.2.2") == 0.0
    for last in (2, 3):
        attempts.count(f"192.0.2.{last}")
    assert attempts.wait("192.0.2.9") == pytest.approx(12.0)
    clock.seconds = 20.0
    assert attempts.wait("192.0.2.1") == 0.0


def test_what_one_site_can_send_from_is_one_address() -> None:
    assert network("2001:db8:1:2::3") == network("2001:db8:1:2:ffff::9") == "2001:db8:1:2::"
    assert network("2001:db8:1:3::3") != network("2001:db8:1:2::3")
    assert network("::ffff:192.0.2.7") == network("192.0.2.7") == "192.0.2.7"
    assert network("fe80::1%eth0") == "fe80::"
    assert network(None) == network("") == network("unix:") == network("1.2.3.4, 5.6.7.8") == ""
