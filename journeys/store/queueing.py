"""Short writes to one SQLite file by many at once: together, and in turn.

SQLite lets one write at a time. A writer who finds the file locked sleeps and tries again, for
longer each time (up to 100 ms), while later ones slip in; and with a transaction for each write,
many threads spend their time on waking each other. So the writes of a process are gathered: whoever
comes first writes for all who wait by then, in one transaction, and hands on to the next who waits
(group commit; DeWitt et al. 1984, "Implementation techniques for main memory database systems",
section 5.2). The processes take turns by a lock on an empty file beside the database; it goes with
the process that held it, however that ends. SQLite's own lock still decides who writes: writers
that do not line up are waited for as before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, Protocol

from sqlalchemy import Engine, Executable
from sqlalchemy.exc import IntegrityError

#: Writes in one transaction, so that nobody waits for a crowd behind them.
MOST = 64


class Writer(Protocol):
    """Executes one statement in a transaction."""

    def write(self, statement: Executable, values: Mapping[str, Any]) -> int:
        """The number of rows written, once they are committed."""
        ...


class Direct:
    """Each write in a transaction of its own, for databases that take many at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, statement: Executable, values: Mapping[str, Any]) -> int:
        # PostgreSQL counts the rows of an INSERT only where it is asked to.
        counted = statement.execution_options(preserve_rowcount=True)
        with self._engine.begin() as connection:
            return int(connection.execute(counted, values).rowcount)


@dataclass
class _Write:
    """A write that waits; ``ready`` is set when it is done, or is to lead."""

    statement: Executable
    values: Mapping[str, Any]
    ready: Event = field(default_factory=Event)
    leads: bool = False
    rows: int = 0
    error: BaseException | None = None


class Gathered:
    """The writes of a process to one SQLite file, those that wait together in one transaction.

    A write that the database refuses fails alone; one that finds the file locked for too long, or
    the disk full, fails with all that were gathered with it, and none of them is kept.

    Args:
        database: path of the file.
    """

    def __init__(self, engine: Engine, database: str) -> None:
        self._engine = engine
        self._turns = _Turns(f"{database}-queue")
        self._mutex = Lock()
        self._waiting: list[_Write] = []
        self._led = False

    def write(self, statement: Executable, values: Mapping[str, Any]) -> int:
        own = _Write(statement, values)
        with self._mutex:
            self._waiting.append(own)
            own.leads, self._led = not self._led, True
        if not own.leads:
            own.ready.wait()
        if own.leads:
            self._lead()
        if own.error is not None:
            raise own.error
        return own.rows

    def _lead(self) -> None:
        """Write for everybody who waits, oneself the first, and hand on."""
        together: Sequence[_Write] = ()
        try:
            with self._turns.turn():
                together = self._take()
                self._commit(together)
        except BaseException as error:
            # Where even the turn failed, it fails for everybody who waited for it.
            together = together or self._take()
            for one in together:
                one.error = error
        finally:
            with self._mutex:
                if self._waiting:
                    self._waiting[0].leads = True
                    self._waiting[0].ready.set()
                else:
                    self._led = False
            for one in together:
                one.ready.set()

    def _take(self) -> Sequence[_Write]:
        with self._mutex:
            together, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        return together

    def _commit(self, together: Sequence[_Write]) -> None:
        with self._engine.begin() as connection:
            for one in together:
                try:
                    one.rows = connection.execute(one.statement, one.values).rowcount
                except IntegrityError as error:
                    one.error = error  # SQLite undoes this statement and no other


class _Turns:
    """Processes that take turns, by a lock on a file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: int | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn; one thread of a process at a time may ask for it."""
        try:
            import fcntl
        except ImportError:  # Windows: SQLite's own waiting has to do
            yield
            return
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def __del__(self) -> None:
        if self._file is not None:
            os.close(self._file)


def writer(engine: Engine) -> Writer:
    """How short writes go to an engine's database."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or database in (None, "", ":memory:"):
        return Direct(engine)
    return Gathered(engine, str(database))
