"""A log goes into a service in the order in which things became known, and is judged as it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from journeys.agents.intake import EVERYBODY
from journeys.agents.replaying import moments, replay
from journeys.agents.service import PreferenceService
from journeys.agents.simulated import marked
from journeys.agents.trajectories import Feedback, Trajectory
from journeys.agents.watching import foretold, moved
from journeys.errors import InputError
from tests.agents.agent_worlds import START

NOW = START + timedelta(days=90)


def log(count: int = 60) -> list[Trajectory]:
    """Two users: one accepts fixes, one rejects them; each answer comes a day later."""
    found = []
    for at in range(count):
        user, asked = f"u{at % 2}", START + timedelta(hours=at)
        kind = "accept" if at % 2 == 0 else "reject"
        found.append(
            Trajectory(
                f"t{at}",
                user,
                asked,
                "Fix it",
                feedback=(Feedback(kind, asked + timedelta(days=1)),),
                context={"task_type": "fix"},
            )
        )
    return found


def replayed(count: int = 60, **options: int) -> PreferenceService:
    service = PreferenceService()
    replay(service, log(count), NOW, **options)
    return service


def test_moments_are_in_the_order_in_which_they_became_known() -> None:
    found = moments(reversed(log(30)))
    times = [moment.time for moment in found]
    assert times == sorted(times, key=lambda time: time or START)
    known: set[str] = set()
    for moment in found:
        assert not moment.trajectory.feedback, "a request tells nothing of what came of it"
        if moment.feedback is not None:
            assert moment.trajectory.id in known
        known.add(moment.trajectory.id)


def test_feedback_that_claims_to_be_older_than_its_request_comes_after_it() -> None:
    early = Feedback("accept", START - timedelta(days=2))
    given = Trajectory("t", "u", START, "Fix it", feedback=(early,))
    assert [moment.feedback for moment in moments([given])] == [None, early]


def test_a_log_without_times_keeps_its_order() -> None:
    given = [Trajectory(str(at), "u", None, "x", feedback=(Feedback("like"),)) for at in range(3)]
    found = [(moment.trajectory.id, moment.feedback is None) for moment in moments(given)]
    assert found == [(str(at), request) for at in range(3) for request in (True, False)]


def test_a_log_goes_in_once() -> None:
    service = PreferenceService()
    first = replay(service, log(), NOW)
    assert (first.events, first.feedback, first.duplicates) == (60, 60, 0)
    kept = [state.to_json() for _, state in service.states.all()]
    again = replay(service, log(), NOW)
    assert (again.events, again.feedback, again.duplicates) == (0, 0, 120)
    assert [state.to_json() for _, state in service.states.all()] == kept


def test_a_bad_entry_loses_no_good_one() -> None:
    bad = Trajectory("bad", "u0", datetime(1970, 1, 2, tzinfo=START.tzinfo), "x")
    told = replay(PreferenceService(), [*log(), bad], NOW)
    assert told.events == 60
    assert list(told.refused.values()) == [1]


def test_what_was_foreseen_was_foreseen_before_it_was_known() -> None:
    """The first feedback of a user nobody knows is foreseen by the empty shared weights."""
    service = replayed()
    for _, state in service.states.all():
        assert state.episodes[0].foreseen == pytest.approx(0.5)
        assert state.episodes[0].without_own == pytest.approx(0.5)
        chances = [each.foreseen for each in state.episodes]
        assert chances == sorted(chances, reverse=state.episodes[0].liked == 0)


def test_metrics_are_those_of_a_library() -> None:
    service = replayed(refresh_every=25)
    states = [state for _, state in service.states.all()]
    found = foretold(states)
    assert found is not None
    rows = [(e.liked, e.foreseen, e.without_own) for state in states for e in state.episodes]
    liked, chances, without = np.array(rows, dtype=float).T
    assert found.feedback == 60
    assert found.users == 2
    assert found.accepted == 0.5
    assert found.auc == pytest.approx(roc_auc_score(liked, chances))
    assert found.logloss == pytest.approx(log_loss(liked, chances))
    assert found.logloss_without == pytest.approx(log_loss(liked, without))
    assert found.logloss < found.logloss_without, "own rows tell these two apart"
    assert foretold([]) is None


def test_preferences_move_to_what_the_service_believes_now() -> None:
    service = replayed(refresh_every=25)
    for user, state in service.states.all():
        steps = moved(service.history.model, service.rules, state.episodes)
        assert len(steps) == len(state.episodes)
        held = service.get_user_context(EVERYBODY, user, steps[-1].time).preferences
        assert steps[-1].preferences == held
        assert abs(steps[0].preferences[0].moved) < abs(steps[-1].preferences[0].moved)


def test_simulated_users_are_kept_apart() -> None:
    service = PreferenceService()
    replay(service, log(20), NOW)
    mixed = replay(service, marked(log(40)), NOW)
    assert mixed.events == 0
    assert sum(mixed.refused.values()) == 40, "20 known ones are duplicates, 20 with feedback"


def test_a_refresh_does_not_see_simulated_users() -> None:
    service = PreferenceService()
    replay(service, marked(log()), NOW)
    assert all(state.simulated for _, state in service.states.all())
    with pytest.raises(InputError, match="there are 0"):
        service.refresh(NOW)


def test_tau_benchs_users_are_simulated_whether_it_is_said_or_not() -> None:
    service = PreferenceService()
    replay(service, [replace(each, source="tau-bench") for each in log(4)], NOW)
    assert [state.simulated for _, state in service.states.all()] == [True, True]
