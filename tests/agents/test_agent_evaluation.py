"""The evaluation: no leak, figures worked out by hand, and the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from journeys.agents.evaluation.intervals import detectable, user_mean
from journeys.agents.evaluation.models import (
    Setting,
    base_rates,
    frozen,
    preferences,
    refreshes,
    tuned_on_stream,
)
from journeys.agents.evaluation.pull_requests import evaluate_stream
from journeys.agents.evaluation.stream import Stream, past_events, stream_of
from journeys.agents.evaluation.tools import (
    Call,
    calls_of,
    evaluate_tools,
    interactions,
    markov,
    most_frequent,
)
from journeys.agents.rows import RowRules
from journeys.agents.trajectories import Feedback, Step, Trajectory
from journeys.cli import main
from journeys.errors import InputError
from tests.agents.agent_worlds import SCHEMA, START, world


def trajectories(users: int = 12, events: int = 20) -> list[Trajectory]:
    """Decisions of the made-up users, a few hours after each request."""
    found = []
    for at, each in enumerate(world(users, events)):
        fields = dict(name.split("=", 1) for name in each.features.own)
        found.append(
            Trajectory(
                f"t{at}",
                each.user,
                START + timedelta(hours=at),
                f"Please {fields['task_type']} it",
                feedback=(
                    Feedback(
                        "accept" if each.liked else "reject",
                        START + timedelta(hours=at + 1 + at % 30),
                    ),
                ),
                context=fields | {"agent": "a"},
                order=at,
            )
        )
    return found


@pytest.fixture(scope="module")
def stream() -> Stream:
    return stream_of(trajectories(), replace(SCHEMA, content=0))


def test_nothing_is_learnt_before_it_is_known(stream: Stream) -> None:
    learnt: set[int] = set()
    for what, at in stream.replay():
        if what == "learn":
            learnt.add(at)
        else:
            assert all(stream.known[each] < stream.made[at] for each in learnt)
            assert learnt == set(stream.known_before(stream.made[at]))


def test_no_score_depends_on_what_was_not_known_yet(stream: Stream) -> None:
    """Turning every outcome that a request could not know leaves its chances as they were."""
    setting = Setting()
    cut = 150
    turned = np.array(
        [
            stream.liked[at] if stream.known[at] < stream.made[cut] else 1 - stream.liked[at]
            for at in range(len(stream))
        ]
    )
    assert (turned != stream.liked).sum() > 50

    def scores(given: Stream) -> list[np.ndarray]:
        shared = refreshes(given, setting.fit, setting.every)
        of_all = refreshes(given, setting.global_fit, setting.every, with_user=True)
        return [
            preferences(given, shared, setting.rows),
            frozen(given, of_all),
            tuned_on_stream(given, of_all.models[0], setting.rate),
            base_rates(given, lambda at: (given.users[at],), 8.0),
        ]

    for one, other in zip(scores(stream), scores(replace(stream, liked=turned)), strict=True):
        assert np.array_equal(one[: cut + 1], other[: cut + 1], equal_nan=True)
        assert not np.array_equal(one, other, equal_nan=True)


def test_past_events_are_those_known(stream: Stream) -> None:
    past = past_events(stream)
    for at in (0, 60, len(stream) - 1):
        known = stream.known_before(stream.made[at])
        assert past[at] == sum(stream.users[each] == stream.users[at] for each in known)


def test_base_rates_are_those_worked_out_by_hand() -> None:
    given = trajectories(2, 60)
    stream = stream_of(given, replace(SCHEMA, content=0))
    found = base_rates(stream, lambda at: (stream.users[at],), 2.0)
    at = 100
    known = stream.known_before(stream.made[at])
    own = [stream.liked[each] for each in known if stream.users[each] == stream.users[at]]
    whole = (sum(stream.liked[each] for each in known) + 2 * 0.5) / (len(known) + 2)
    assert found[at] == pytest.approx((sum(own) + 2 * whole) / (len(own) + 2))
    assert np.isnan(found[stream.block == 0]).all()


def test_own_rows_help_where_users_differ_and_nothing_of_others_moves() -> None:
    stream = stream_of(trajectories(9, 40), replace(SCHEMA, content=0))
    setting = Setting(rows=RowRules(bias=0.5, id=1.0))
    models = evaluate_stream(stream, setting).models
    ours = models["preferences"]
    against = ours["against"]["shared_only"]
    assert against["auc_interval"][0] > 0
    assert against["logloss_interval"][1] < 0
    assert ours["new_user_curve"]["shared_only"]["beats_from"] is not None
    assert ours["forgetting"]["chance_moved_most"] == 0.0
    json.dumps(models)


def test_others_move_a_model_that_is_fine_tuned_on_the_stream() -> None:
    given = [
        # Half of the users come later, so that there is somebody to forget for.
        replace(each, user_id=f"late {each.user_id}") if at > 130 and at % 2 else each
        for at, each in enumerate(trajectories())
    ]
    models = evaluate_stream(stream_of(given, replace(SCHEMA, content=0))).models
    assert models["preferences"]["forgetting"]["events_of_others"] > 10
    assert models["preferences"]["forgetting"]["chance_moved_most"] == 0.0
    assert models["tuned_on_stream"]["forgetting"]["chance_moved_most"] > 0.0


def test_intervals_are_over_users() -> None:
    users = np.repeat(np.arange(50), 10)
    values = np.repeat(np.random.default_rng(0).normal(size=50), 10)
    found = user_mean(values, users)
    expected = 1.96 * values.std() / 50**0.5
    assert (found.high - found.low) / 2 == pytest.approx(expected, rel=0.15)
    assert found.detectable == pytest.approx(2.8 * values.std() / 50**0.5, rel=0.15)
    assert detectable(-1.96, 1.96) == pytest.approx(2.8)


def test_too_few_requests_are_told() -> None:
    with pytest.raises(InputError):
        stream_of(trajectories(2, 5))


def calls(*tools: str, task: str = "1") -> list[Call]:
    steps = tuple(Step("assistant", tool=tool) for tool in tools)
    return calls_of([Trajectory("t", "u", None, "x", steps, context={"task": task})])


def test_baselines_rank_by_what_they_count() -> None:
    train = calls("a", "b", "a", "b", "a", "a")
    tools = ["a", "b", "c"]
    test = calls("a", "b")
    assert most_frequent(train, test, tools).tolist() == [[4, 2, 0], [4, 2, 0]]
    assert markov(train, test, tools).argmax(axis=1).tolist() == [0, 1]


def test_context_knows_only_what_was_before_the_call() -> None:
    steps = [Step("user", "first words"), Step("assistant", tool="a", error="Error: no")]
    steps += [Step("user", "later words"), Step("assistant", tool="b")]
    given = Trajectory("t", "u", None, "x", tuple(steps), "success", context={"task": "1"})
    first, second = calls_of([given])
    assert "said=later" not in first.context
    assert {"said=first", "now=later", "last=a", "failed=yes"} <= set(second.context)
    changed = replace(given, steps=(*steps[:3], Step("assistant", tool="c")), outcome="failure")
    assert calls_of([changed])[1].context == second.context


def test_ranking_learns_what_follows_what() -> None:
    log = [call for task in range(8) for call in calls("a", "b", "c", "b", "a", task=str(task))]
    found = evaluate_tools(log)
    assert found["preferences"]["hit1"] == 1.0
    assert found["preferences"]["against"]["most_frequent"]["hit1"] > 0
    tied = evaluate_tools(log, {"tied": lambda train, test, tools: np.zeros((len(test), 3))})
    assert tied["tied"]["mrr"] == pytest.approx(1 / 2)
    assert interactions(log[5:], log[:5], ["a", "b", "c"]).shape == (5, 3)
    with pytest.raises(InputError):
        evaluate_tools(calls("a", "b"))


def pull_requests(path: Path) -> Path:
    rows = []
    for each in trajectories():
        known = each.feedback[0].time
        assert known is not None
        assert each.time is not None
        rows.append(
            {
                "user_id": each.user_id,
                "user_source": "author",
                "timestamp": each.time.isoformat(),
                "item_id": each.id,
                "agent": "a",
                "title": each.request,
                "text": "",
                "group": each.context["repo"],
                "task_type": each.context["task_type"],
                "outcome": "merged" if each.feedback[0].kind == "accept" else "rejected",
                "closed_at": known.isoformat(),
            }
        )
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_the_command_ends_with_one_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pull_requests(tmp_path / "log.jsonl")
    assert main(["evaluate", "agents", str(tmp_path), "--no-text", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"preferences", "global_lr", "agent_repo", "most_popular"} <= set(found)
    for row in found.values():
        assert row["auc_interval"][0] <= row["auc"] <= row["auc_interval"][1]
        assert row["logloss"] > 0


def test_the_command_tells_what_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"a": 1}')
    empty = tmp_path / "empty"
    empty.mkdir()
    for given in (other, tmp_path / "absent", empty):
        assert main(["evaluate", "agents", str(given)]) == 1
    assert main(["evaluate", "agents", str(other), "--no-text", "--ask", "5"]) == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.shared
def test_next_tools_of_tau_bench_beat_both_baselines(shared_data: Path) -> None:
    from journeys.agents.adapters import read_trajectories

    path = shared_data / "tau_bench_airline_gpt4o" / "trajectories.jsonl"
    log = calls_of(list(read_trajectories(path, "tau-bench")))
    assert len(log) == 1164
    last = sorted({call.task for call in log}, key=int)[-3:]
    train = [call for call in log if call.task not in last]
    test = [call for call in log if call.task in last]
    tools = sorted({call.tool for call in log})
    own = [tools.index(call.tool) for call in test]
    hits = {
        ranker: float((ranker(train, test, tools).argmax(axis=1) == own).mean())
        for ranker in (most_frequent, markov, interactions)
    }
    assert hits[interactions] > hits[most_frequent]
