"""A refresh of the shared weights in the store: fitted on everybody, judged, and published unless
it is worse. Users' own rows follow when each is next asked for; see
:mod:`journeys.serving.operations`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from journeys.agents.fitting import FitRules
from journeys.agents.refreshing import Judged, refresh
from journeys.agents.service import examples_of
from journeys.agents.states import UserState
from journeys.serving.operations import Operations


def publish_refresh(
    operations: Operations, now: datetime, rules: FitRules | None = None
) -> tuple[Judged, bool, str]:
    """How the new weights were judged, whether they are in use, and their version.

    Raises:
        InputError: too little was said.
        StoreError: another process published first.
        PrivacyError: somebody was erased meanwhile.
    """
    place, history = operations.weights.current_with_place()
    examples = examples_of(_states(operations), now)
    new, judged, published = refresh(
        history, examples, now, rules, projection=history.model.projection
    )
    if published:
        operations.store.agent_models.publish(
            place,
            new.model.version,
            new.model.to_bytes(),
            asdict(judged),
            {each.user for each in examples},
        )
    return judged, published, new.model.version


def _states(operations: Operations) -> Iterator[tuple[str, UserState]]:
    for user, kept in operations.store.agent_users.all():
        yield user, UserState.from_json(kept.text)
