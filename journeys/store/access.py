"""The rule of a participant's access, as the condition of every statement made for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, literal, select

from journeys.errors import AccessDenied, StoreError
from journeys.store.engine import now
from journeys.store.invitations import Participant
from journeys.store.schema import Base
from journeys.store.studies import DRAFT, OPEN
from journeys.store.study_schema import ConsentRow, InvitationRow, StudyRow
from journeys.store.upserting import upsert
from journeys.study.tokens import NOT_VALID


def holds_link(participant: Participant) -> ColumnElement[bool]:
    """On ``invitation``: the row is this participant's, and their link works now."""
    return and_(
        InvitationRow.id == participant.invitation_id,
        InvitationRow.person_id == participant.person_id,
        InvitationRow.token_hash == participant.token_hash,
        InvitationRow.revoked_at.is_(None),
        InvitationRow.expires_at > now(),
        InvitationRow.study_id.in_(select(StudyRow.id).where(StudyRow.state != DRAFT)),
    )


def consented() -> ColumnElement[bool]:
    """On ``invitation``: consent was given and stands."""
    return (
        select(ConsentRow.id)
        .where(ConsentRow.invitation_id == InvitationRow.id, ConsentRow.withdrawn_at.is_(None))
        .exists()
    )


def may_answer(participant: Participant) -> ColumnElement[bool]:
    """On ``invitation``: the link works, the study takes answers, and consent stands."""
    return and_(
        holds_link(participant),
        InvitationRow.study_id.in_(select(StudyRow.id).where(StudyRow.state == OPEN)),
        consented(),
    )


def require_link(connection: Connection, participant: Participant) -> None:
    """Raises:
    AccessDenied: the participant's link does not work any more.
    """
    if connection.scalar(select(InvitationRow.id).where(holds_link(participant))) is None:
        raise AccessDenied(NOT_VALID)


def require_consent(connection: Connection, participant: Participant) -> None:
    """Raises:
    AccessDenied: the participant's link does not work any more, or no consent stands.
    """
    require_link(connection, participant)
    query = select(InvitationRow.id).where(holds_link(participant), consented())
    if connection.scalar(query) is None:
        raise AccessDenied("Please agree to the study first: no consent of yours stands.")


def literals(table: type[Base], values: dict[str, Any]) -> list[ColumnElement[Any]]:
    """Values as columns of a SELECT, each of the type of the table's column with its name."""
    columns = table.__table__.c
    return [literal(value, columns[name].type) for name, value in values.items()]


def keep(
    engine: Engine,
    participant: Participant,
    table: type[Base],
    values: dict[str, Any],
    *,
    key: Sequence[str],
    update: Sequence[str] = (),
    only_if: ColumnElement[bool] | None = None,
    unless_changed: Sequence[str] = (),
    consent: bool = True,
) -> None:
    """Insert a participant's row, or update the one with its key, in one statement.

    One statement takes SQLite's write lock at once and waits for it; reading first would fail
    under writers who come in between. Being allowed is a condition of the statement, too.

    Args:
        values: column -> value, without ``invitation_id``.
        key: columns of the unique key, with ``invitation_id``.
        update: columns that a second saving replaces; () leaves the first as it is.
        only_if: a further condition on ``invitation``.
        unless_changed: a second saving must have the same values in these columns.

    Raises:
        AccessDenied: the link, the study or the consent does not allow it.
        StoreError: ``only_if`` does not hold, or another saving had other values.
    """
    allowed = may_answer(participant) if consent else holds_link(participant)
    columns = table.__table__.c
    source = select(InvitationRow.id, *literals(table, values)).where(allowed)
    if only_if is not None:
        source = source.where(only_if)
    statement = upsert(engine, table).from_select(["invitation_id", *values], source)
    if update:
        same = [columns[name] == statement.excluded[name] for name in unless_changed]
        statement = statement.on_conflict_do_update(
            index_elements=list(key),
            set_={name: statement.excluded[name] for name in update},
            where=and_(*same) if same else None,
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    with engine.begin() as connection:
        if connection.execute(statement).rowcount or not update:
            return
        _explain(connection, participant, consent)


def _explain(connection: Connection, participant: Participant, consent: bool) -> None:
    """Say why nothing was saved."""
    require_link(connection, participant)
    if consent:
        query = select(InvitationRow.id).where(may_answer(participant))
        if connection.scalar(query) is None:
            if participant.open:
                require_consent(connection, participant)
            raise AccessDenied("This study takes no more answers. Thank you.")
    raise StoreError(
        "This was not saved: it is about something that is not yours or no longer there, or the "
        "question was answered on another device. Load the page again."
    )
