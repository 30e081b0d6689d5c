"""The rule of a participant's access, as the condition of every statement made for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    and_,
    bindparam,
    func,
    literal,
    select,
)

from journeys.errors import AccessDenied, StoreError
from journeys.store.engine import now
from journeys.store.invitations import Participant
from journeys.store.queueing import Direct, Writer
from journeys.store.schema import Base
from journeys.store.studies import DRAFT, OPEN
from journeys.store.study_schema import ConsentRow, InvitationRow, StudyRow
from journeys.store.upserting import upsert
from journeys.study.tokens import NOT_VALID

#: On ``invitation``: consent was given and stands.
CONSENTED = (
    select(ConsentRow.id)
    .where(ConsentRow.invitation_id == InvitationRow.id, ConsentRow.withdrawn_at.is_(None))
    .exists()
)


def _holds_link(invitation: Any, person: Any, hashed: Any, at: Any) -> ColumnElement[bool]:
    return and_(
        InvitationRow.id == invitation,
        InvitationRow.person_id == person,
        InvitationRow.token_hash == hashed,
        InvitationRow.revoked_at.is_(None),
        InvitationRow.expires_at > at,
        InvitationRow.study_id.in_(select(StudyRow.id).where(StudyRow.state != DRAFT)),
    )


def _may_answer(holds: ColumnElement[bool]) -> ColumnElement[bool]:
    is_open = InvitationRow.study_id.in_(select(StudyRow.id).where(StudyRow.state == OPEN))
    return and_(holds, is_open, CONSENTED)


def holds_link(participant: Participant) -> ColumnElement[bool]:
    """On ``invitation``: the row is this participant's, and their link works now."""
    return _holds_link(
        participant.invitation_id, participant.person_id, participant.token_hash, now()
    )


def may_answer(participant: Participant) -> ColumnElement[bool]:
    """On ``invitation``: the link works, the study takes answers, and consent stands."""
    return _may_answer(holds_link(participant))


#: The same two, to be filled in by :func:`link_values`.
HOLDS_LINK = _holds_link(
    bindparam("link_invitation", type_=Integer),
    bindparam("link_person", type_=Integer),
    bindparam("link_hash", type_=LargeBinary),
    bindparam("link_now", type_=BigInteger),
)
MAY_ANSWER = _may_answer(HOLDS_LINK)


def link_values(participant: Participant) -> dict[str, Any]:
    """What fills in :data:`HOLDS_LINK` and :data:`MAY_ANSWER` for a participant, now."""
    return {
        "link_invitation": participant.invitation_id,
        "link_person": participant.person_id,
        "link_hash": participant.token_hash,
        "link_now": now(),
    }


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
    query = select(InvitationRow.id).where(holds_link(participant), CONSENTED)
    if connection.scalar(query) is None:
        raise AccessDenied("Please agree to the study first: no consent of yours stands.")


def literals(table: type[Base], values: dict[str, Any]) -> list[ColumnElement[Any]]:
    """Values as columns of a SELECT, each of the type of the table's column with its name."""
    columns = table.__table__.c
    return [literal(value, columns[name].type) for name, value in values.items()]


def value(table: type[Base], name: str) -> BindParameter[Any]:
    """The value that a :class:`Saving` gives a column, for its ``only_if``."""
    return bindparam(f"value_{name}", type_=table.__table__.c[name].type)


class Saving:
    """Insert a participant's row, or update the one with its key, in one statement.

    One statement takes SQLite's write lock at once and waits for it; reading first would fail
    under writers who come in between. Being allowed is a condition of the statement, too. It is
    put together once, which is most of the work of a save.

    Args:
        columns: those that are saved, without ``invitation_id``.
        key: columns of the unique key, with ``invitation_id``.
        update: columns that a second saving replaces; () leaves the first as it is.
        fill: columns that a second saving fills in where they are still empty.
        only_if: a further condition on ``invitation``.
        unless_changed: a second saving must have the same values in these columns.
        consent: a consent must stand and the study be open; otherwise a working link is enough.
        writer: through which it is written; None for transactions of its own.
    """

    def __init__(
        self,
        engine: Engine,
        table: type[Base],
        columns: Sequence[str],
        *,
        key: Sequence[str],
        update: Sequence[str] = (),
        fill: Sequence[str] = (),
        only_if: ColumnElement[bool] | None = None,
        unless_changed: Sequence[str] = (),
        consent: bool = True,
        writer: Writer | None = None,
    ) -> None:
        self._writer = writer or Direct(engine)
        self._engine, self._consent, self._updates = engine, consent, bool(update)
        source = select(InvitationRow.id, *(value(table, name) for name in columns)).where(
            MAY_ANSWER if consent else HOLDS_LINK
        )
        if only_if is not None:
            source = source.where(only_if)
        statement = upsert(engine, table).from_select(["invitation_id", *columns], source)
        if update:
            same = [table.__table__.c[name] == statement.excluded[name] for name in unless_changed]
            changed = {name: statement.excluded[name] for name in update} | {
                name: func.coalesce(table.__table__.c[name], statement.excluded[name])
                for name in fill
            }
            self._statement = statement.on_conflict_do_update(
                index_elements=list(key),
                set_=changed,
                where=and_(*same) if same else None,
            )
        else:
            self._statement = statement.on_conflict_do_nothing(index_elements=list(key))
        # PostgreSQL counts the rows of an INSERT only where it is asked to.
        self._statement = self._statement.execution_options(preserve_rowcount=True)

    def __call__(self, participant: Participant, values: Mapping[str, Any]) -> None:
        """Save.

        Raises:
            AccessDenied: the link, the study or the consent does not allow it.
            StoreError: ``only_if`` does not hold, or another saving had other values.
        """
        given = {f"value_{name}": one for name, one in values.items()}
        done = self._writer.write(self._statement, given | link_values(participant))
        if not done and self._updates:
            with self._engine.connect() as connection:
                _explain(connection, participant, self._consent)


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
