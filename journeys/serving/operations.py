"""The operations on users that the store keeps, the same for every way in.

What an operation changes is written before it answers. A state is read, changed in memory by
:class:`~journeys.agents.service.PreferenceService`, and written if nobody else wrote it meanwhile;
else it is done again from what they wrote. Threads of this process take turns at one user, so that
only other processes are ever in the way. Users go by their pseudonyms from here on.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import TypeVar

import numpy as np

from journeys.agents.exploring import Exploration
from journeys.agents.features import Action
from journeys.agents.intake import Limits, Receipt, Scope
from journeys.agents.refreshing import ModelHistory
from journeys.agents.rows import RowRules
from journeys.agents.service import Keeping, PreferenceService, Ranking, UserContext
from journeys.agents.states import UserState
from journeys.agents.trajectories import Feedback, Trajectory
from journeys.errors import StoreError
from journeys.serving.people import About, People
from journeys.serving.weights import Weights
from journeys.store import Store
from journeys.store.agents import AgentErased

T = TypeVar("T")

#: Seconds for which an operation is done again because another process wrote first.
_PATIENCE = 10.0

#: Longest pause before that, in seconds; drawn, so that two processes do not keep in step.
_PAUSE = 0.02

#: Users who share a lock share it by chance; so many locks make that rare.
_LOCKS = 256


#: A state is read and written as a whole, so that a server keeps less of a user than a library may.
KEEPING = Keeping(episodes=200, seen=2_000)


def utc_now() -> datetime:
    """Our clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Rules:
    """How the learner behaves; see the classes."""

    rows: RowRules | None = None
    exploration: Exploration | None = None
    known_tools: Collection[str] | None = None
    limits: Limits | None = None
    keeping: Keeping = KEEPING


class OneUser:
    """The state of one user as a place where states are kept, for the time of one operation."""

    def __init__(self, user: str, state: UserState | None) -> None:
        self.user = user
        self.state = state

    def get(self, user: str) -> UserState | None:
        return self.state if user == self.user else None

    def put(self, user: str, state: UserState) -> None:
        if user != self.user:
            raise StoreError("An operation on one user may not write another.")
        self.state = state

    def delete(self, user: str) -> bool:
        raise StoreError("Users are erased by the store.")

    def all(self) -> Iterator[tuple[str, UserState]]:
        raise StoreError("An operation on one user may not read the others.")


class Operations:
    """What a server does for users; ``user`` is a pseudonym throughout.

    Args:
        people: finds users among the people of logs; None: nobody is looked for.
        on_conflict: called when another process wrote first.
        clock: the time.
    """

    def __init__(
        self,
        store: Store,
        *,
        rules: Rules | None = None,
        people: People | None = None,
        on_conflict: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.store = store
        self.weights = Weights(store)
        self.clock = clock
        self._rules = rules or Rules()
        self._people = people
        self._on_conflict = on_conflict
        self._locks = tuple(Lock() for _ in range(_LOCKS))

    def get_user_context(
        self, user: str, *, most: int = 10, request: str = ""
    ) -> tuple[UserContext, About]:
        """What is known of a user, and their journeys if they are a person of a log."""
        scope = _only(user)
        known = self._act(
            user, lambda service: service.get_user_context(scope, user, self.clock(), most=most)
        )
        about = self._people.about(user, most=most, request=request) if self._people else About()
        return known, about

    def rank_actions(
        self,
        user: str,
        request: Mapping[str, str | Sequence[str]],
        candidates: Sequence[Action],
        *,
        reasons: int = 3,
        content: np.ndarray | None = None,
    ) -> Ranking:
        """Order candidate actions; see :meth:`PreferenceService.rank_actions`."""
        scope = _only(user)
        return self._act(
            user,
            lambda service: service.rank_actions(
                scope, user, request, candidates, self.clock(), reasons=reasons, content=content
            ),
        )

    def record_event(self, given: Trajectory, *, content: np.ndarray | None = None) -> Receipt:
        """Take in what happened; it is kept when this returns. ``given.user_id`` is a pseudonym."""
        scope = _only(given.user_id)
        return self._act(
            given.user_id,
            lambda service: service.record_event(scope, given, self.clock(), content=content),
        )

    def record_feedback(self, user: str, event_id: str, given: Feedback) -> Receipt:
        """Take in what a user said to an event of theirs; it is kept when this returns."""
        scope = _only(user)
        return self._act(
            user,
            lambda service: service.record_feedback(scope, user, event_id, given, self.clock()),
        )

    def reset(self, user: str) -> None:
        """Unlearn a user; what happened is kept."""
        self._act(user, lambda service: service.reset(_only(user), user))

    def forget(self, user: str) -> AgentErased:
        """Erase all that agents know of a user, with the shared weights fitted on them."""
        with self._lock(user):
            return self.store.agent_users.erase(user)

    def _act(self, user: str, act: Callable[[PreferenceService], T]) -> T:
        with self._lock(user):
            until = time.monotonic() + _PATIENCE
            while time.monotonic() < until:
                kept = self.store.agent_users.read(user)
                history = self.weights.current()
                before = UserState.from_json(kept.text) if kept else None
                one = OneUser(user, before)
                service = self._service(one, history)
                if before is not None and kept and kept.model != history.model.version:
                    # Other weights are in use than those beside which the rows were learnt.
                    one.state = service.relearnt(before)
                answer = act(service)
                if one.state is before or one.state is None:
                    return answer
                text = one.state.to_json()
                read = kept.version if kept else None
                if self.store.agent_users.write(user, read, history.model.version, text):
                    return answer
                self._on_conflict()
                time.sleep(random.uniform(0.0, _PAUSE))
        raise StoreError("This user is being written by many at once. Try again.")

    def _service(self, one: OneUser, history: ModelHistory) -> PreferenceService:
        rules = self._rules
        return PreferenceService(
            one,
            history,
            rules=rules.rows,
            exploration=rules.exploration,
            known_tools=rules.known_tools,
            limits=rules.limits,
            keeping=rules.keeping,
        )

    def _lock(self, user: str) -> Lock:
        return self._locks[hash(user) % _LOCKS]


def _only(user: str) -> Scope:
    return Scope(frozenset({user}))


__all__ = ["OneUser", "Operations", "Rules", "utc_now"]
