"""A real database, SQLite in a temporary folder or PostgreSQL, and ways to look at its bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.timeline import ActivityLog
from tests.databases import contents


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    return Settings.from_environment(
        {"JOURNEYS_HOME": str(tmp_path / "home"), "DATABASE_URL": database}
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


@pytest.fixture
def on_disk(settings: Settings, database: str, store: Store) -> Callable[[], bytes]:
    """Everything in the database at the time of the call.

    For SQLite the bytes of its files: main file, -wal and -shm. For PostgreSQL every row.
    """

    def read() -> bytes:
        if database:
            return contents(store.engine)
        found = sorted(settings.home.glob("journeys.sqlite3*"))
        assert found, "there is no database"
        return b"".join(path.read_bytes() for path in found)

    return read


@pytest.fixture
def small_log() -> ActivityLog:
    """Three people whose ids are mail addresses; bob's titles are all shared with alice."""
    rows = [
        ("alice@example.org", "2024-01-01", "a1", "Tuning a ukulele"),
        ("alice@example.org", "2024-01-02", "a2", "Strumming patterns"),
        ("alice@example.org", "2024-01-03", "a3", "Only alice reads this"),
        ("bob@example.org", "2024-01-01", "b1", "Tuning a ukulele"),
        ("bob@example.org", "2024-01-05", "b2", "Strumming patterns"),
        ("carol@example.org", "2024-02-01", "c1", "Sourdough starter"),
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "timestamp", "item_id", "title"])
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)
    return ActivityLog(frame)
