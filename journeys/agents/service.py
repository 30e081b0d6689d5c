"""What a server offers, without the server: who is this user, what should be done for them, what
happened, what they said to it, and forget them.

Everything a user's event changes is that user's state. Shared weights change in :meth:`refresh`
alone, and go back by :meth:`roll_back`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b

import numpy as np

from journeys.agents.explaining import Reason, explain, preferences
from journeys.agents.exploring import Exploration, choose
from journeys.agents.features import Action, Features, encode, fields_of
from journeys.agents.fitting import Example, FitRules
from journeys.agents.intake import Limits, Receipt, Scope, admit
from journeys.agents.refreshing import Judged, ModelHistory, refresh
from journeys.agents.rows import RowRules, UserRows, guess, guesses, learn, sigmoid
from journeys.agents.simulated import is_simulated
from journeys.agents.states import Episode, MemoryStates, UserState, UserStates
from journeys.agents.trajectories import FEEDBACK, Feedback, Trajectory, signal_of
from journeys.errors import InputError
from journeys.words import shorten

_TITLE = 120
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Keeping:
    """How much is kept of a user, and ranked at once."""

    episodes: int = 500
    seen: int = 5_000
    candidates: int = 1_000
    ids: int = 200_000
    """Of all candidates together; pairs of many values are many."""


@dataclass(frozen=True)
class Ranked:
    """A candidate in its place.

    Attributes:
        id: of the action.
        chance: that the user accepts it, calibrated.
        spread: standard deviation of the logit.
        propensity: chance with which it was put first.
        reasons: what moved the score, the strongest first.
    """

    id: str
    chance: float
    spread: float
    propensity: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Ranking:
    """Candidates, the best first, by which version of the shared weights, explored or not."""

    actions: tuple[Ranked, ...]
    version: str
    explored: bool


@dataclass(frozen=True)
class UserContext:
    """What is known of a user.

    Attributes:
        preferences: with how certain each is.
        episodes: the newest requests, the newest first.
        events: learnt from.
        version: of the shared weights.
    """

    preferences: tuple[Reason, ...]
    episodes: tuple[Episode, ...]
    events: int
    version: str


class PreferenceService:
    """Preferences of users over a state that a store can keep.

    Args:
        states: where users' states are kept.
        history: versions of the shared weights.
        rules: how a user's rows learn.
        exploration: how rankings explore.
        known_tools: names of tools; None: all pass.
    """

    def __init__(
        self,
        states: UserStates | None = None,
        history: ModelHistory | None = None,
        *,
        rules: RowRules | None = None,
        exploration: Exploration | None = None,
        known_tools: Collection[str] | None = None,
        limits: Limits | None = None,
        keeping: Keeping | None = None,
    ) -> None:
        self.states = states if states is not None else MemoryStates()
        self.history = history or ModelHistory.begin()
        self.rules = rules or RowRules()
        self.exploration = exploration or Exploration()
        self._known_tools = known_tools
        self._limits = limits or Limits()
        self._keeping = keeping or Keeping()
        self._version = self.history.model.version

    def get_user_context(
        self, scope: Scope, user: str, now: datetime, *, most: int = 10
    ) -> UserContext:
        """What is known of a user. One who is not known has an empty context."""
        state = self._state(scope, user)
        return UserContext(
            tuple(preferences(state.rows, self.rules, now, most=most)),
            state.episodes[: -most - 1 : -1],
            state.rows.events,
            self._version,
        )

    def rank_actions(
        self,
        scope: Scope,
        user: str,
        request: Mapping[str, str | Sequence[str]],
        candidates: Sequence[Action],
        now: datetime,
        *,
        reasons: int = 3,
        content: np.ndarray | None = None,
    ) -> Ranking:
        """Order candidate actions for a request.

        Args:
            request: what is known of it, by field.
            candidates: what each adds to that, by field.
            reasons: for so many of the first candidates; the others have none.
            content: the request's vector, for candidates that have none of their own.

        Raises:
            AccessDenied: the user is not in the caller's scope.
            InputError: there are too many candidates or values, or two candidates of one id.
        """
        state = self._state(scope, user)
        if len(candidates) > self._keeping.candidates:
            raise InputError(f"Rank {self._keeping.candidates} candidates at once at most.")
        if len({each.id for each in candidates}) < len(candidates):
            raise InputError("Two candidates have one id. Give each an id of its own.")
        model = self.history.model
        features: list[Features] = []
        ids = 0
        for each in candidates:
            own = each.content if each.content is not None else content
            features.append(encode(model.schema, {**request, **each.fields}, now, own))
            ids += len(features[-1].ids)
            if ids > self._keeping.ids:
                raise InputError(
                    "These candidates have too many values to be ranked at once. Send fewer "
                    "candidates, or fewer values a field."
                )
        shared = model.logits(features).tolist() if features else []
        believed = guesses(state.rows, self.rules, features, shared, now)
        seed = int.from_bytes(blake2b(user.encode(), digest_size=8).digest(), "big")
        choice = choose(believed, self.exploration, (seed, state.rankings))
        if self.exploration.policy != "greedy":
            self.states.put(
                user,
                replace(
                    state,
                    rankings=state.rankings + 1,
                    explored=state.explored + choice.explored,
                ),
            )
        ranked = []
        for place, at in enumerate(choice.order):
            why = (
                explain(model, state.rows, self.rules, features[at], now) if place < reasons else ()
            )
            ranked.append(
                Ranked(
                    candidates[at].id,
                    believed[at].chance,
                    believed[at].variance ** 0.5,
                    choice.propensity[at],
                    tuple(why),
                )
            )
        return Ranking(tuple(ranked), self._version, choice.explored)

    def record_event(
        self,
        scope: Scope,
        given: Trajectory,
        now: datetime,
        *,
        content: np.ndarray | None = None,
    ) -> Receipt:
        """Take in what happened, and learn from what the user said to it, if they did.

        Raises:
            AccessDenied: the user is not in the caller's scope.
            InputError: it cannot be read; see :func:`journeys.agents.intake.admit`. Or it is a
                simulated user's, and the user is real, or the other way about.
        """
        state = self._state(scope, given.user_id)
        admitted, receipt = admit(
            given,
            scope,
            now,
            seen=state.seen,
            newest=state.newest,
            known_tools=self._known_tools,
            limits=self._limits,
        )
        if receipt.status == "duplicate":
            return receipt
        simulated = is_simulated(admitted)
        if state.episodes and state.simulated != simulated:
            raise InputError(
                "Simulated and real users are kept apart, and this user is "
                f"{'simulated' if state.simulated else 'real'}. Give the other an id of its own."
            )
        schema = self.history.model.schema
        fields: dict[str, str | Sequence[str]] = dict(fields_of(admitted))
        if admitted.tools:
            fields["tool"] = admitted.tools[-1]
        features = encode(schema, fields, admitted.time, content)
        title = admitted.context.get("title") or shorten(admitted.request, _TITLE)
        episode = Episode(admitted.id, admitted.time, title, features, simulated=simulated)
        rows = state.rows
        said = signal_of(admitted)
        if said is not None:
            kind = admitted.feedback[-1].kind if admitted.feedback else admitted.outcome
            known = said.time or now
            episode = replace(episode, liked=said.liked, weight=said.weight, known=known, said=kind)
            episode = self._foreseen(rows, episode)
            rows = self._learnt(rows, episode)
        self.states.put(
            given.user_id,
            replace(
                state,
                rows=rows,
                episodes=(*state.episodes, episode)[-self._keeping.episodes :],
                seen=(*state.seen, admitted.id)[-self._keeping.seen :],
            ),
        )
        return receipt

    def record_feedback(
        self, scope: Scope, user: str, event_id: str, given: Feedback, now: datetime
    ) -> Receipt:
        """Take in what a user said to an event of theirs, and learn from it at once.

        Who changes their mind is learnt from again; the same said twice is a duplicate.

        Raises:
            AccessDenied: the user is not in the caller's scope.
            InputError: the event or the kind of feedback is not known.
        """
        state = self._state(scope, user)
        if given.kind not in FEEDBACK:
            raise InputError(f"Feedback is one of {', '.join(FEEDBACK)}, not {given.kind[:40]!r}.")
        places = [at for at, each in enumerate(state.episodes) if each.id == event_id]
        if not places:
            raise InputError("That event is not known of this user. Record the event first.")
        episode = state.episodes[places[-1]]
        if episode.said == given.kind:
            return Receipt(event_id, "duplicate")
        known = given.time if given.time is not None and given.time <= now else now
        if known.tzinfo is None:
            raise InputError("The feedback's time has no zone. Send it with one, e.g. +00:00.")
        liked, weight = FEEDBACK[given.kind]
        if episode.liked is None:  # who changes their mind was foreseen once
            episode = self._foreseen(state.rows, replace(episode, known=known))
        episode = replace(episode, liked=liked, weight=weight, known=known, said=given.kind)
        episodes = list(state.episodes)
        episodes[places[-1]] = episode
        rows = self._learnt(state.rows, episode)
        self.states.put(user, replace(state, rows=rows, episodes=tuple(episodes)))
        return Receipt(event_id, "accepted")

    def reset(self, scope: Scope, user: str) -> None:
        """Unlearn a user: what happened is kept, what they said to it is not."""
        scope.check(user)
        state = self.states.get(user)
        if state is None:
            return
        unsaid = tuple(_unsaid(each) for each in state.episodes)
        self.states.put(user, replace(state, rows=UserRows(), episodes=unsaid))

    def forget(self, scope: Scope, user: str) -> bool:
        """Erase all that is kept of a user; whether there was anything.

        Shared weights fitted on their feedback with that of others stay until the next
        :meth:`refresh`, which no longer sees it; an id that only they had was never shared.
        """
        scope.check(user)
        return self.states.delete(user)

    def refresh(self, now: datetime, rules: FitRules | None = None) -> tuple[Judged, bool]:
        """Fit shared weights anew on all that real users said; published unless it is worse.

        Users' rows are what the shared weights leave over, so they are learnt anew beside new ones.

        Raises:
            InputError: too little was said.
        """
        examples = examples_of(self.states.all(), now)
        projection = self.history.model.projection
        self.history, judged, published = refresh(
            self.history, examples, now, rules, projection=projection
        )
        if published:
            self._relearn()
        return judged, published

    def roll_back(self) -> str:
        """Go back to the version before; returns which that is.

        Raises:
            ConfigError: there is none.
        """
        self.history = self.history.rolled_back()
        self._relearn()
        return self._version

    def _relearn(self) -> None:
        """Each user's rows from their own kept episodes, beside the weights now in use."""
        self._version = self.history.model.version
        for user, state in list(self.states.all()):
            self.states.put(user, self.relearnt(state))

    def relearnt(self, state: UserState) -> UserState:
        """A user's rows from their kept episodes, beside the shared weights now in use."""
        rows = UserRows()
        said = [each for each in state.episodes if each.known is not None]
        for episode in sorted(said, key=lambda each: each.known or _NEVER):
            rows = self._learnt(rows, episode)
        return replace(state, rows=rows)

    def _foreseen(self, rows: UserRows, episode: Episode) -> Episode:
        """With the chance that is believed before it is learnt from."""
        shared = self._shared(episode.features)
        believed = guess(rows, self.rules, episode.features, shared, episode.known)
        return replace(episode, foreseen=believed.chance, without_own=sigmoid(shared))

    def _learnt(self, rows: UserRows, episode: Episode) -> UserRows:
        assert episode.liked is not None
        shared = self._shared(episode.features)
        return learn(
            rows,
            self.rules,
            episode.features,
            shared,
            episode.liked,
            episode.known,
            episode.weight,
        )

    def _shared(self, features: Features) -> float:
        return float(self.history.model.logits([features])[0])

    def _state(self, scope: Scope, user: str) -> UserState:
        scope.check(user)
        return self.states.get(user) or UserState()


def _unsaid(episode: Episode) -> Episode:
    return replace(
        episode, liked=None, weight=1.0, known=None, said="", foreseen=None, without_own=None
    )


def examples_of(states: Iterable[tuple[str, UserState]], now: datetime) -> list[Example]:
    """All that real users said before ``now``, to fit shared weights on."""
    return [
        Example(user, each.known, each.features, each.liked, each.weight)
        for user, state in states
        if not state.simulated
        for each in state.episodes
        if each.liked is not None and each.known is not None and each.known < now
    ]


__all__ = ["Keeping", "PreferenceService", "Ranked", "Ranking", "UserContext", "examples_of"]
