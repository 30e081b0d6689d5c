"""A store that notes who reads raw data, before it is read.

This is the narrowest place that every reader passes: pages and commands are handed a witnessed
store and never another. Which methods give raw data is a table here; a test goes through all
methods of all parts, so that a new one is on it or named as harmless.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from journeys.audit import Reader, Way
from journeys.store.audit import AuditStore, Subject

#: Methods that give titles, names made from titles, or words of people, by part of the store.
RAW: Mapping[str, frozenset[str]] = {
    "logs": frozenset({"timeline", "timelines", "rejected", "some_titles"}),
    "results": frozenset({"user", "earlier", "names_history", "assignments"}),
    "names": frozenset({"of_earlier_runs", "of_person", "over_time"}),
    "ratings": frozenset({"of_run", "standing"}),
    "edits": frozenset({"of", "newest", "on"}),
    "labels": frozenset({"namings", "of_run"}),
    "examples": frozenset({"book", "shared"}),
    "participation": frozenset({"timeline", "journeys", "copy"}),
    "invitations": frozenset({"remarks"}),
    "study_results": frozenset({"participants"}),
    "memory": frozenset({"items", "journey_names", "notes"}),
    "agent_users": frozenset({"read", "all", "newest"}),
}

#: Arguments by which these methods say whose data it is.
_NAMED = ("person_id", "run_id", "journey_id", "log_id", "study_id", "memory_id")


class Witnessed:
    """One part of a store, whose methods in :data:`RAW` note who reads."""

    def __init__(
        self, part: Any, raw: frozenset[str], audit: AuditStore, reader: Callable[[], Reader]
    ) -> None:
        self._part = part
        self._raw = raw
        self._audit = audit
        self._reader = reader

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        return self._noting(found) if name in self._raw else found

    def _noting(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def noted(*args: Any, **kwargs: Any) -> Any:
            given = inspect.signature(method).bind(*args, **kwargs).arguments
            for reader, subject in _looks(given, self._reader):
                self._audit.note(reader, subject)
            return method(*args, **kwargs)

        return noted


def _looks(given: Mapping[str, Any], reader: Callable[[], Reader]) -> list[tuple[Reader, Subject]]:
    """Who looks at what, by the arguments of a call."""
    participant = given.get("participant")
    if participant is not None:
        who = Reader(f"participant {participant.invitation_id}", Way.LINK, "participate")
        return [(who, Subject(person_id=participant.person_id))]
    known = {name: given[name] for name in _NAMED if given.get(name) is not None}
    if not known:
        # What agents know: of one user, or of many.
        known = {"user": given.get("pseudonym", "")}
    return [(reader(), Subject(**known))]
