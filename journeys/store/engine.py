"""Connecting to the database, and bringing its tables up to date."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from journeys.errors import ConfigError, StoreError
from journeys.store import postgresql

MIGRATIONS = Path(__file__).parent / "migrations"

#: The newest migration; a test holds it against the files.
HEAD = "0009"


#: Connections kept open, and as many more in need: a session of the app is a thread, and opening
#: one with its settings takes longer than most of what is done with it.
POOL = 32

#: The same for PostgreSQL, whose connections are processes: its default of 100 is enough for five
#: of ours, and threads that begin at once do not all sign in at once. A transaction is a few
#: milliseconds, so a connection serves many sessions.
SERVER_POOL = 10


def connect(url: str) -> Engine:
    """An engine for the database at ``url``, with its tables made or migrated.

    SQLite runs with a write-ahead log, foreign keys, and overwriting of deleted content.

    Raises:
        ConfigError: the URL is malformed, its driver is missing, or the database is unreachable,
            is no database, or was made by a newer version.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
            path = Path(str(parsed.database))
            path.parent.mkdir(0o700, parents=True, exist_ok=True)
            # SQLite's other files take over the mode of this one.
            path.touch(0o600)
        elif parsed.get_backend_name() not in {"sqlite", "postgresql"}:
            raise ConfigError(
                f"The store works with SQLite and PostgreSQL, not {parsed.get_backend_name()}. "
                "Change DATABASE_URL, or unset it to use SQLite."
            )
        server = parsed.get_backend_name() == "postgresql"
        pool = SERVER_POOL if server else POOL
        engine = create_engine(
            parsed,
            hide_parameters=True,
            pool_size=pool,
            max_overflow=pool,
            pool_timeout=60,
            # A server may have been started anew since a connection was last used.
            pool_pre_ping=server,
            connect_args=postgresql.patience(parsed) if server else {},
        )
        if parsed.get_backend_name() == "sqlite":
            event.listen(engine, "connect", _set_pragmas)
        else:
            postgresql.prepare(engine)
        migrate(engine)
    except (ArgumentError, DBAPIError, OSError, ModuleNotFoundError, ValueError) as error:
        shown = without_password(url)
        raise ConfigError(
            f"The database {shown} cannot be used: {first_line(error)}. "
            "Check DATABASE_URL, or unset it to use SQLite."
        ) from error
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables to :data:`HEAD`; does nothing, quickly, when they are there.

    Raises:
        ConfigError: the tables were made by a version that this one does not know.
    """
    if current_revision(engine) == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        # Two processes may start at once; the second waits here and then finds the work done.
        if engine.dialect.name == "sqlite":
            connection.execute(text("BEGIN IMMEDIATE"))
        else:
            postgresql.lock_migrations(connection)
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise ConfigError(
                f"The database is at revision {current_revision(engine)}, which this version does "
                f"not know; it knows up to {HEAD}. Update the product, or use another database."
            ) from error
        connection.commit()


def current_revision(engine: Engine) -> str | None:
    """The migration that the database is at, None for an empty one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.execute(
            text("SELECT version_num FROM alembic_version")
        ).scalar()
    return revision


def now() -> int:
    """The present by this machine's clock, in microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


def shared_now(engine: Engine) -> Any:
    """The present by the clock that all who use a database share, to be used in statements.

    Machines' clocks differ, and leases and signs of life are compared across machines. So on
    PostgreSQL this is the server's; an SQLite file is used from one machine.
    """
    return postgresql.CLOCK if engine.dialect.name == "postgresql" else now()


@contextmanager
def still_there(what: str) -> Iterator[None]:
    """Writes about something that may have been erased since it was read.

    Raises:
        StoreError: it was.
    """
    try:
        yield
    except IntegrityError as error:
        raise StoreError(f"{what} is no longer in the store; it may have been erased.") from error


def _set_pragmas(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in (
        "busy_timeout=30000",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        _patiently(cursor, f"PRAGMA {pragma}")
    cursor.close()


def _patiently(cursor: Any, statement: str, patience: float = 30.0) -> None:
    """Execute, again while the file is locked: a change of the journal's mode does not wait."""
    until = time.monotonic() + patience
    while True:
        try:
            cursor.execute(statement)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def without_password(url: str) -> str:
    """A database's URL as it may be shown."""
    try:
        # Some drivers take a password among the options, so these are not shown either.
        return make_url(url).set(query={}).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "given by DATABASE_URL"


def first_line(error: BaseException) -> str:
    """What a database's driver says, without the statement."""
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().split("\n", 1)[0]
