"""Which journey of a run each event of a person is in."""

from __future__ import annotations

from sqlalchemy import Connection, select

from journeys.store.schema import Assignment, EventRow


def assigned(connection: Connection, run_id: int, person_id: int) -> dict[int, tuple[str, float]]:
    """Event id -> id of its journey, '' for none, and its membership in [0, 1]."""
    rows = connection.execute(
        select(Assignment.event_id, Assignment.journey_id, Assignment.membership)
        .join(EventRow, EventRow.id == Assignment.event_id)
        .where(Assignment.run_id == run_id, EventRow.person_id == person_id)
    )
    return {event_id: (journey_id, membership) for event_id, journey_id, membership in rows}
