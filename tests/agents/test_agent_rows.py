"""A user's own rows: what they learn, and that nobody else's move."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.agents.features import Action
from journeys.agents.fitting import FitRules, fit_shared
from journeys.agents.hashing import TableRules
from journeys.agents.intake import EVERYBODY
from journeys.agents.refreshing import ModelHistory, Version
from journeys.agents.rows import BIAS, RowRules, UserRows, guess, learn, sigmoid
from journeys.agents.service import PreferenceService
from journeys.agents.states import UserState
from journeys.agents.trajectories import FEEDBACK, Feedback, Trajectory
from tests.agents.agent_worlds import SCHEMA, START, TASKS, features, world

RULES = RowRules()


def test_an_event_moves_the_beliefs_to_the_posterior_mode() -> None:
    from scipy.optimize import minimize

    candidate = features(task_type="fix", language="C")
    rows = learn(UserRows(), RULES, candidate, 0.3, 1, START, weight=0.7)
    priors = np.array([RULES.bias, RULES.id, RULES.id])

    def negative(w: np.ndarray) -> float:
        return float(0.7 * np.logaddexp(0, -(0.3 + w.sum())) + 0.5 * (w * w / priors).sum())

    best = minimize(negative, np.zeros(3), tol=1e-12).x
    found = [rows.beliefs[name].mean for name in (BIAS, "task_type=fix", "language=C")]
    assert found == pytest.approx(best.tolist(), abs=1e-5)
    chance = sigmoid(0.3 + best.sum())
    curve = 0.7 * chance * (1 - chance)
    assert rows.beliefs[BIAS].variance == pytest.approx(1 / (1 / RULES.bias + curve), rel=1e-5)


def test_the_chance_is_the_logistic_averaged_over_the_belief() -> None:
    rng = np.random.default_rng(0)
    found = guess(UserRows(), RowRules(bias=1.5), features(task_type="fix"), 0.8, None)
    draws = 0.8 + math.sqrt(found.variance) * rng.standard_normal(200_000)
    assert found.chance == pytest.approx((1 / (1 + np.exp(-draws))).mean(), abs=0.01)


def test_feedback_is_learnt_and_falls_back_with_time() -> None:
    rules = RowRules(half_life=timedelta(days=10))
    rows, candidate = UserRows(), features(task_type="docs")
    for day in range(5):
        rows = learn(rules=rules, rows=rows, features=candidate, shared=0.0, liked=0,
                     time=START + timedelta(days=day / 10))  # fmt: skip
    now = START + timedelta(days=0.4)
    fresh = guess(rows, rules, candidate, 0.0, now)
    later = guess(rows, rules, candidate, 0.0, now + timedelta(days=10))
    never = guess(UserRows(), rules, candidate, 0.0, None)
    assert fresh.mean < -0.5
    assert later.mean == pytest.approx(fresh.mean / 2)
    assert fresh.variance < later.variance < never.variance
    last = guess(rows, rules, candidate, 0.0, now + timedelta(days=10_000))
    assert last.mean == pytest.approx(0, abs=1e-9)
    assert last.variance == pytest.approx(never.variance)


def test_an_event_out_of_order_counts_less_and_turns_no_clock_back() -> None:
    rules, candidate = RowRules(half_life=timedelta(days=10)), features(task_type="fix")
    first = learn(UserRows(), rules, candidate, 0.0, 1, START)
    late = learn(first, rules, candidate, 0.0, 0, START - timedelta(days=30))
    prompt = learn(first, rules, candidate, 0.0, 0, START)
    assert late.at == START
    assert late.beliefs[BIAS].mean > prompt.beliefs[BIAS].mean


def test_rows_are_bounded_and_the_least_certain_go_first() -> None:
    rules = RowRules(most=3)
    rows = UserRows()
    for _ in range(5):
        rows = learn(rows, rules, features(repo="known"), 0.0, 1, START)
    for number in range(10):
        rows = learn(rows, rules, features(repo=f"r{number}"), 0.0, 1, START)
    ids = [name for name in rows.beliefs if name != BIAS and not name.startswith("#")]
    assert len(ids) == 3
    assert "repo=known" in ids


@settings(max_examples=200, deadline=None)
@given(
    liked=st.integers(0, 1),
    shared=st.floats(-30, 30),
    weight=st.floats(0, 1),
    times=st.integers(1, 5),
)
def test_beliefs_stay_finite_and_move_towards_what_was_said(
    liked: int, shared: float, weight: float, times: int
) -> None:
    rows, candidate = UserRows(), features(task_type="fix")
    for _ in range(times):
        before = guess(rows, RULES, candidate, shared, None)
        rows = learn(rows, RULES, candidate, shared, liked, None, weight)
        after = guess(rows, RULES, candidate, shared, None)
        assert math.isfinite(after.mean)
        assert (after.mean - before.mean) * (2 * liked - 1) >= 0
        assert 0 < after.variance <= before.variance


@pytest.fixture(scope="module")
def history() -> ModelHistory:
    examples = world()
    now = examples[-1].time + timedelta(days=1)
    rules = FitRules(table=TableRules(rows=4_096), width=4, steps=20)
    model = fit_shared(examples, SCHEMA, now, rules)
    return ModelHistory.begin(SCHEMA).published(Version(model, now, None))


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(("event", "feedback", "rank", "reset", "forget")),
        st.sampled_from(TASKS),
        st.sampled_from(("r0", "r1", "new")),
        st.sampled_from(sorted(FEEDBACK)),
        st.integers(0, 2_000),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(operations=OPERATIONS)
def test_no_update_of_one_user_moves_any_score_of_another(
    history: ModelHistory, operations: list[tuple[str, str, str, str, int]]
) -> None:
    """Bit for bit, whatever one user does."""
    now = START + timedelta(days=3_000)
    service = PreferenceService(history=history)
    candidates = [
        Action(f"{task} {repo}", {"task_type": task, "repo": repo})
        for task in TASKS
        for repo in ("r0", "r1", "new")
    ]
    for number, user in enumerate(("bob", "eve", "bob")):
        record(service, user, f"{user}{number}", "docs", "r1", "reject", 10 * number)

    def scores() -> list[tuple[str, str, str, str]]:
        return [
            (user, each.id, each.chance.hex(), each.spread.hex())
            for user in ("bob", "eve", "nobody yet")
            for each in service.rank_actions(EVERYBODY, user, {}, candidates, now).actions
        ]

    before = scores()
    for number, (what, task, repo, kind, hour) in enumerate(operations):
        if what == "event":
            record(service, "ada", f"e{number}", task, repo, kind, hour)
        elif what == "feedback":
            record(service, "ada", f"e{number}", task, repo, None, hour)
            service.record_feedback(EVERYBODY, "ada", f"e{number}", Feedback(kind), now)
        elif what == "rank":
            service.rank_actions(EVERYBODY, "ada", {}, candidates, now)
        elif what == "reset":
            service.reset(EVERYBODY, "ada")
        else:
            service.forget(EVERYBODY, "ada")
    assert scores() == before


def record(
    service: PreferenceService,
    user: str,
    name: str,
    task: str,
    repo: str,
    kind: str | None,
    hour: int,
) -> None:
    said = () if kind is None else (Feedback(kind),)
    context = {"task_type": task, "repo": repo}
    time = START + timedelta(hours=hour)
    given = Trajectory(name, user, time, "do", feedback=said, context=context)
    service.record_event(EVERYBODY, given, START + timedelta(days=3_000))


def test_a_state_comes_back_to_the_last_bit(history: ModelHistory) -> None:
    service = PreferenceService(history=history)
    for number in range(7):
        record(service, "ada", str(number), TASKS[number % 3], "r1", "edit", number)
    state = service.states.get("ada")
    assert state is not None
    again = UserState.from_json(state.to_json())
    assert again.rows == state.rows
    assert again.to_json() == state.to_json()
