"""Interest Journeys: find the journeys in an activity log, name them, ask whether they fit.

from journeys import discover, read_log

found = discover(read_log("log.csv"))
for journey in found.journeys:
    print(journey.user_id, journey.name(level=3), len(journey))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from journeys.discovery import Discovery, DiscoveryConfig, discover
    from journeys.ingest import read_log
    from journeys.journey import Journey, Names, UserJourneys
    from journeys.naming.prompts import PromptSet
    from journeys.timeline import ActivityLog, Event, Timeline

__version__ = "0.1.0"

__all__ = [
    "ActivityLog",
    "Discovery",
    "DiscoveryConfig",
    "Event",
    "Journey",
    "Names",
    "PromptSet",
    "Timeline",
    "UserJourneys",
    "discover",
    "read_log",
]

_HOME = {
    "ActivityLog": "journeys.timeline",
    "Discovery": "journeys.discovery",
    "DiscoveryConfig": "journeys.discovery",
    "Event": "journeys.timeline",
    "Journey": "journeys.journey",
    "Names": "journeys.journey",
    "PromptSet": "journeys.naming.prompts",
    "Timeline": "journeys.timeline",
    "UserJourneys": "journeys.journey",
    "discover": "journeys.discovery",
    "read_log": "journeys.ingest",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: ``import journeys`` stays cheap."""
    if name not in _HOME:
        raise AttributeError(f"module 'journeys' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
