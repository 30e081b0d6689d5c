"""SQLite databases that somebody else made, read without trusting them and without writing.

A file given by its path is opened read-only where it lies, as if it were on a disc that cannot
change, so that no journal is made beside it. One in an archive is held in memory.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from journeys.errors import InputError
from journeys.ingest.contract import MEBIBYTE, DataFile, ReadLimits

MAGIC = b"SQLite format 3\x00"

#: How long one query may take without giving a row, in seconds.
PATIENCE = 3.0

#: How many steps of SQLite's machine between looks at the clock.
_STEPS = 20_000

#: Bytes 18 and 19 of the header: written and read with a write-ahead log (2) or without (1).
_VERSIONS = slice(18, 20)

#: Bytes of the header, and those of them that say how many pages there are.
_HEADER = 100
_PAGES = slice(28, 32)

Row = tuple[object, ...]

#: What reading a table may do; everything else is refused when a query is prepared.
_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})

#: Bytes that a row takes at least. A damaged file can send a reader round in circles.
_LEAST_ROW = 8


@dataclass
class Database:
    """An opened database of which only known tables are read.

    Attributes:
        name: for messages.
        size: its bytes.
        tables: the ordinary tables, with their columns, by lower-case name; no views, no virtual
            tables, no tables of SQLite's own.
        damaged: whether a query ended early.
    """

    name: str
    connection: sqlite3.Connection
    size: int
    tables: dict[str, frozenset[str]] = field(default_factory=dict)
    damaged: bool = False
    _deadline: float = 0.0

    def rows(self, query: str) -> Iterator[Row]:
        """The rows of a query, up to where the database is damaged or takes too long."""
        self._rest()
        try:
            cursor = self.connection.execute(query)
            for _ in range(self.size // _LEAST_ROW):
                row = cursor.fetchone()
                if row is None:
                    return
                yield row
                self._rest()
            self.damaged = True
        except (sqlite3.Error, OverflowError, ValueError, MemoryError):
            self.damaged = True

    def has(self, table: str, columns: Sequence[str]) -> bool:
        """Whether there is such a table with at least these columns."""
        return set(columns) <= self.tables.get(table.lower(), frozenset())

    def _rest(self) -> None:
        self._deadline = time.monotonic() + PATIENCE

    def _late(self) -> int:
        return int(time.monotonic() > self._deadline)


@contextmanager
def open_database(file: DataFile, limits: ReadLimits) -> Iterator[Database]:
    """Open a database for reading known tables.

    Raises:
        InputError: it is too large for memory, or no database.
    """
    connection, size = _connect(file, limits)
    try:
        database = Database(file.name, connection, size)
        database._rest()
        connection.text_factory = _text
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 8 * MEBIBYTE)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0)
        connection.set_progress_handler(database._late, _STEPS)
        try:
            for setting in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
                connection.execute(f"PRAGMA {setting}")
            database.tables = _tables(connection)
        except (sqlite3.Error, ValueError) as error:
            raise InputError(
                f"{file.name} is a damaged database. Copy it again while the browser is closed."
            ) from error
        connection.set_authorizer(_Guard(frozenset(database.tables)))
        yield database
    finally:
        connection.close()


class _Guard:
    """Lets a query read ordinary tables and do nothing else."""

    def __init__(self, tables: frozenset[str]) -> None:
        self._tables = tables

    def __call__(self, action: int, first: str | None, *_: object) -> int:
        if action not in _ALLOWED:
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_READ and first and first.lower() not in self._tables:
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _connect(file: DataFile, limits: ReadLimits) -> tuple[sqlite3.Connection, int]:
    if file.path is not None and not _is_cut(file.head(_HEADER), file.path):
        uri = f"file:{quote(str(file.path.absolute()))}?mode=ro&immutable=1"
        try:
            size = file.path.stat().st_size
            return sqlite3.connect(uri, uri=True, check_same_thread=False), size
        except (OSError, sqlite3.Error) as error:
            raise InputError(f"{file.name} cannot be opened as a database: {error}.") from error
    data = _whole(file, limits.database_bytes)
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        connection.deserialize(bytes(data))
    except (sqlite3.Error, OverflowError) as error:
        connection.close()
        raise InputError(f"{file.name} is a damaged database.") from error
    return connection, len(data)


def _whole(file: DataFile, largest: int) -> bytearray:
    data = bytearray()
    stream = file.open()
    while block := stream.read(MEBIBYTE):
        data += block
        if len(data) > largest:
            raise InputError(
                f"{file.name} is a database of more than {largest // MEBIBYTE:,} MB in an archive. "
                "Unpack it and give the file itself."
            )
    # A database in memory has no write-ahead log, which Firefox and Safari leave marked.
    data[_VERSIONS] = b"\x01\x01"
    # One that is cut off would be refused whole for having fewer pages than it says.
    pages = len(data) // _page_size(data)
    if int.from_bytes(data[_PAGES]) > pages:
        data[_PAGES] = pages.to_bytes(4)
    return data


def _is_cut(header: bytes, path: Path) -> bool:
    """Whether the file has fewer pages than it says."""
    try:
        size = path.stat().st_size
    except OSError:
        return False
    return int.from_bytes(header[_PAGES]) > size // _page_size(header)


def _page_size(header: bytes | bytearray) -> int:
    size = int.from_bytes(header[16:18])
    return 65_536 if size == 1 else max(size, 512)


def _tables(connection: sqlite3.Connection) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'table' LIMIT 1000"
    for name, sql in connection.execute(query).fetchall():
        made = " ".join(str(sql or "").split()).upper()
        if not isinstance(name, str) or not made.startswith("CREATE TABLE"):
            continue  # a virtual table would run code of an extension
        quoted = name.replace('"', '""')
        columns = connection.execute(f'PRAGMA table_xinfo("{quoted}")').fetchall()
        # Generated columns (last field 2 or 3) are expressions that the file's maker wrote.
        found[name.lower()] = frozenset(
            str(column[1]).lower() for column in columns if column[-1] in (0, 1)
        )
    return found
