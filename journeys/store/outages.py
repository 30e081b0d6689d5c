"""Troubles of a database that pass: it is away, its disk is full, its file is locked.

What failed of one may be done again as it was; what failed of anything else would fail again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

T = TypeVar("T")

#: Primary result codes of SQLite (https://sqlite.org/rescode.html): BUSY, LOCKED, NOMEM, IOERR,
#: FULL, CANTOPEN, PROTOCOL. Its other operational errors are of statements, e.g. a missing table.
_OF_SQLITE = frozenset({5, 6, 7, 10, 13, 14, 15})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


def is_outage(error: BaseException) -> bool:
    """Whether an error says that the database cannot be used just now."""
    if isinstance(error, NoConnection):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return int(code) & 0xFF in _OF_SQLITE
    return isinstance(error, (OperationalError, InterfaceError))


def outlast(
    work: Callable[[], T],
    seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Do something that may be done twice; again, with growing pauses, while there is an outage.

    Raises:
        DBAPIError: the outage lasted longer than ``seconds``.
    """
    until, pause = clock() + seconds, _FIRST_PAUSE
    while True:
        try:
            return work()
        except Exception as error:
            if not is_outage(error) or clock() + pause > until:
                raise
        sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
