"""The operations that a server offers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from journeys.agents.exploring import Exploration
from journeys.agents.features import Action
from journeys.agents.intake import EVERYBODY, Scope
from journeys.agents.rows import UserRows
from journeys.agents.service import Keeping, PreferenceService
from journeys.agents.trajectories import Feedback, Trajectory
from journeys.errors import AccessDenied, ConfigError, InputError
from tests.agents.agent_worlds import START, TASKS

NOW = START + timedelta(days=3)
CANDIDATES = [Action(task, {"task_type": task}) for task in TASKS]


def taught(users: int = 4, events: int = 12, **options: object) -> PreferenceService:
    """Users who accept documentation and reject features."""
    service = PreferenceService(**options)  # type: ignore[arg-type]
    for number in range(users * events):
        task = TASKS[number % 3]
        given = Trajectory(
            str(number),
            f"u{number % users}",
            START + timedelta(hours=number),
            f"Do {task} with ada@example.com",
            context={"task_type": task, "repo": "a/b"},
        )
        now = START + timedelta(hours=number + 1)
        service.record_event(EVERYBODY, given, now)
        kind = "reject" if task == "feat" else "accept"
        service.record_feedback(EVERYBODY, f"u{number % users}", str(number), Feedback(kind), now)
    return service


def test_what_was_accepted_is_ranked_first_and_said_in_words() -> None:
    service = taught()
    ranking = service.rank_actions(EVERYBODY, "u0", {"repo": "a/b"}, CANDIDATES, NOW)
    assert ranking.actions[-1].id == "feat"
    assert ranking.actions[0].chance > ranking.actions[-1].chance + 0.01
    words = [reason.words for reason in ranking.actions[-1].reasons]
    assert "With tasks of the kind “feat” you accept less often." in words
    assert not any(not 0 <= reason.certainty <= 1 for reason in ranking.actions[0].reasons)


def test_the_context_has_preferences_and_the_newest_episodes_without_details() -> None:
    context = taught().get_user_context(EVERYBODY, "u1", NOW)
    assert context.events == 12
    assert context.episodes[0].id == "45"
    assert context.preferences[0].own
    assert "ada@example.com" not in repr(context)
    assert service_is_empty(PreferenceService())


def service_is_empty(service: PreferenceService) -> bool:
    context = service.get_user_context(EVERYBODY, "nobody", NOW)
    return not context.preferences and not context.episodes


def test_the_same_event_and_the_same_feedback_count_once() -> None:
    service = taught(users=1, events=3)
    state = service.states.get("u0")
    given = Trajectory("1", "u0", START, "again", feedback=(Feedback("reject"),))
    assert service.record_event(EVERYBODY, given, NOW).status == "duplicate"
    said = service.record_feedback(EVERYBODY, "u0", "0", Feedback("accept"), NOW)
    assert said.status == "duplicate"
    assert service.states.get("u0") == state


def test_feedback_must_be_to_an_event_of_the_users_own() -> None:
    service = taught()
    with pytest.raises(InputError):
        service.record_feedback(EVERYBODY, "u0", "1", Feedback("reject"), NOW)
    with pytest.raises(InputError):
        service.record_feedback(EVERYBODY, "u0", "0", Feedback("applause"), NOW)


def test_every_operation_keeps_to_the_callers_scope() -> None:
    service, scope = taught(), Scope(frozenset({"u1"}))
    given = Trajectory("x", "u0", START, "forged")
    for forbidden in (
        lambda: service.get_user_context(scope, "u0", NOW),
        lambda: service.rank_actions(scope, "u0", {}, CANDIDATES, NOW),
        lambda: service.record_event(scope, given, NOW),
        lambda: service.record_feedback(scope, "u0", "0", Feedback("reject"), NOW),
        lambda: service.reset(scope, "u0"),
        lambda: service.forget(scope, "u0"),
    ):
        with pytest.raises(AccessDenied):
            forbidden()


def test_reset_unlearns_and_forget_erases() -> None:
    service = taught()
    service.reset(EVERYBODY, "u0")
    state = service.states.get("u0")
    assert state is not None
    assert state.rows == UserRows()
    assert len(state.episodes) == 12
    service.refresh(NOW)
    relearnt = service.states.get("u0")
    assert relearnt is not None
    assert relearnt.rows == UserRows(), "what was reset is not learnt again at a refresh"
    service.roll_back()
    said = service.record_feedback(EVERYBODY, "u0", "0", Feedback("accept"), NOW)
    assert said.status == "accepted"
    assert service.forget(EVERYBODY, "u0")
    assert not service.forget(EVERYBODY, "u0")
    assert service.states.get("u0") is None
    empty = PreferenceService().rank_actions(EVERYBODY, "u0", {}, CANDIDATES, NOW)
    again = service.rank_actions(EVERYBODY, "u0", {}, CANDIDATES, NOW)
    assert again == empty


def test_a_refresh_changes_all_users_and_can_be_taken_back() -> None:
    service = taught(users=8)
    before = service.rank_actions(EVERYBODY, "new", {}, CANDIDATES, NOW)
    judged, published = service.refresh(NOW + timedelta(hours=1))
    assert published
    assert judged.logloss < judged.before
    after = service.rank_actions(EVERYBODY, "new", {}, CANDIDATES, NOW)
    assert after.version != before.version
    assert after.actions[-1].id == "feat"
    known = service.rank_actions(EVERYBODY, "u0", {"repo": "a/b"}, CANDIDATES, NOW)
    assert known.actions[-1].id == "feat"
    service.roll_back()
    assert service.rank_actions(EVERYBODY, "new", {}, CANDIDATES, NOW) == before
    with pytest.raises(ConfigError):
        service.roll_back()


def test_what_is_kept_and_ranked_is_bounded() -> None:
    service = taught(users=1, events=20, keeping=Keeping(episodes=5, seen=8, candidates=3))
    state = service.states.get("u0")
    assert state is not None
    assert len(state.episodes) == 5
    assert len(state.seen) == 8
    with pytest.raises(InputError):
        service.rank_actions(EVERYBODY, "u0", {}, [*CANDIDATES, Action("more", {})], NOW)
    with pytest.raises(InputError):
        service.rank_actions(EVERYBODY, "u0", {}, [CANDIDATES[0]] * 2, NOW)


def test_exploring_is_counted_for_the_user() -> None:
    service = taught(exploration=Exploration("thompson", budget=0.5))
    for _ in range(100):
        service.rank_actions(EVERYBODY, "u0", {}, CANDIDATES, NOW)
    state = service.states.get("u0")
    assert state is not None
    assert state.rankings == 100
    assert 30 <= state.explored <= 70


def test_rows_are_the_same_after_a_refresh_that_is_taken_back() -> None:
    service = taught(users=8)
    before = dict(service.states.all())
    service.refresh(NOW)
    assert dict(service.states.all()) != before
    service.roll_back()
    assert dict(service.states.all()) == before
