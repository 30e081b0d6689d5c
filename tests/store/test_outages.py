"""What passes is told from what does not, and is outlasted."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from journeys.naming.base import Completion
from journeys.store import Store
from journeys.store.outages import is_outage, outlast


def refused(url: str, *statements: str) -> DBAPIError:
    """The error of the last statement."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    except DBAPIError as error:
        return error
    finally:
        engine.dispose()
    raise AssertionError("nothing was refused")


def test_a_full_disk_a_locked_file_and_a_server_that_is_away_are_outages(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'small.sqlite3'}"
    full = refused(
        url,
        "CREATE TABLE t (x)",
        "PRAGMA max_page_count = 2",
        "INSERT INTO t VALUES (zeroblob(100000))",
    )
    other = sqlite3.connect(tmp_path / "small.sqlite3")
    other.execute("BEGIN EXCLUSIVE")
    locked = refused(f"{url}?timeout=0", "CREATE TABLE u (x)")
    other.close()
    nowhere = refused("postgresql+psycopg://nobody:x@127.0.0.1:1/none", "SELECT 1")
    assert [is_outage(each) for each in (full, locked, nowhere)] == [True, True, True]


def test_a_statement_that_is_wrong_stays_wrong(tmp_path: Path) -> None:
    missing = refused("sqlite://", "SELECT * FROM nothing")
    assert isinstance(missing, OperationalError)
    twice = refused("sqlite://", "CREATE TABLE t (x UNIQUE)", "INSERT INTO t VALUES (1), (1)")
    assert not any(is_outage(each) for each in (missing, twice, ValueError("x")))


class Clock:
    """Sleeping moves it."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def test_patience_ends(tmp_path: Path) -> None:
    away = refused("postgresql+psycopg://nobody:x@127.0.0.1:1/none", "SELECT 1")
    clock, tries = Clock(), 0

    def fail() -> None:
        nonlocal tries
        tries += 1
        raise away

    with pytest.raises(DBAPIError):
        outlast(fail, 10.0, clock=clock, sleep=clock.sleep)
    assert 3 < tries < 20
    assert 5.0 < clock.at <= 10.0


def test_a_paid_answer_waits_for_the_database(store: Store) -> None:
    failures = iter([True, True, False])

    def fail(*_: object) -> None:
        if next(failures, False):
            lost = store.engine.dialect.dbapi.OperationalError("gone")  # type: ignore[union-attr]
            if isinstance(lost, sqlite3.Error):
                lost.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise lost

    event.listen(store.engine, "before_cursor_execute", fail)
    store.completions.put("k" * 64, Completion("paid", 3, 4))
    assert store.completions.get("k" * 64) == Completion("paid", 3, 4)
    assert next(failures, None) is None
