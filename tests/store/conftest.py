"""A real database in a temporary folder, and ways to look at its bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.timeline import ActivityLog


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"JOURNEYS_HOME": str(tmp_path / "home")})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


@pytest.fixture
def on_disk(settings: Settings) -> Callable[[], bytes]:
    """Everything in the database's files at the time of the call: main file, -wal and -shm."""

    def read() -> bytes:
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
