"""Who sees which page, page by page: the guard that stands in each, and the door before all."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.parts.places import PARTICIPANT, PLACES
from tests.pages.conftest import APP

FILES = sorted(path.name for path in (APP.parent / "pages").glob("*.py"))
AUTH: dict[str, Any] = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": "s" * 64,
    "client_id": "id",
    "client_secret": "secret",
    "server_metadata_url": "http://localhost:1/.well-known/openid-configuration",
}


def said(app: AppTest) -> str:
    return "\n".join(str(e.value) for e in [*app.error, *app.markdown]).replace("\\", "")


def test_every_page_has_a_place() -> None:
    assert sorted(f"pages/{name}" for name in FILES) == sorted(
        [PARTICIPANT, *(place.file for place in PLACES)]
    )


@pytest.mark.parametrize("name", FILES)
def test_a_page_begins_with_its_guard(name: str) -> None:
    """Whatever stands before it would be drawn, or done, for anybody. (An ``if`` is for types.)"""
    body = ast.parse((APP.parent / "pages" / name).read_text(encoding="utf-8")).body
    harmless = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.If)
    first = next(
        node
        for node in body
        if not isinstance(node, harmless)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    )
    assert ast.unparse(first) == f"through_app('pages/{name}')"


@pytest.mark.parametrize("place", [p for p in PLACES if p.takes], ids=lambda p: p.name)
def test_a_page_that_is_run_by_itself_refuses_all_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch, place: Any
) -> None:
    def alone() -> AppTest:
        app = AppTest.from_file(APP.parent / place.file, default_timeout=30)
        app.session_state["through-app"] = True
        return app.run()

    monkeypatch.setenv("JOURNEYS_ROLE", "analyst")
    if place.name not in ("study", "study_results"):
        app = alone()
        assert "As analyst you may not" in said(app)
        assert not [*app.title, *app.button, *app.exception]
    monkeypatch.setenv("JOURNEYS_PARTICIPANTS_ONLY", "1")
    app = alone()
    assert "not valid" in said(app)
    assert not [*app.title, *app.button, *app.exception]


def test_an_analysts_app_knows_three_pages(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEYS_ROLE", "analyst")
    app = AppTest.from_file(APP, default_timeout=30).run()
    assert app.title[0].value == "Study"
    for name in ("logs", "journeys", "settings"):
        if name == "settings":
            app.switch_page("pages/settings.py").run()
            assert not [*app.button, *app.text_input, *app.toggle]
        else:
            with pytest.raises(ValueError, match="Known pages"):
                app.switch_page(f"pages/{name}.py")
    wanted = AppTest.from_file(APP, default_timeout=30).switch_page("pages/logs.py").run()
    assert not wanted.exception
    assert wanted.title[0].value == "Study"


@pytest.mark.parametrize("address", [None, "0.0.0.0", "192.168.1.4"])
def test_an_address_that_others_reach_shows_only_what_to_do(
    home: Path, address: str | None
) -> None:
    before = st.get_option("server.address")
    st._config.set_option("server.address", address)
    try:
        app = AppTest.from_file(APP, default_timeout=30).run()
        assert "Nobody has to sign in" in said(app)
        assert not [*app.button, *app.exception]
        assert not list(home.iterdir()), "the database is not even opened"
        invited = AppTest.from_file(APP, default_timeout=30)
        invited.query_params["invitation"] = "a" * 43
        assert "not valid" in invited.run().info[0].value
    finally:
        st._config.set_option("server.address", before)


@pytest.mark.parametrize(
    ("auth", "lists", "why"),
    [
        (AUTH, {}, "nobody may sign in"),
        ({**AUTH, "cookie_secret": ""}, {"JOURNEYS_OWNERS": "a@b"}, "no cookie_secret"),
        ("yes", {"JOURNEYS_OWNERS": "a@b"}, "must be a table"),
        (AUTH, {"JOURNEYS_OWNERS": "everybody"}, "e-mail addresses"),
        (None, {"JOURNEYS_OWNERS": "a@b"}, "sign-in is not"),
    ],
)
def test_sign_in_half_configured_lets_nobody_in(
    home: Path, monkeypatch: pytest.MonkeyPatch, auth: Any, lists: dict[str, str], why: str
) -> None:
    pytest.importorskip("authlib", reason="requirements-signin.txt is not installed")
    for name, value in lists.items():
        monkeypatch.setenv(name, value)
    app = AppTest.from_file(APP, default_timeout=30)
    if auth is not None:
        app.secrets["auth"] = auth
    app.user.update({"is_logged_in": True, "email": "a@b", "iat": time.time()})
    app.run()
    assert not app.exception
    assert why in said(app)
    assert app.title[0].value == "You cannot go in"


def test_secrets_that_cannot_be_read_let_nobody_in(home: Path) -> None:
    """Streamlit takes them for none, which would open the app to everybody."""
    (home / "secrets.toml").write_text("[auth\n")
    before = st.get_option("secrets.files")
    st._config.set_option("secrets.files", [str(home / "secrets.toml")])
    try:
        app = AppTest.from_file(APP, default_timeout=30).run()
        assert "cannot be read" in said(app)
        assert not app.button
    finally:
        st._config.set_option("secrets.files", before)


WITHOUT = """
import sys
sys.modules["authlib"] = None
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=60)
app.secrets["auth"] = {auth!r}
app.run()
assert not app.exception, app.exception
print(app.error[0].value, [b.label for b in app.button])
"""


def test_without_authlib_it_is_said_what_to_install(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(auth=AUTH), str(APP)],
        capture_output=True, text=True, cwd=APP.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "requirements\\-signin\\.txt []" in done.stdout
