"""Simulated users: hidden wishes, knobs, and figures that are never mixed with people's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from journeys.agents import Feedback, Scope, Trajectory
from journeys.agents.evaluation.stream import stream_of
from journeys.agents.exploring import Exploration
from journeys.agents.rollouts import (
    CHOICES,
    Episode,
    Rollouts,
    Rules,
    accepted_by_source,
    figures,
    new_service,
)
from journeys.agents.rows import RowRules
from journeys.agents.simulated import apart, is_simulated, require_one_kind
from journeys.agents.simulated_user import Knobs, LanguageUser, RuleUser, suits
from journeys.agents.trajectories import SIMULATED
from journeys.errors import ConfigError, InputError
from journeys.naming.fake import FakeChat
from tests.agents.agent_worlds import START

#: Wishes are strict here, unlike those of pull requests, for which the defaults were chosen.
ROWS = RowRules(id=1.0)


def _late(episode: Episode) -> bool:
    """It is one of a user's last six."""
    return int(episode.trajectory.id.split("/")[1]) >= 12


TASKS = ["fix the parser", "speed up the search", "add a flag"] * 6


def users(knobs: Knobs, count: int = 12) -> list[RuleUser]:
    """Each with a wish for two of the three choices."""
    rng = np.random.default_rng(3)
    found = []
    for at in range(count):
        wishes = {name: str(rng.choice(values)) for name, values in CHOICES.items()}
        del wishes[str(rng.choice(list(wishes)))]
        found.append(RuleUser(f"sim:{at}", wishes, knobs))
    return found


def played(
    knobs: Knobs, rules: Rules | None = None, exploration: Exploration | None = None
) -> list[Episode]:
    found = []
    rollouts = Rollouts(new_service(rules=ROWS, exploration=exploration), rules or Rules())
    for user in users(knobs):
        found += rollouts.run(user, TASKS, START)
    return found


def person(at: int = 0) -> Trajectory:
    said = (Feedback("reject", START + timedelta(hours=at + 1)),)
    return Trajectory(f"r{at}", f"ada{at % 5}", START + timedelta(hours=at), "x", feedback=said)


def test_who_tells_everything_is_served_at_once() -> None:
    found = figures(played(Knobs()))
    assert found["first"] == found["accepted"] == found["suited"] == 1.0
    assert found["silent"] == 0.0


def test_cooperation_inflates_success() -> None:
    polite = figures(played(Knobs(), Rules(learns=False)))
    real = figures(played(Knobs(gradual_disclosure=0.8), Rules(learns=False)))
    assert polite["first"] == 1.0
    assert real["first_interval"][1] < 0.7
    silent = figures(played(Knobs(non_cooperation=0.5)))
    assert 0.35 < silent["silent"] < 0.65
    assert silent["accepted"] < polite["accepted"]


def test_noise_parts_what_is_said_from_what_is_wished() -> None:
    found = played(Knobs(noise=0.4, gradual_disclosure=1.0), Rules(learns=False))
    assert any(each.accepted and not each.suited[-1] for each in found)
    assert any(not each.accepted and any(each.suited) for each in found)
    quiet = played(Knobs(gradual_disclosure=1.0))
    assert all(each.accepted == each.suited[-1] for each in quiet)


def test_the_agent_learns_wishes_that_are_not_told() -> None:
    closed = Knobs(gradual_disclosure=1.0)
    deaf = Rules(listens=False)
    tried = Exploration("thompson", budget=0.3)
    found = [
        float(np.mean([each.first for each in played(closed, *how) if _late(each)]))
        for how in ((deaf, tried), (replace(deaf, learns=False), tried), (deaf, None))
    ]
    assert found[0] > found[1] + 0.3
    # Who never tries what is uncertain proposes the same three ways again and again.
    assert found[0] > found[2] + 0.3


def test_the_same_seed_plays_the_same() -> None:
    knobs = Knobs(0.3, 0.2, 0.5)
    assert played(knobs) == played(knobs)
    assert {each.trajectory.source for each in played(knobs)} == {SIMULATED}


def test_knobs_are_shares() -> None:
    for bad in ({"noise": 1.1}, {"non_cooperation": -0.1}, {"gradual_disclosure": 2.0}):
        with pytest.raises(ConfigError):
            Knobs(**bad)


def test_reports_keep_people_and_simulated_users_apart() -> None:
    simulated = [each.trajectory for each in played(Knobs())]
    people = [person(at) for at in range(20)]
    found = accepted_by_source([*simulated, *people])
    assert found["real"]["accepted"] == 0.0
    assert found["real"]["requests"] == 20
    assert found[SIMULATED]["accepted"] == 1.0
    assert found[SIMULATED]["requests"] == len(simulated)
    assert apart([people[0], simulated[0]]) == ([people[0]], [simulated[0]])


def test_reports_refuse_to_mix() -> None:
    episodes = played(Knobs())
    simulated = [each.trajectory for each in episodes]
    with pytest.raises(InputError, match="simulated"):
        require_one_kind([*simulated, person()])
    with pytest.raises(InputError, match="simulated"):
        stream_of([*simulated, *[person(at) for at in range(80)]])
    with pytest.raises(InputError):
        figures([*episodes, replace(episodes[0], trajectory=person())])
    with pytest.raises(InputError):
        figures([])
    # A label that was lost on the way does not make a person of a simulated user.
    assert is_simulated(replace(simulated[0], source="log"))
    assert is_simulated(Trajectory("t", "mia", None, "x", source="tau-bench"))


def test_simulated_users_get_a_service_of_their_own() -> None:
    service = new_service()
    service.record_event(Scope(frozenset({"ada0"})), person(), START + timedelta(days=1))
    with pytest.raises(InputError, match="people"):
        Rollouts(service)
    ada = RuleUser("ada", {"style": "terse"})
    with pytest.raises(InputError, match="sim:"):
        Rollouts(new_service()).run(ada, TASKS, START)


def test_a_language_model_plays_a_user() -> None:
    chat = FakeChat(
        answers=[
            json.dumps({"says": "Fix it, terse please."}),
            json.dumps({"accept": False, "says": "I want approach rewrite."}),
            json.dumps({"accept": True, "says": "Good."}),
        ]
    )
    user = LanguageUser("sim:m", {"style": "terse", "approach": "rewrite"}, chat)
    (episode,) = Rollouts(new_service()).run(user, TASKS[:1], START)
    assert episode.accepted
    assert episode.suited == (False, True)
    proposed = [step.arguments for step in episode.trajectory.steps if step.tool]
    assert all("style: terse" in each for each in proposed)
    assert "approach: rewrite" in proposed[1]
    system = chat.calls[0][0]["content"]
    assert "style: terse" in system
    assert "rewrite" in system


def test_what_the_model_may_not_tell_is_not_asked_of_it() -> None:
    chat = FakeChat(answers=[json.dumps({"says": "Fix it."})])
    user = LanguageUser("sim:m", {"style": "terse"}, chat, Knobs(gradual_disclosure=1.0))
    user.ask("fix it", np.random.default_rng(0))
    assert "terse" not in chat.calls[0][1]["content"]
    assert "Tell none" in chat.calls[0][1]["content"]


def test_an_answer_that_cannot_be_read_is_silence_and_counted() -> None:
    says = json.dumps({"says": "Fix it."})
    chat = FakeChat(answers=[says, "certainly!", says, '{"accept": "yes", "says": ""}'])
    user = LanguageUser("sim:m", {"style": "terse"}, chat)
    found = Rollouts(new_service()).run(user, TASKS[:2], START)
    assert [each.silent for each in found] == [True, True]
    assert user.unread == 1
    assert not any(each.trajectory.feedback for each in found)


def test_silence_is_not_the_models_to_decide() -> None:
    chat = FakeChat(answers=[json.dumps({"says": "Fix it."})])
    user = LanguageUser("sim:m", {"style": "terse"}, chat, Knobs(non_cooperation=1.0))
    (episode,) = Rollouts(new_service()).run(user, TASKS[:1], START)
    assert episode.silent
    assert len(chat.calls) == 1


def test_suits_is_every_wish() -> None:
    assert suits({"style": "terse"}, {"style": "terse", "tests": "unit"})
    assert not suits({"style": "terse", "tests": "unit"}, {"style": "terse", "tests": "untested"})
