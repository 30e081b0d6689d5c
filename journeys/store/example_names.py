"""The names that people's examples helped to make: kept while these may serve, and dropped after.

An example's id, ``study3.12.4``, says of which study, invitation and trial it is. It stands in the
``basis`` of each naming that it served.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Text, cast, delete, select, update

from journeys.store.history import BY_HAND
from journeys.store.schema import JourneyRow, Naming
from journeys.store.study_schema import ConsentRow, InvitationRow

_ID = re.compile(r"study(\d+)\.(\d+)\.(\d+)")


def example_id(study_id: int, invitation_id: int, trial: int) -> str:
    """The id of what was said in a trial."""
    return f"study{study_id}.{invitation_id}.{trial}"


def examples_stand(
    connection: Connection, run_id: int, journey_id: str, ids: Sequence[str]
) -> bool:
    """Whether examples may serve this journey at this moment, for who is about to save its names.

    The consents are locked until the transaction ends (SQLite has the write lock by then).
    """
    invitations = invitations_of({"examples": ids})
    if not invitations:
        return True
    person = (
        select(JourneyRow.person_id)
        .where(JourneyRow.run_id == run_id, JourneyRow.id == journey_id)
        .scalar_subquery()
    )
    standing = (
        select(ConsentRow.invitation_id)
        .join(InvitationRow, InvitationRow.id == ConsentRow.invitation_id)
        .where(
            ConsentRow.invitation_id.in_(invitations),
            ConsentRow.withdrawn_at.is_(None),
            ConsentRow.as_examples | (InvitationRow.person_id == person),
        )
        .with_for_update(read=True)
    )
    return invitations <= set(connection.scalars(standing))


def forget_examples(connection: Connection, invitations: Collection[int]) -> int:
    """Drop the names that these participants' words helped to make; returns how many.

    Their journeys are named anew when naming goes on. Names that a person wrote or chose stay:
    they are that person's own statement by now, and only no longer tell of the examples.
    """
    gone: list[Any] = []
    kept: list[Any] = []
    for row in with_examples(connection):
        if invitations_of(row.basis).isdisjoint(invitations):
            continue
        (kept if row.by_hand else gone).append(row)
    for row in kept:
        basis = {key: value for key, value in row.basis.items() if key != "examples"}
        connection.execute(
            update(Naming).where(Naming.id == row.id).values(basis=basis, completion_keys=[])
        )
    ids = [row.id for row in gone]
    for start in range(0, len(ids), 5_000):
        connection.execute(delete(Naming).where(Naming.id.in_(ids[start : start + 5_000])))
    return len(ids)


def with_examples(connection: Connection, *conditions: Any) -> Sequence[Any]:
    """Rows ``id, basis, by_hand`` of the namings that examples served."""
    query = select(Naming.id, Naming.basis, BY_HAND.label("by_hand")).where(
        cast(Naming.basis, Text).contains('"examples"'), *conditions
    )
    return connection.execute(query).all()


def invitations_of(basis: Mapping[str, Any]) -> set[int]:
    """Ids of the invitations that a naming's examples are of."""
    found = (_ID.fullmatch(id_) for id_ in basis.get("examples", ()))
    return {int(match[2]) for match in found if match}
