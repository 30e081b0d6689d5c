"""A log of trajectories into a service, in the order in which things became known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from journeys.agents.intake import EVERYBODY, Receipt, Scope
from journeys.agents.refreshing import Judged
from journeys.agents.trajectories import Feedback, Trajectory
from journeys.errors import InputError

#: Where what has no time stands: before everything else, in its own order.
_UNDATED = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Moment:
    """Something becomes known: a request, or what its user said to it.

    Attributes:
        trajectory: the request without what was said; of a feedback, the one that it is to.
        feedback: None for the request itself.
    """

    time: datetime | None
    trajectory: Trajectory
    feedback: Feedback | None = None


@dataclass
class Replayed:
    """What came of a log.

    Attributes:
        events, feedback: taken in.
        duplicates: known before.
        refused: sentences, with how often.
        refreshes: published versions of the shared weights.
    """

    events: int = 0
    feedback: int = 0
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    refreshes: int = 0


def moments(trajectories: Iterable[Trajectory]) -> list[Moment]:
    """All that a log tells, the earliest first; feedback never before its request.

    Feedback without a time came with its request. Of two equal times the log's order decides.
    """
    found: list[tuple[datetime, int, int, Moment]] = []
    for order, each in enumerate(trajectories):
        asked = each.time.astimezone(UTC) if each.time is not None else _UNDATED
        found.append((asked, order, 0, Moment(each.time, replace(each, feedback=()))))
        for place, said in enumerate(each.feedback, start=1):
            time = said.time if said.time is not None else each.time
            at = max(asked, time.astimezone(UTC)) if time is not None else asked
            found.append((at, order, place, Moment(time, replace(each, feedback=()), said)))
    found.sort(key=lambda entry: entry[:3])
    return [moment for *_, moment in found]


class Recorder(Protocol):
    """What a log is told to: a :class:`~journeys.agents.service.PreferenceService`, or a store."""

    def record_event(self, scope: Scope, given: Trajectory, now: datetime) -> Receipt: ...

    def record_feedback(
        self, scope: Scope, user: str, event_id: str, given: Feedback, now: datetime
    ) -> Receipt: ...

    def refresh(self, now: datetime) -> tuple[Judged, bool]: ...


def replay(
    service: Recorder,
    trajectories: Iterable[Trajectory],
    now: datetime,
    *,
    scope: Scope = EVERYBODY,
    refresh_every: int = 0,
    on_done: Callable[[int, int], None] = lambda done, total: None,
) -> Replayed:
    """Record a log as if its users were talking to the service.

    What is known already is a duplicate, so that the same log goes in once, and a replay that was
    stopped goes on. An entry that is refused is counted and the others go in.

    Args:
        now: our clock; entries after it are of a clock ahead.
        refresh_every: feedback between two refreshes of the shared weights; 0 for none. Each is
            fitted on what was known at its moment, and then judged as always.
        on_done: told of moments done and all of them.

    Raises:
        AccessDenied: a user is not in the scope.
    """
    told = Replayed()
    everything = moments(trajectories)
    since_refresh = 0
    for done, moment in enumerate(everything, start=1):
        clock = moment.time if moment.time is not None and moment.time < now else now
        try:
            fresh = _record(service, scope, moment, clock, told)
        except InputError as error:
            told.refused[str(error)] += 1
            continue
        finally:
            on_done(done, len(everything))
        since_refresh += fresh
        if refresh_every and since_refresh >= refresh_every:
            since_refresh = 0
            told.refreshes += _refreshed(service, clock)
    return told


def _record(
    service: Recorder, scope: Scope, moment: Moment, clock: datetime, told: Replayed
) -> bool:
    """Whether it was feedback that was not known."""
    given = moment.trajectory
    if moment.feedback is None:
        receipt = service.record_event(scope, given, clock)
        told.events += receipt.status == "accepted"
    else:
        receipt = service.record_feedback(scope, given.user_id, given.id, moment.feedback, clock)
        told.feedback += receipt.status == "accepted"
    told.duplicates += receipt.status == "duplicate"
    return moment.feedback is not None and receipt.status == "accepted"


def _refreshed(service: Recorder, clock: datetime) -> bool:
    try:
        return service.refresh(clock)[1]
    except InputError:  # too little was said so far
        return False
