"""Databases for tests: SQLite in a folder, and PostgreSQL databases of a test's own.

``JOURNEYS_TEST_POSTGRESQL`` is the URL of a server on which databases may be made and dropped, such
as ``.ci/postgresql start FOLDER`` prints. Without it, what needs PostgreSQL is skipped.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from journeys.store.engine import connect
from journeys.store.schema import Base

VARIABLE = "JOURNEYS_TEST_POSTGRESQL"


class PostgresServer:
    """A server on which tests have a database to themselves.

    Making one takes a second, so most tests get the same one after the other, emptied.
    """

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._server = create_engine(self._url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._numbers = itertools.count()
        self._prefix = f"journeys_test_{os.getpid()}"
        self._reused = ""

    def close(self) -> None:
        """Drop the database that tests had one after the other."""
        if self._reused:
            self._execute(f'DROP DATABASE "{make_url(self._reused).database}" WITH (FORCE)')

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """The URL of a database whose tables are there and empty. Tests must not change those."""
        if not self._reused:
            self._reused = self._create()
            connect(self._reused).dispose()
        try:
            yield self._reused
        finally:
            self._empty(self._reused)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new database without tables, dropped afterwards, whoever is still in it."""
        url = self._create()
        try:
            yield url
        finally:
            self._execute(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def _create(self) -> str:
        name = f"{self._prefix}_{next(self._numbers)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _empty(self, url: str) -> None:
        name = make_url(url).database
        self._execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(table.delete())
            connection.execute(
                text(
                    "SELECT setval(CAST(quote_ident(sequencename) AS regclass), 1, false)"
                    " FROM pg_sequences WHERE last_value IS NOT NULL"
                )
            )

    def _execute(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.execute(text(statement))


def server_url() -> str:
    """The server's URL; skips the test where there is none."""
    url = os.environ.get(VARIABLE, "")
    if not url:
        pytest.skip(f"{VARIABLE} names no PostgreSQL server; see .ci/postgresql")
    return url


def contents(engine: Engine) -> bytes:
    """Every row of a PostgreSQL database, in COPY's binary form: texts and bytes stand as such."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        found = []
        for table in Base.metadata.sorted_tables:
            with cursor.copy(f'COPY "{table.name}" TO STDOUT (FORMAT binary)') as rows:
                found.extend(bytes(part) for part in rows)
        return b"".join(found)
    finally:
        raw.close()
