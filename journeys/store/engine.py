"""Connecting to the database, and bringing its tables up to date."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError

from journeys.errors import ConfigError

MIGRATIONS = Path(__file__).parent / "migrations"

#: The newest migration; a test holds it against the files.
HEAD = "0001"


def connect(url: str) -> Engine:
    """An engine for the database at ``url``, with its tables made or migrated.

    SQLite runs with a write-ahead log, foreign keys, and overwriting of deleted content.

    Raises:
        ConfigError: the URL is malformed, its driver is missing, or the database is unreachable.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
            Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed)
        if parsed.get_backend_name() == "sqlite":
            event.listen(engine, "connect", _set_pragmas)
        migrate(engine)
    except (ArgumentError, OperationalError, OSError, ModuleNotFoundError) as error:
        shown = _without_password(url)
        raise ConfigError(
            f"The database {shown} cannot be used: {_first_line(error)}. "
            "Check DATABASE_URL, or unset it to use SQLite."
        ) from error
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables to :data:`HEAD`; does nothing, quickly, when they are there."""
    if current_revision(engine) == HEAD:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        if engine.dialect.name == "sqlite":
            # Two processes may start at once; the second waits here and then finds the work done.
            connection.execute(text("BEGIN IMMEDIATE"))
        command.upgrade(config, "head")
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
    """The present, in microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


def _set_pragmas(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in (
        "busy_timeout=30000",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "given by DATABASE_URL"


def _first_line(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().split("\n", 1)[0]
