"""A log of an agent into the store, as if its users were talking to a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from journeys.agents.intake import Receipt, Scope
from journeys.agents.refreshing import Judged
from journeys.agents.replaying import Replayed, replay
from journeys.agents.trajectories import Feedback, Trajectory
from journeys.privacy import pseudonyms
from journeys.serving.operations import Operations
from journeys.serving.publishing import publish_refresh
from journeys.store import Store


class StoredRecorder:
    """Records what is replayed in the store, each at the moment when it became known.

    Args:
        store: its keys make pseudonyms of the log's user ids.
        now: our clock, until the first moment.
    """

    def __init__(self, store: Store, now: datetime) -> None:
        self._store, self._now = store, now
        self._operations = Operations(store, clock=lambda: self._now)
        self._known: dict[str, str] = {}

    def record_event(self, scope: Scope, given: Trajectory, now: datetime) -> Receipt:
        """See :meth:`journeys.agents.service.PreferenceService.record_event`."""
        scope.check(given.user_id)
        self._now = now
        return self._operations.record_event(replace(given, user_id=self._alias(given.user_id)))

    def record_feedback(
        self, scope: Scope, user: str, event_id: str, given: Feedback, now: datetime
    ) -> Receipt:
        """See :meth:`journeys.agents.service.PreferenceService.record_feedback`."""
        scope.check(user)
        self._now = now
        return self._operations.record_feedback(self._alias(user), event_id, given)

    def refresh(self, now: datetime) -> tuple[Judged, bool]:
        """Shared weights from what was known by then."""
        self._now = now
        judged, published, _ = publish_refresh(self._operations, now)
        return judged, published

    def _alias(self, user: str) -> str:
        if user not in self._known and user:
            self._known[user] = pseudonyms(self._store.keys.pseudonym, [user])[0]
        return self._known.get(user, "")


def import_log(
    store: Store,
    trajectories: Iterable[Trajectory],
    now: datetime,
    *,
    refresh_every: int = 500,
    on_done: Callable[[int, int], None] = lambda done, total: None,
) -> Replayed:
    """Take a log in; see :func:`journeys.agents.replaying.replay`."""
    recorder = StoredRecorder(store, now)
    return replay(recorder, trajectories, now, refresh_every=refresh_every, on_done=on_done)
