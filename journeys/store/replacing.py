"""Putting one person's journeys in a run in place of others, and back.

A journey that is no longer there is kept, inactive: its names and ratings wait for the day it
returns, be it by an undo or because the same events are put together again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, insert, select, update

from journeys.errors import StoreError
from journeys.journey import UserJourneys
from journeys.store.assignments import assigned
from journeys.store.engine import now
from journeys.store.history import copy_own_names
from journeys.store.rows import journey_row, naming_row
from journeys.store.schema import Assignment, JourneyRow, Naming, UserResult

#: What a snapshot keeps of a person's result in a run.
_ABOUT = ("n_unassigned", "n_journeys", "note", "stability")

_KEY = ("run_id", "id", "person_id")


def replace_journeys(
    connection: Connection,
    run_id: int,
    person_id: int,
    event_ids: np.ndarray,
    result: UserJourneys,
) -> dict[str, Any]:
    """Store ``result`` in place of what a run found for a person; gives what was there before.

    A journey that the run knows already, active or not, keeps its names and ratings; a new one
    gets the names in ``result``, and those that a person gave it in an earlier run.

    Args:
        event_ids: shape ``(events,)``, ids of the timeline's events, in its order.

    Returns:
        For :func:`put_back`; JSON-able.

    Raises:
        StoreError: the run has no result for this person.
    """
    before = _snapshot(connection, run_id, person_id)
    ids = event_ids.tolist()
    known = before["journeys"]
    rows = [journey_row(run_id, person_id, journey, ids) for journey in result.journeys]
    fresh = [row for row in rows if row["id"] not in known]
    if fresh:
        at = now()
        connection.execute(insert(JourneyRow), fresh)
        connection.execute(
            insert(Naming),
            [naming_row(run_id, j.id, j.names, at) for j in result.journeys if j.id not in known],
        )
        copy_own_names(connection, run_id, person_id, [row["id"] for row in fresh])
    _deactivate(connection, run_id, person_id)
    _update_journeys(connection, rows)
    before["assignments"] = _reassign(connection, run_id, person_id, ids, result)
    connection.execute(
        _about(run_id, person_id),
        {
            "n_unassigned": int(np.sum(result.labels < 0)),
            "n_journeys": len(result.journeys),
            "note": result.note,
            "stability": result.stability,
        },
    )
    return before


def put_back(connection: Connection, person_id: int, before: dict[str, Any]) -> None:
    """Restore exactly what :func:`replace_journeys` replaced; later journeys stay, inactive.

    Raises:
        StoreError: the run is gone.
    """
    run_id = before["run_id"]
    _deactivate(connection, run_id, person_id)
    _update_journeys(
        connection,
        [
            {"run_id": run_id, "person_id": person_id, "id": journey_id, **row}
            for journey_id, row in before["journeys"].items()
        ],
    )
    _assign(connection, run_id, before["assignments"])
    if not connection.execute(_about(run_id, person_id), before["about"]).rowcount:
        raise StoreError("The discovery that was changed is no longer there.")


def _snapshot(connection: Connection, run_id: int, person_id: int) -> dict[str, Any]:
    about = connection.execute(
        select(*(getattr(UserResult, name) for name in _ABOUT)).where(
            UserResult.run_id == run_id, UserResult.person_id == person_id
        )
    ).first()
    if about is None:
        raise StoreError("There is no result for this person in this discovery any more.")
    rows = connection.execute(
        select(JourneyRow.__table__).where(
            JourneyRow.run_id == run_id, JourneyRow.person_id == person_id
        )
    ).mappings()
    journeys = {
        row["id"]: {key: value for key, value in row.items() if key not in _KEY} for row in rows
    }
    return {"run_id": run_id, "journeys": journeys, "about": dict(zip(_ABOUT, about, strict=True))}


def _deactivate(connection: Connection, run_id: int, person_id: int) -> None:
    connection.execute(
        update(JourneyRow)
        .where(JourneyRow.run_id == run_id, JourneyRow.person_id == person_id)
        .values(active=False)
    )


def _update_journeys(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    changed = [name for name in rows[0] if name not in _KEY]
    connection.execute(
        update(JourneyRow.__table__)  # type: ignore[arg-type]
        .where(JourneyRow.run_id == bindparam("_run"), JourneyRow.id == bindparam("_id"))
        .values({name: bindparam(f"new_{name}") for name in changed}),
        [
            {"_run": row["run_id"], "_id": row["id"], **{f"new_{n}": row[n] for n in changed}}
            for row in rows
        ],
    )


def _reassign(
    connection: Connection, run_id: int, person_id: int, ids: list[int], result: UserJourneys
) -> list[list[Any]]:
    """Write the assignments that differ; gives them as they were: event, journey, membership."""
    stored = assigned(connection, run_id, person_id)
    names = [journey.id for journey in result.journeys]
    changed: list[list[Any]] = []
    before: list[list[Any]] = []
    for event_id, label, membership in zip(
        ids, result.labels.tolist(), result.membership.tolist(), strict=True
    ):
        wanted = (names[label] if label >= 0 else "", membership)
        if event_id in stored and stored[event_id] != wanted:
            changed.append([event_id, *wanted])
            before.append([event_id, *stored[event_id]])
    _assign(connection, run_id, changed)
    return before


def _assign(connection: Connection, run_id: int, rows: list[list[Any]]) -> None:
    if not rows:
        return
    connection.execute(
        update(Assignment.__table__)  # type: ignore[arg-type]
        .where(Assignment.run_id == bindparam("_run"), Assignment.event_id == bindparam("_event"))
        .values(journey_id=bindparam("_journey"), membership=bindparam("_membership")),
        [
            {"_run": run_id, "_event": event_id, "_journey": journey_id, "_membership": membership}
            for event_id, journey_id, membership in rows
        ],
    )


def _about(run_id: int, person_id: int) -> Any:
    return (
        update(UserResult)
        .where(UserResult.run_id == run_id, UserResult.person_id == person_id)
        .values({name: bindparam(name) for name in _ABOUT})
    )
