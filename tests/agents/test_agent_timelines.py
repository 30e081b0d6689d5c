"""Trajectories as an activity log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from journeys.agents import Feedback, Step, Trajectory, activity_log
from journeys.discovery import DiscoveryConfig, Tools, discover
from journeys.embedding import MemoryVectorCache
from journeys.embedding.fake import FakeEmbedder
from tests.logs import TOPICS


class Maps:
    """Maps kept in memory."""

    def __init__(self, held: dict[str, np.ndarray]) -> None:
        self.held = held

    def get(self, key: str) -> np.ndarray | None:
        return self.held.get(key)

    def put(self, key: str, points: np.ndarray) -> None:
        self.held[key] = points


START = datetime(2026, 1, 1, tzinfo=UTC)


def test_events_are_sorted_by_user_and_time_and_say_what_was_endorsed() -> None:
    steps = (Step("assistant", tool="list"), Step("tool", tool="list"), Step("assistant", tool="a"))
    given = [
        Trajectory("2", "ada", START + timedelta(days=1), "Second", feedback=(Feedback("accept"),)),
        Trajectory("1", "ada", START, "First", steps=steps),
        Trajectory("3", "bob", None, "No time", order=3),
    ]
    log = activity_log(given, tools=True)
    assert log.users == ["ada", "bob"]
    ada = log.timeline("ada").frame
    assert ada["title"].tolist() == ["First", "list", "a", "Second"]
    assert ada["action"].tolist() == ["message", "tool_call", "tool_call", "like"]
    assert ada["item_id"].tolist() == ["1", "1#1", "1#2", "2"]
    assert not log.timeline("bob").frame["timed"].any()


def test_journeys_are_found_in_trajectories_as_in_any_log() -> None:
    given = [
        Trajectory(f"{topic}{n}", "ada", START + timedelta(days=3 * n), f"{topic} {text} {n}")
        for topic, words in list(TOPICS.items())[:3]
        for n, text in enumerate(words.split() * 3)
    ]
    tools = Tools(FakeEmbedder(), MemoryVectorCache(), Maps({}), b"k" * 32)
    found = discover(activity_log(given), DiscoveryConfig(map="none"), tools=tools)
    assert found.journeys
    for journey in found.journeys:
        assert journey.user_id == "ada"


def test_an_empty_log_is_a_log() -> None:
    assert len(activity_log([])) == 0
