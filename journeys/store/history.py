"""What earlier runs over the same log left behind for a person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection, Engine, case, func, insert, or_, select

from journeys.discovery.storage import NEW, PERSON_NAMER, Earlier
from journeys.journey import Names
from journeys.store.assignments import assigned
from journeys.store.rows import read_names
from journeys.store.schema import JourneyRow, Naming, Run, UserResult
from journeys.timeline import Timeline

#: Names that a person gave or chose stand, also when a model's answer comes later.
BY_HAND = or_(Naming.namer == PERSON_NAMER, Naming.chosen)

#: The order of namings that are no alternatives: the last one counts.
COUNTS = (case((BY_HAND, 1), else_=0), Naming.id)


def earlier_result(
    engine: Engine, run_id: int, person_id: int, timeline: Timeline
) -> Earlier | None:
    """What the newest run before ``run_id`` found for a person, with what they edited since.

    Args:
        timeline: the person's, as it is now, with the column ``event_id``.

    Returns:
        Against that timeline; None where no earlier run is done with the person.
    """
    newest = (
        select(Run.id, Run.manifest)
        .join(UserResult, UserResult.run_id == Run.id)
        .where(UserResult.person_id == person_id, Run.id < run_id)
        .order_by(Run.id.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        run = connection.execute(newest).first()
        if run is None:
            return None
        ids = list(
            connection.scalars(
                select(JourneyRow.id)
                .where(
                    JourneyRow.run_id == run.id,
                    JourneyRow.person_id == person_id,
                    JourneyRow.active,
                )
                .order_by(JourneyRow.rank)
            )
        )
        where = assigned(connection, run.id, person_id)
    index = {journey_id: at for at, journey_id in enumerate(ids)}
    labels = np.full(len(timeline), NEW, dtype=np.int64)
    membership = np.zeros(len(timeline), dtype=np.float32)
    for at, event_id in enumerate(timeline.frame["event_id"].tolist()):
        if event_id in where:
            journey_id, membership[at] = where[event_id]
            labels[at] = index.get(journey_id, -1)
    return Earlier(labels, membership, tuple(ids), dict(run.manifest.get("clustering", {})))


def counting_names(connection: Connection, run_id: int, journey_id: str) -> Names | None:
    """The names of a journey that count; whoever else is about to change them is waited for."""
    connection.execute(
        select(JourneyRow.id)
        .where(JourneyRow.run_id == run_id, JourneyRow.id == journey_id)
        .with_for_update()
    )
    row = connection.execute(
        select(Naming.__table__)
        .where(Naming.run_id == run_id, Naming.journey_id == journey_id, ~Naming.alternative)
        .order_by(*(column.desc() for column in COUNTS))
        .limit(1)
    ).first()
    return read_names(row) if row else None


def copy_own_names(
    connection: Connection, run_id: int, person_id: int, journeys: Sequence[str]
) -> None:
    """Give journeys that an earlier run had the names that a person gave or chose there.

    Each journey is looked up in the newest earlier run that has it, so that a name which was
    taken back does not return from an older one.
    """
    if not journeys:
        return
    newest = (
        select(JourneyRow.id, func.max(JourneyRow.run_id).label("run_id"))
        .where(
            JourneyRow.person_id == person_id,
            JourneyRow.run_id < run_id,
            JourneyRow.id.in_(journeys),
        )
        .group_by(JourneyRow.id)
        .subquery()
    )
    rows = connection.execute(
        select(Naming.__table__)
        .join(newest, (newest.c.run_id == Naming.run_id) & (newest.c.id == Naming.journey_id))
        .where(BY_HAND, ~Naming.alternative)
        .order_by(Naming.id)
    ).mappings()
    copies = [
        {key: value for key, value in row.items() if key != "id"} | {"run_id": run_id}
        for row in rows
    ]
    if copies:
        connection.execute(insert(Naming), copies)
