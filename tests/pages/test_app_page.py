"""The entry: navigation, what it costs to draw, and what happens without a database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "app.py"
PAGES = ("logs", "discover", "journeys", "compare", "ratings", "settings")
TITLES = {"compare": "compare names"}

DRAW_ALL = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=60).run()
for name in {pages!r}:
    app.switch_page(f"pages/{{name}}.py").run()
    assert not app.exception, (name, app.exception)
    assert app.title, name
heavy = {{"torch", "umap", "hdbscan", "sklearn", "scipy", "sentence_transformers", "xllamacpp"}}
print(sorted(heavy & set(sys.modules)))
"""


def test_drawing_every_page_imports_nothing_heavy(home: Path) -> None:
    script = DRAW_ALL.format(pages=PAGES)
    done = subprocess.run(
        [sys.executable, "-c", script, str(APP)], capture_output=True, text=True, cwd=APP.parent
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", PAGES)
def test_every_page_draws_on_an_empty_database(
    open_page: Callable[..., AppTest], name: str
) -> None:
    assert open_page(name).title[0].value.lower() == TITLES.get(name, name)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opened_by_its_address_first_of_all_goes_through_the_app(
    home: Path, name: str
) -> None:
    """Without that, Streamlit runs the page alone, with a navigation made of file names."""
    app = AppTest.from_file(APP, default_timeout=30).switch_page(f"pages/{name}.py").run()
    assert not app.exception
    assert app.title[0].value.lower() == TITLES.get(name, name)
    assert app.session_state["through-app"]
    assert PagesManager.uses_pages_directory is False


def test_a_database_that_cannot_be_opened_is_a_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////proc/nowhere/journeys.sqlite3")
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=30).run()
    assert not app.exception
    assert app.title[0].value == "The app cannot open its data"
    assert "DATABASE\\_URL" in app.error[0].value
    # Once the cause is gone, trying again is enough.
    monkeypatch.delenv("DATABASE_URL")
    st.cache_resource.clear()
    app.button[0].click().run()
    assert app.title[0].value == "Logs"
