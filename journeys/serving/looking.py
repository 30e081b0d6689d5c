"""What the store knows of users, for whoever looks at it: bounded, and read once a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from journeys.agents.refreshing import ModelHistory
from journeys.agents.states import UserState
from journeys.serving.operations import Operations


@dataclass(frozen=True)
class Known:
    """Users who were written last, and the weights that all share.

    Attributes:
        users: states by pseudonym, the newest written first.
        total: of all users that are kept.
        history: the version in use.
    """

    users: Mapping[str, UserState]
    total: int
    history: ModelHistory


def known(operations: Operations, most: int = 300) -> Known:
    """The users who were written last.

    Args:
        most: of them; a state may have hundreds of requests.
    """
    store = operations.store
    history = operations.weights.current()
    found = store.agent_users.newest(most)
    states = {user: UserState.from_json(kept.text) for user, kept in found}
    return Known(states, store.agent_users.count(), history)
