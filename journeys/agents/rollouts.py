"""Rollouts: a simulated user and an agent that ranks with its preferences, episode after episode.

The agent reads wishes that the user told in words, ranks the actions that meet most of them by the
user's learnt preferences, and proposes one after the other until one is accepted, the user falls
silent or its tries are used up. Verdicts go back into the service as they would of a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from journeys.agents.evaluation.intervals import user_mean
from journeys.agents.features import Action, FeatureSchema
from journeys.agents.intake import Scope
from journeys.agents.refreshing import ModelHistory
from journeys.agents.service import PreferenceService
from journeys.agents.simulated import PREFIX, apart, is_simulated, require_one_kind
from journeys.agents.simulated_user import SimulatedUser, suits
from journeys.agents.trajectories import SIMULATED, Feedback, Step, Trajectory, signal_of
from journeys.errors import InputError

#: Ways to do a task: three fields of three values. Every value is a word of its own, so that a wish
#: can be read out of what somebody says.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "approach": ("patch", "rewrite", "prototype"),
    "style": ("terse", "commented", "idiomatic"),
    "tests": ("untested", "unit", "integration"),
}

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Rules:
    """How episodes go.

    Attributes:
        tries: proposals in an episode.
        learns: whether verdicts go into the user's rows.
        listens: whether the agent reads wishes out of what the user says.
        apart: time between episodes.
    """

    tries: int = 3
    learns: bool = True
    listens: bool = True
    apart: timedelta = timedelta(hours=6)


@dataclass(frozen=True)
class Episode:
    """What came of a task.

    Attributes:
        trajectory: as a log would have it; its source says that it is simulated.
        suited: for each proposal, whether it was what the user truly wanted.
        silent: the user gave no verdict at the end.
        told: how many wishes they had told by the end.
    """

    trajectory: Trajectory
    suited: tuple[bool, ...]
    silent: bool
    told: int

    @property
    def accepted(self) -> bool:
        """The user said so."""
        said = signal_of(self.trajectory)
        return said is not None and said.liked == 1

    @property
    def first(self) -> bool:
        """The first proposal was what they truly wanted."""
        return self.suited[0]


@dataclass
class Rollouts:
    """Simulated users with an agent.

    Args:
        service: learns; it may hold simulated users alone.
        rules: how episodes go.
        seed: of every coin.

    Raises:
        InputError: the service holds a person.
    """

    service: PreferenceService
    rules: Rules = field(default_factory=Rules)
    seed: int = 0

    def __post_init__(self) -> None:
        if any(not state.simulated for _, state in self.service.states.all() if state.episodes):
            raise InputError(
                "This service holds people. Simulated users get a service of their own, so that "
                "what they accept is not learnt as what people accept."
            )

    def run(self, user: SimulatedUser, tasks: Sequence[str], start: datetime) -> list[Episode]:
        """One episode a task, in order.

        Raises:
            InputError: the user's id does not begin with ``sim:``.
        """
        if not user.id.startswith(PREFIX):
            raise InputError(f"The id of a simulated user begins with {PREFIX}, not {user.id!r}.")
        rng = np.random.default_rng([self.seed, *user.id.encode()])
        return [
            self._episode(user, task, f"{user.id}/{at}", start + at * self.rules.apart, rng)
            for at, task in enumerate(tasks)
        ]

    def _episode(
        self, user: SimulatedUser, task: str, id: str, now: datetime, rng: np.random.Generator
    ) -> Episode:
        scope = Scope(frozenset({user.id}))
        opening = user.ask(task, rng)
        steps = [Step("user", opening.words)]
        told = _wishes_in(opening.words)
        verdicts: list[bool | None] = []
        suited: list[bool] = []
        tried: list[dict[str, str]] = []
        last: Trajectory | None = None
        for number in range(self.rules.tries):
            action = self._proposed(scope, user.id, told, tried, now)
            tried.append(action)
            suited.append(suits(user.wishes, action))
            said = user.judge(task, action, [*told], rng)
            verdicts.append(said.accepts)
            steps += [Step("assistant", tool="propose", arguments=_words(action))]
            steps += [Step("user", said.words)] if said.words else []
            told |= _wishes_in(said.words)
            last = Trajectory(
                f"{id}/{number}",
                user.id,
                now,
                f"{opening.words}",
                tuple(steps),
                feedback=_feedback(said.accepts, now),
                source=SIMULATED,
                context={**action, "title": task},
            )
            if self.rules.learns:
                self.service.record_event(scope, last, now)
            if said.accepts is not False:
                break
        assert last is not None
        return Episode(last, tuple(suited), verdicts[-1] is None, len(told))

    def _proposed(
        self,
        scope: Scope,
        user: str,
        told: Mapping[str, str],
        tried: Sequence[Mapping[str, str]],
        now: datetime,
    ) -> dict[str, str]:
        """The best action not yet tried: first by wishes that were told, then by preference."""
        left = [each for each in actions() if each.fields not in tried]
        ranking = self.service.rank_actions(scope, user, {}, left, now, reasons=0)
        fields = {each.id: {key: str(value) for key, value in each.fields.items()} for each in left}
        ordered = [fields[each.id] for each in ranking.actions]
        if not self.rules.listens:
            return ordered[0]
        met = [sum(each.get(key) == value for key, value in told.items()) for each in ordered]
        return ordered[met.index(max(met))]


def actions() -> list[Action]:
    """Every way to do a task, in an order that favours none of the values twice."""
    fields: list[dict[str, str]] = [{}]
    for name, values in CHOICES.items():
        fields = [{**each, name: value} for each in fields for value in values]
    return [Action("/".join(each.values()), each) for each in fields]


def new_service(**options: Any) -> PreferenceService:
    """A service for rollouts alone, that knows nothing yet and whose rows have the choices."""
    schema = FeatureSchema(fields=tuple(CHOICES), crosses=(), own=tuple(CHOICES), content=0)
    return PreferenceService(history=ModelHistory.begin(schema), **options)


def figures(episodes: Sequence[Episode]) -> dict[str, Any]:
    """Success of episodes, with intervals over users.

    Returns:
        ``accepted``: the user said so in the end; ``suited``: the last proposal was truly what they
        wanted; ``first``: the first one was; ``silent``: no verdict; each with an interval.

    Raises:
        InputError: there are none, or one is of a person.
    """
    if not episodes:
        raise InputError("There are no episodes to report.")
    if not all(is_simulated(each.trajectory) for each in episodes):
        raise InputError("These figures are of simulated users alone; people's are another table.")
    users = np.array([each.trajectory.user_id for each in episodes])
    values = {
        "accepted": [each.accepted for each in episodes],
        "suited": [each.suited[-1] for each in episodes],
        "first": [each.first for each in episodes],
        "silent": [each.silent for each in episodes],
    }
    found: dict[str, Any] = {"source": SIMULATED, "episodes": len(episodes)}
    for name, held in values.items():
        mean = user_mean(np.array(held, dtype=np.float64), users)
        found |= {name: mean.value, f"{name}_interval": mean.interval}
    return found


def accepted_by_source(trajectories: Sequence[Trajectory]) -> dict[str, dict[str, Any]]:
    """Share accepted, of people and of simulated users apart; there is no figure of both."""
    found = {}
    for name, part in zip(("real", SIMULATED), apart(trajectories), strict=True):
        require_one_kind(part)
        said = [(each.user_id, signal_of(each)) for each in part]
        users = np.array([user for user, signal in said if signal is not None])
        liked = np.array([signal.liked for _, signal in said if signal is not None], dtype=float)
        mean = user_mean(liked, users)
        found[name] = {
            "requests": len(part),
            "users": len({each.user_id for each in part}),
            "with_verdict": len(liked),
            "accepted": mean.value,
            "accepted_interval": mean.interval,
        }
    return found


def _wishes_in(words: str) -> dict[str, str]:
    """Values of choices that somebody names, by field; the last named counts."""
    said = _WORD.findall(words.lower())
    return {name: word for name, values in CHOICES.items() for word in said if word in values}


def _feedback(accepts: bool | None, now: datetime) -> tuple[Feedback, ...]:
    if accepts is None:
        return ()
    return (Feedback("accept" if accepts else "reject", now),)


def _words(action: Mapping[str, str]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in action.items())
