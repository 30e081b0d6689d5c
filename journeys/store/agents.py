"""What agents know of users: one row a user, which no write overwrites unseen.

Whoever writes says which version they read. Where another process wrote in between, nothing is
written, and the reader begins again (optimistic concurrency; Kung and Robinson 1981). So two
servers of one database never lose an event. What a state says is not known here: it is a text.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, bindparam, delete, func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from journeys.store.agent_models import withdraw_models
from journeys.store.agents_schema import AgentInUseRow, AgentUserRow
from journeys.store.audit import forget_user_in_audit
from journeys.store.engine import now
from journeys.store.queueing import writer
from journeys.store.receipts import Receipts
from journeys.store.upserting import upsert

_AT_ONCE = 500


@dataclass(frozen=True)
class AgentState:
    """What is kept of a user.

    Attributes:
        version: of the row, to be given back when it is written.
        model: name of the shared weights beside which the user's rows were learnt.
        text: the state.
    """

    version: int
    model: str
    text: str


@dataclass(frozen=True)
class AgentErased:
    """What erasing a user did: whether anything was there, and which models were withdrawn."""

    found: bool
    models: tuple[str, ...] = ()


class AgentUserStore:
    """States of an agent's users, by pseudonym."""

    def __init__(self, engine: Engine, receipts: Receipts | None = None) -> None:
        self._receipts = receipts
        self._engine = engine
        self._writer = writer(engine)
        # Made once, since making a statement takes longer than executing it.
        self._read = select(AgentUserRow.version, AgentUserRow.model, AgentUserRow.state).where(
            AgentUserRow.pseudonym == bindparam("whose")
        )
        self._insert = (
            upsert(engine, AgentUserRow)
            .on_conflict_do_nothing()
            .execution_options(preserve_rowcount=True)  # psycopg's is not kept otherwise
        )
        self._update = (
            update(AgentUserRow)
            .where(
                AgentUserRow.pseudonym == bindparam("whose"),
                AgentUserRow.version == bindparam("read"),
            )
            .values(
                version=AgentUserRow.version + 1,
                model=bindparam("beside"),
                state=bindparam("now_known"),
                updated_at=bindparam("at"),
            )
        )

    def read(self, pseudonym: str) -> AgentState | None:
        """What is kept of a user; None where nothing is."""
        with self._engine.connect() as connection:
            row = connection.execute(self._read, {"whose": pseudonym}).first()
        return AgentState(*row) if row else None

    def write(self, pseudonym: str, read: int | None, model: str, state: str) -> bool:
        """Keep a state; it is on its way to the disk when this returns.

        Args:
            read: the version that the new state follows; None where there was none.
            model: name of the shared weights in use.

        Returns:
            False where another process wrote meanwhile: read again.
        """
        if read is None:
            # Drawn, so that who read a row that was erased and begun anew meanwhile never finds
            # their version again, and cannot bring back what was erased.
            first = secrets.randbits(60)
            values = {"pseudonym": pseudonym, "version": first, "model": model, "state": state}
            return self._writer.write(self._insert, {**values, "updated_at": now()}) == 1
        told = {"whose": pseudonym, "read": read, "beside": model, "now_known": state}
        return self._writer.write(self._update, {**told, "at": now()}) == 1

    def all(self) -> Iterator[tuple[str, AgentState]]:
        """Everybody by pseudonym, a few at a time, so that nobody else has to wait."""
        last = ""
        while True:
            query = (
                select(
                    AgentUserRow.pseudonym,
                    AgentUserRow.version,
                    AgentUserRow.model,
                    AgentUserRow.state,
                )
                .where(AgentUserRow.pseudonym > last)
                .order_by(AgentUserRow.pseudonym)
                .limit(_AT_ONCE)
            )
            with self._engine.connect() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                yield row.pseudonym, AgentState(row.version, row.model, row.state)
            if len(rows) < _AT_ONCE:
                return
            last = rows[-1].pseudonym

    def newest(self, most: int) -> list[tuple[str, AgentState]]:
        """Those who were written last, the newest first."""
        query = (
            select(AgentUserRow)
            .order_by(AgentUserRow.updated_at.desc(), AgentUserRow.pseudonym)
            .limit(most)
        )
        with Session(self._engine) as session:
            return [
                (row.pseudonym, AgentState(row.version, row.model, row.state))
                for row in session.scalars(query)
            ]

    def changed(self) -> tuple[int, int]:
        """How many users there are, and when one was last written: whether to look again."""
        query = select(func.count(), func.coalesce(func.max(AgentUserRow.updated_at), 0))
        with self._engine.connect() as connection:
            count, at = connection.execute(query.select_from(AgentUserRow)).one()
        return int(count), int(at)

    def add_many(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """New users at once, as (pseudonym, model, state); who is there stays as they are."""
        at = now()
        with self._engine.begin() as connection:
            connection.execute(
                upsert(self._engine, AgentUserRow).on_conflict_do_nothing(),
                [
                    {"pseudonym": who, "version": secrets.randbits(60), "model": model}
                    | {"state": state, "updated_at": at}
                    for who, model, state in rows
                ],
            )

    def count(self) -> int:
        """How many users there are."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(AgentUserRow)) or 0

    def erase(self, pseudonym: str) -> AgentErased:
        """Erase a user, withdraw the shared weights that were fitted on them, and leave nothing of
        them in the file or its write-ahead log. Keys that were made for them go on to work."""
        with self._engine.begin() as connection:
            if self._receipts is not None:
                self._receipts.write_agents(pseudonym)
            erased = erase_agent_user(connection, pseudonym)
        if erased.found:
            _empty_wal(self._engine)
        return erased


def erase_agent_user(connection: Connection, pseudonym: str) -> AgentErased:
    """Within a transaction: delete a user's state and every version fitted on them.

    A version is deleted and not only marked: it holds what was learnt of them, and the promise of
    erasing is that nothing does. The newest version before it that is not of them is in use until
    the next refresh.
    """
    if connection.dialect.name == "postgresql":
        # A refresh that names this user now is waited for, and then found.
        connection.execute(select(AgentInUseRow.id).with_for_update())
    models = withdraw_models(connection, pseudonym)
    forget_user_in_audit(connection, pseudonym)
    found = connection.execute(delete(AgentUserRow).where(AgentUserRow.pseudonym == pseudonym))
    return AgentErased(found.rowcount > 0, tuple(models))


def _empty_wal(engine: Engine) -> None:
    """Freed pages are overwritten at once (``secure_delete``); what the log of changes still has
    of them goes with a checkpoint. Where somebody is reading it waits for the next one."""
    if engine.dialect.name != "sqlite":
        return
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    except OperationalError:
        return


__all__ = ["AgentErased", "AgentState", "AgentUserStore", "erase_agent_user"]
