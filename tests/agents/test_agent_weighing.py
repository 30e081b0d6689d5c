"""What counts how much: the ablations, on streams whose answer is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from journeys.agents.evaluation.models import Setting, preferences, refreshes
from journeys.agents.evaluation.stream import Stream, known_of_users, stream_of
from journeys.agents.evaluation.tools import Call, evaluate_tools, interactions
from journeys.agents.evaluation.weighing import ACCEPTED, REJECTED, compared, next_requests
from journeys.agents.trajectories import Feedback, Trajectory
from journeys.errors import InputError
from tests.agents.agent_worlds import SCHEMA, START


def accepted_repeat(users: int = 8, events: int = 16) -> Stream:
    """What users had accepted they ask for again; what was rejected all ask for."""
    found = []
    for at in range(users * events):
        user, turn = at % users, at // users
        good = turn % 3 == 1
        found.append(
            Trajectory(
                f"t{at}",
                f"u{user}",
                START + timedelta(hours=at),
                f"topic {user}" if good else "what all ask for",
                feedback=(
                    Feedback("accept" if good else "reject", START + timedelta(hours=at + 0.5)),
                ),
                context={"repo": f"r{user}", "task_type": "fix"},
                order=at,
            )
        )

    def encode(texts: object) -> np.ndarray:
        drawn = []
        for text in texts:  # type: ignore[attr-defined]
            rng = np.random.default_rng(list(str(text).encode()))
            drawn.append(rng.normal(size=12))
        return np.array(drawn)

    return stream_of(found, SCHEMA, encode)


def test_what_is_known_of_users_is_their_own_past() -> None:
    stream = accepted_repeat()
    for at, past in known_of_users(stream, [0, 50, 100]).items():
        assert {stream.users[each] for each in past} <= {stream.users[at]}
        assert all(stream.known[each] < stream.made[at] for each in past)
        assert set(past) == {
            each
            for each in stream.known_before(stream.made[at])
            if stream.users[each] == stream.users[at]
        }


def test_where_the_accepted_comes_again_it_weighs_more() -> None:
    stream = accepted_repeat()
    found = next_requests(stream, (1.0, 0.0))
    mask = stream.liked[found.rows] == 1
    rows = compared(stream, found, "1.0", mask)
    assert rows["0.0"]["mrr"] > rows["1.0"]["mrr"]
    assert rows["0.0"]["against"]["mrr_interval"][0] > 0
    assert rows[ACCEPTED]["mrr"] > rows[REJECTED]["mrr"]
    assert rows["1.0"]["against"]["mrr"] == 0.0


def test_texts_and_both_kinds_are_needed() -> None:
    stream = accepted_repeat()
    with pytest.raises(InputError):
        next_requests(replace(stream, vectors=None), (1.0,))
    with pytest.raises(InputError):
        next_requests(replace(stream, liked=np.ones_like(stream.liked)), (1.0,))
    with pytest.raises(InputError):
        next_requests(stream, (1.0,), other_repos=True)


def test_verdicts_that_weigh_nothing_are_not_learnt() -> None:
    stream = accepted_repeat()
    setting = Setting()
    shared = refreshes(stream, setting.fit, timedelta(days=1))
    same = preferences(stream, shared, setting.rows)
    assert np.array_equal(
        same, preferences(stream, shared, setting.rows, weights=(1.0, 1.0)), equal_nan=True
    )
    inside = stream.block > 0
    accepted = preferences(stream, shared, setting.rows, weights=(0.0, 1.0))[inside]
    rejected = preferences(stream, shared, setting.rows, weights=(1.0, 0.0))[inside]
    assert accepted.mean() > same[inside].mean() > rejected.mean()


def test_calls_of_failed_conversations_may_count_less() -> None:
    def calls(task: int, outcome: str, *tools: str) -> list[Call]:
        return [Call(str(task), tool, (), ("last=x",), outcome) for tool in tools]

    log = [call for task in range(6) for call in calls(task, "failure", "a", "a")]
    log += [call for task in range(6) for call in calls(task, "success", "b")]
    log += calls(7, "success", "c")
    test = log[-1:]
    tools = ["a", "b", "c"]
    assert interactions(log, test, tools).argmax() == 0
    assert interactions(log, test, tools, failed=0.1).argmax() == 1
    assert interactions(log, test, tools, failed=0.0)[0, 0] == -np.inf
    found = evaluate_tools(log, {"all": interactions}, judged=True)
    assert found["all"]["calls"] == 7
    assert evaluate_tools(log, {"all": interactions})["all"]["calls"] == 19
