"""Requests at once: room grows by answers, shrinks when the endpoint says so, and never hangs."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest

from journeys.errors import EndpointBusy
from journeys.naming.pacing import Pace


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_no_more_than_the_places_are_held_at_once() -> None:
    pace, lock = Pace(3), threading.Lock()
    held, most = 0, 0

    def hold() -> None:
        nonlocal held, most
        with pace.place():
            with lock:
                held += 1
                most = max(most, held)
            time.sleep(0.005)
            with lock:
                held -= 1

    threads = [threading.Thread(target=hold) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 3


def test_one_slow_down_takes_one_place_and_answers_give_it_back() -> None:
    pace = Pace(32)
    pace.slow_down(0.0, 60.0)
    assert pace.limit == 31
    for _ in range(16):
        pace.answered(1.0)
    assert pace.limit == 32
    with pace.place():
        pass  # nobody else waits for the one that was told to


def test_chance_rejections_do_not_halve_the_places() -> None:
    pace = Pace(32)
    for at in range(2_000):
        if at % 20 == 0:
            pace.slow_down(0.0, 1.0)
        else:
            pace.answered(1.0)
    assert pace.limit >= 30


def test_many_slow_downs_halve_the_places_once_and_hold_everybody_back() -> None:
    clock = Clock()
    pace = Pace(32, clock=clock)
    clock.at = 5.0
    for _ in range(24):
        pace.slow_down(1.0, 2.0)  # all sent before the first was told
    assert 10 <= pace.limit <= 16
    entered = threading.Event()

    def enter() -> None:
        with suppress(EndpointBusy), pace.place():
            entered.set()

    thread = threading.Thread(target=enter, daemon=True)
    thread.start()
    assert not entered.wait(0.05)
    clock.at = 7.5
    pace.answered(1.0)
    pace.stop()
    thread.join(5)


def test_the_places_settle_below_what_an_endpoint_can_take() -> None:
    """An endpoint that takes 8 at once: after a while most requests are let through."""
    clock = Clock()
    pace = Pace(64, clock=clock)
    told = sent = 0
    for second in range(200):
        clock.at = float(second)
        for place in range(pace.limit):
            if second >= 100:
                sent += 1
                told += place >= 8
            if place >= 8:
                pace.slow_down(clock.at, 0.0)
            else:
                pace.answered(1.0)
    assert 6 <= pace.limit <= 11
    assert told / sent < 0.15


def test_patience_follows_the_slowest_answer_and_grows_with_attempts() -> None:
    pace = Pace(4, timeout=30.0)
    assert pace.patience() == 30.0
    for _ in range(8):
        pace.answered(1.0)
    assert pace.patience() == 4.0
    assert pace.patience(2) == 16.0
    pace.answered(3.0)
    assert pace.patience() == 12.0
    pace.answered(50.0)
    assert pace.patience() == 30.0
    assert pace.patience(9) == 120.0
    assert Pace(timeout=0.2, adaptive=False).patience(3) == 0.2


def test_stopping_wakes_those_who_wait() -> None:
    pace = Pace(1)
    errors: list[BaseException] = []

    def wait_for(what: str) -> None:
        try:
            if what == "place":
                with pace.place():
                    pass
            else:
                pace.sleep(600)
        except EndpointBusy as error:
            errors.append(error)

    with pace.place():
        threads = [threading.Thread(target=wait_for, args=(w,)) for w in ("place", "sleep")]
        for thread in threads:
            thread.start()
        pace.stop()
        for thread in threads:
            thread.join(5)
    assert len(errors) == 2
    with pytest.raises(EndpointBusy, match="stopped"):
        pace.sleep(0)
