"""Writes that are gathered: all done, each once, and one that fails fails alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

from journeys.store.engine import connect
from journeys.store.queueing import Direct, Gathered, writer

INSERT = text("INSERT INTO setting (key, value) VALUES (:name, :value)")


@pytest.fixture
def gathered(tmp_path: Path) -> Gathered:
    found = writer(connect(f"sqlite:///{tmp_path / 'journeys.sqlite3'}"))
    assert isinstance(found, Gathered)
    return found


def names(gathered: Gathered) -> list[str]:
    with gathered._engine.connect() as connection:
        return list(connection.scalars(text("SELECT key FROM setting ORDER BY key")))


def test_every_write_of_many_threads_is_there_once(gathered: Gathered) -> None:
    wanted = [f"{at:03}" for at in range(300)]
    with ThreadPoolExecutor(24) as pool:
        rows = list(pool.map(lambda n: gathered.write(INSERT, {"name": n, "value": "1"}), wanted))
    assert rows == [1] * 300
    assert names(gathered) == wanted


def test_a_write_that_is_refused_fails_alone(gathered: Gathered) -> None:
    def write(at: int) -> int:
        name = "twice" if at % 5 == 0 else str(at)
        return gathered.write(INSERT, {"name": name, "value": "1"})

    with ThreadPoolExecutor(10) as pool:
        jobs = [pool.submit(write, at) for at in range(50)]
    refused = [job.exception() for job in jobs if job.exception()]
    assert len(refused) == 9
    assert all(isinstance(error, IntegrityError) for error in refused)
    assert len(names(gathered)) == 41


def test_when_nothing_can_be_written_everybody_hears_of_it(gathered: Gathered) -> None:
    wrong = text("INSERT INTO nowhere VALUES (1)")
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(gathered.write, wrong, {}) for _ in range(16)]
    assert all(isinstance(job.exception(), OperationalError) for job in jobs)
    assert gathered.write(INSERT, {"name": "after", "value": "1"}) == 1, "and the next goes on"


def test_where_no_turn_can_be_had_the_writer_hears_of_it(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'journeys.sqlite3'}")
    lost = Gathered(engine, str(tmp_path / "gone" / "journeys.sqlite3"))
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            lost.write(INSERT, {"name": "a", "value": "1"})


def test_the_file_of_the_queue_is_empty_and_the_owners(gathered: Gathered, tmp_path: Path) -> None:
    gathered.write(INSERT, {"name": "a", "value": "1"})
    queue = tmp_path / "journeys.sqlite3-queue"
    assert queue.read_bytes() == b""
    assert queue.stat().st_mode & 0o077 == 0


def test_a_database_in_memory_has_no_queue() -> None:
    assert isinstance(writer(create_engine("sqlite://")), Direct)
