"""A database of a benchmark's own: SQLite in its folder, or made on a PostgreSQL and dropped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool


@contextmanager
def own_database(server: str) -> Iterator[str]:
    """The URL of a new database on this server; '' (SQLite in the home folder) without one.

    Args:
        server: URL of a PostgreSQL on which databases may be made, such as
            ``.ci/postgresql start FOLDER`` prints; or ''.
    """
    if not server:
        yield ""
        return
    url = make_url(server)
    name = f"journeys_benchmark_{os.getpid()}"
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


def settings_of(server: str) -> str:
    """What of a PostgreSQL's settings bounds how fast it saves, in words; '' for SQLite."""
    if not server:
        return "SQLite, write-ahead log, synchronous=NORMAL"
    engine = create_engine(make_url(server), poolclass=NullPool)
    shown = ("server_version", "fsync", "synchronous_commit", "max_connections")
    with engine.connect() as connection:
        return "PostgreSQL: " + ", ".join(
            f"{name} {connection.execute(text(f'SHOW {name}')).scalar()}" for name in shown
        )
