"""A worker outlasts its database, and one that lost its lease writes nothing more."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from journeys.discovery import DiscoveryConfig
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import StoreError
from journeys.jobs.execute import execute
from journeys.jobs.storage import DatabaseStorage
from journeys.jobs.worker import work
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.store.schema import Run
from tests.logs import make_log


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    return Settings.from_environment({"JOURNEYS_HOME": str(tmp_path), "DATABASE_URL": database})


@pytest.fixture
def store(settings: Settings) -> Store:
    return open_store(settings)


def queued(store: Store) -> int:
    log = store.logs.add(make_log(users=2), "log")
    return store.runs.create(log, DiscoveryConfig(map="none").to_dict())


def away() -> OperationalError:
    lost = sqlite3.OperationalError("database or disk is full")
    lost.sqlite_errorcode = 13
    return OperationalError("INSERT", {}, lost)


class Unlucky(FakeEmbedder):
    """The database goes away while texts are embedded, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def embed(self, texts, on_progress=None):  # type: ignore[no-untyped-def]
        if self.times:
            self.times -= 1
            raise away()
        return super().embed(texts, on_progress)


def test_a_run_goes_on_when_the_database_is_back(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("journeys.jobs.worker.POLL_SECONDS", 0.01)
    run, embedder = queued(store), Unlucky(2)

    def carry_out(*given, **named):  # type: ignore[no-untyped-def]
        execute(*given, make_embedder=lambda name: embedder, **named)

    assert work(settings, idle_seconds=0, run_one=carry_out) == 1
    assert embedder.times == 0
    ended = store.runs.get(run)
    assert (ended.status, ended.message) == ("done", "")
    assert not store.workers.alive()
    store.close()


def test_a_run_that_was_taken_over_ends_in_silence(settings: Settings, store: Store) -> None:
    run = queued(store)
    store.runs.claim(run, "asleep")

    class TakenOver(FakeEmbedder):
        def embed(self, texts, on_progress=None):  # type: ignore[no-untyped-def]
            with store.engine.begin() as connection:
                connection.execute(update(Run).values(lease="another"))
            raise ValueError("and then something else went wrong")

    execute(store, settings, run, "asleep", make_embedder=lambda name: TakenOver())
    assert (store.runs.get(run).status, store.runs.get(run).lease) == ("running", "another")
    store.close()


def test_who_lost_the_lease_writes_no_journeys_and_no_names(
    settings: Settings, store: Store
) -> None:
    run = queued(store)
    store.runs.claim(run, "first")
    execute(store, settings, run, "first", make_embedder=lambda name: FakeEmbedder())
    person, journey = store.results.unnamed(run, "llm:x")[0]
    timeline = store.logs.timeline(person)
    found = store.results.user(run, person, timeline)
    store.runs.requeue(run)
    store.runs.claim(run, "second")
    before = store.results.names_history(run, journey)
    sleeper = DatabaseStorage(store, run, "first")
    for write in (
        lambda: sleeper.save_names(person, journey, found.journeys[0].names),
        lambda: sleeper.save_user(person, timeline, found),
    ):
        with pytest.raises(StoreError, match="no longer held"):
            write()
    assert store.results.names_history(run, journey) == before
    DatabaseStorage(store, run, "second").save_names(person, journey, found.journeys[0].names)
    assert len(store.results.names_history(run, journey)) == len(before) + 1
    store.close()


def test_a_worker_waits_for_a_server_that_starts_after_it(
    settings: Settings, store: Store, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database:
        pytest.skip("an SQLite file needs no server")
    store.close()
    monkeypatch.setattr("journeys.jobs.worker.POLL_SECONDS", 0.01)
    nowhere = Settings(settings.home, "postgresql+psycopg://nobody:x@127.0.0.1:1/none")
    tried = iter([nowhere, nowhere, settings])
    monkeypatch.setattr("journeys.jobs.worker.open_store", lambda _: open_store(next(tried)))
    assert work(settings, idle_seconds=0) == 0
    assert next(tried, None) is None
