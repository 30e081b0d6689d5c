"""The real app on an empty data folder, without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from journeys.settings import Settings
from journeys.store import Store, open_store

APP = Path(__file__).resolve().parents[2] / "app.py"

OpenPage = Callable[..., AppTest]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that the app uses, with no endpoint in the environment."""
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path))
    for name in ("DATABASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("JOURNEYS_LOCAL_ONLY", raising=False)
    st.cache_resource.clear()
    return tmp_path


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    """The app's database, opened a second time."""
    opened = open_store(Settings.from_environment())
    yield opened
    opened.close()


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keeps the pages from starting worker processes, and counts how often they would."""
    calls: list[str] = []
    monkeypatch.setattr("pages.parts.actions.ensure_worker", lambda *_: calls.append("woken"))
    return calls


@pytest.fixture
def open_page(home: Path, woken: list[str]) -> OpenPage:
    """``open_page("discover", log_id=1)``: that page, drawn, with such session values."""

    def opened(name: str = "logs", **session: object) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=30)
        for key, value in session.items():
            app.session_state[key] = value
        app.run()
        if name != "logs":
            app.switch_page(f"pages/{name}.py").run()
        assert not app.exception
        return app

    return opened
