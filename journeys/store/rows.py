"""Between rows and what they hold: journeys and their names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from journeys.journey import Journey, Names

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def journey_row(
    run_id: int, person_id: int, journey: Journey, event_ids: list[int]
) -> dict[str, Any]:
    """The row of a journey.

    Args:
        event_ids: ids of the timeline's events, in its order.
    """
    return {
        "run_id": run_id,
        "id": journey.id,
        "person_id": person_id,
        "rank": journey.rank,
        "score": journey.score,
        "stage": journey.stage,
        "kind": journey.kind,
        "confidence": journey.confidence,
        "n_events": len(journey),
        "active_months": journey.active_months,
        "first_seen": _microseconds(journey.first_seen),
        "last_seen": _microseconds(journey.last_seen),
        "keyphrases": list(journey.keyphrases),
        "central": [event_ids[position] for position in journey.central],
        "boundary": [event_ids[position] for position in journey.boundary],
        "stability": journey.stability,
        "family": journey.family,
        "active": True,
    }


def naming_row(
    run_id: int,
    journey_id: str,
    names: Names,
    at: int,
    *,
    alternative: bool = False,
    chosen: bool = False,
) -> dict[str, Any]:
    """The row of a naming made at a time, microseconds since 1970-01-01 UTC."""
    return {
        "run_id": run_id,
        "journey_id": journey_id,
        "levels": list(names.levels),
        "namer": names.namer,
        "provisional": names.provisional,
        "fallback": list(names.fallback),
        "completion_keys": list(names.completion_keys),
        "basis": {
            "cited": [list(items) for items in names.cited],
            "shown": list(names.shown),
            "prompts": names.prompts,
            **({"examples": list(names.examples)} if names.examples else {}),
        },
        "alternative": alternative,
        "chosen": chosen,
        "created_at": at,
    }


def read_names(row: Any) -> Names:
    """The names in a row of the table of namings."""
    one, two, three, four, five = row.levels
    return Names(
        levels=(one, two, three, four, five),
        namer=row.namer,
        provisional=row.provisional,
        fallback=tuple(row.fallback),
        completion_keys=tuple(row.completion_keys),
        cited=tuple(map(tuple, row.basis.get("cited", ()))),
        shown=tuple(row.basis.get("shown", ())),
        prompts=row.basis.get("prompts", ""),
        examples=tuple(row.basis.get("examples", ())),
    )


@dataclass(frozen=True)
class NamingRecord:
    """One naming of a journey, as the history shows it.

    Attributes:
        created_at: microseconds since 1970-01-01 UTC.
        run_id: the run in which the journey was named so.
        chosen: a person chose these names of a namer.
        alternative: given to be compared only.
    """

    names: Names
    created_at: int
    run_id: int = 0
    chosen: bool = False
    alternative: bool = False


def read_naming(row: Any) -> NamingRecord:
    """The record in a row of the table of namings."""
    return NamingRecord(read_names(row), row.created_at, row.run_id, row.chosen, row.alternative)


def read_journey(
    row: Any, user_id: str, members: np.ndarray, position: dict[int, int], names: Names
) -> Journey:
    """The journey in a row.

    Args:
        members: shape ``(events,)``, positions in the timeline.
        position: event id -> position in the timeline.
    """
    return Journey(
        id=row.id,
        user_id=user_id,
        rank=row.rank,
        score=row.score,
        stage=row.stage,
        kind=row.kind,
        confidence=row.confidence,
        members=members,
        central=tuple(position[e] for e in row.central if e in position),
        first_seen=_EPOCH + timedelta(microseconds=row.first_seen),
        last_seen=_EPOCH + timedelta(microseconds=row.last_seen),
        active_months=row.active_months,
        keyphrases=tuple(row.keyphrases),
        names=names,
        boundary=tuple(position[e] for e in row.boundary if e in position),
        stability=row.stability,
        family=row.family,
    )


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
