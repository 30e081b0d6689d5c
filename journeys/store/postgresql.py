"""What PostgreSQL needs that SQLite does not."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, BigInteger, Connection, Engine, cast, event, func, text

#: Any number that no other program on the same database takes for its own lock.
_MIGRATING = 7_263_541


#: The server's clock at this moment (not at the transaction's begin), in microseconds.
CLOCK = cast(func.extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)

#: How long the client waits for a server that has gone silent (libpq's parameters; the last is in
#: milliseconds): without them a machine that was cut off is waited for for hours.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


def patience(url: URL) -> dict[str, Any]:
    """The driver's arguments about a silent server, but for those that the URL has."""
    if url.get_driver_name() != "psycopg":
        return {}
    return {name: value for name, value in _PATIENCE.items() if name not in url.query}


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
