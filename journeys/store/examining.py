"""Looking at a database without making, migrating or changing anything."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, func, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from journeys.store.choices import ChoiceStore
from journeys.store.engine import HEAD, current_revision, first_line, without_password
from journeys.store.schema import Run
from journeys.store.workers import WorkerStore

#: Seconds to wait for a server.
PATIENCE = 5


@dataclass(frozen=True)
class DatabaseState:
    """What was found.

    Attributes:
        problem: why it cannot be used, '' where it can.
        exists: false for an SQLite file that is made on first use.
        product: which database, in words.
        revision: the migration that it is at, None without tables; ``head``: this version's.
        clock_offset: seconds that this machine's clock is off, None where unknown.
        workers, queued, running: how many; 0 where the tables are another version's.
        choices: what was chosen in the app, None where the tables are another version's.
    """

    problem: str = ""
    exists: bool = True
    product: str = ""
    revision: str | None = None
    head: str = HEAD
    clock_offset: float | None = None
    clock_source: str = ""
    workers: int = 0
    queued: int = 0
    running: int = 0
    choices: ChoiceStore | None = None

    @property
    def usable(self) -> bool:
        """Its tables are this version's."""
        return not self.problem and self.revision == self.head


def examine_database(url: str) -> DatabaseState:
    """Look at the database at ``url``; what is wrong stands in the answer."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(Path(str(parsed.database)), url)
        return _server(url)
    except (ArgumentError, DBAPIError, OSError, ModuleNotFoundError, ValueError) as error:
        return DatabaseState(problem=f"{without_password(url)}: {first_line(error)}")


def _sqlite(path: Path, url: str) -> DatabaseState:
    product = f"SQLite in {path}"
    if not path.exists():
        return DatabaseState(exists=False, product=product)
    if not os.access(path, os.R_OK | os.W_OK):
        return DatabaseState(problem=f"{path} cannot be read and written")
    engine = create_engine(f"sqlite:///file:{path}?mode=rw&uri=true", poolclass=NullPool)
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only=ON"))
    revision = current_revision(engine)
    if revision != HEAD:
        return DatabaseState(product=product, revision=revision)
    with engine.connect() as connection:
        newest = connection.scalar(select(func.max(Run.created_at)))
        # A clock that was set back stands before what is already written.
        ahead = max((newest or 0) / 1e6 - time.time(), 0.0)
        counts = _counts(connection)
    return DatabaseState(
        product=product,
        revision=revision,
        clock_offset=ahead if newest else None,
        clock_source="the newest run, which must not be in the future",
        workers=len(WorkerStore(engine).alive()),
        queued=counts.get("queued", 0),
        running=counts.get("running", 0),
        choices=ChoiceStore(engine),
    )


def _server(url: str) -> DatabaseState:
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": PATIENCE})
    with engine.connect() as connection:
        product = f"PostgreSQL {connection.scalar(text('SHOW server_version'))}"
        asked = time.time()
        there = connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())"))
        offset = float(there or 0) - (asked + time.time()) / 2
        revision = current_revision(engine)
        counts = _counts(connection) if revision == HEAD else {}
    ours = revision == HEAD
    return DatabaseState(
        product=product,
        revision=revision,
        clock_offset=offset,
        clock_source="the database's clock",
        workers=len(WorkerStore(engine).alive()) if ours else 0,
        queued=counts.get("queued", 0),
        running=counts.get("running", 0),
        choices=ChoiceStore(engine) if ours else None,
    )


def _counts(connection: Connection) -> dict[str, int]:
    query = select(Run.status, func.count()).group_by(Run.status)
    return dict(iter(connection.execute(query)))
