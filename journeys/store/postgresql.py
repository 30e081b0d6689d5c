"""What PostgreSQL needs that SQLite does not."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event, text

#: Any number that no other program on the same database takes for its own lock.
_MIGRATING = 7_263_541


def prepare(engine: Engine) -> None:
    """Let every connection take any text.

    PostgreSQL's texts cannot hold the null character, which logs have in truncated or binary
    titles; it is stored as U+FFFD, the character for what cannot be shown.
    """
    if engine.dialect.driver == "psycopg":
        event.listen(engine, "connect", _without_nulls)


def lock_migrations(connection: Connection) -> None:
    """Wait for other processes that migrate this database; held until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATING})


def _without_nulls(connection: Any, _record: object) -> None:
    from psycopg.types.string import StrDumperUnknown

    class NullFree(StrDumperUnknown):
        """Texts as psycopg passes them by default, but for the null character."""

        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\x00", "\ufffd") if "\x00" in obj else obj)

    connection.adapters.register_dumper(str, NullFree)
