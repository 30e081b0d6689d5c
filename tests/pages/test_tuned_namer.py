"""A tuned namer is offered where there is one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from journeys.settings import Settings
from journeys.store import Store
from tests.logs import make_log
from tests.pages.filled import discovered
from tests.store.test_corrections import keep

Open = Callable[..., AppTest]

TUNED = "A namer tuned on this machine"


@pytest.fixture
def tuned(home: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of tuned namers, with a log in the store; packages are taken to be there."""
    monkeypatch.setattr("pages.parts.namers.missing_packages", lambda: ())
    store.logs.add(make_log(), "A test log")
    return Settings.from_environment().home / "tuned"


def test_without_one_it_is_not_offered(open_page: Open, tuned: Path) -> None:
    assert TUNED not in open_page("discover").radio(key="namer").options


def test_without_its_packages_it_is_not_offered(
    open_page: Open, tuned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tuned, "mine")
    monkeypatch.setattr("pages.parts.namers.missing_packages", lambda: ("peft",))
    assert TUNED not in open_page("discover").radio(key="namer").options


def test_the_chosen_one_names_the_run(open_page: Open, store: Store, tuned: Path) -> None:
    keep(tuned, "mine")
    keep(tuned, "other")
    app = open_page("discover")
    app.radio(key="namer").set_value("tuned").run()
    assert not app.exception
    assert list(app.selectbox(key="tuned-model").options) == ["mine", "other"]
    app.selectbox(key="tuned-model").set_value("other")
    app.button(key="start").click().run()
    assert not app.exception
    (run,) = store.runs.list(store.logs.list()[0].id)
    assert (run.config["namer"], run.config["model"]) == ("tuned", "other")


def test_it_can_name_beside_another_namer(open_page: Open, store: Store, tuned: Path) -> None:
    keep(tuned, "mine")
    _, run_id = discovered(store)
    app = open_page("compare")
    app.radio(key="beside-namer").set_value("tuned").run()
    app.button(key="beside-start").click().run()
    assert not app.exception
    job = store.naming_jobs.newest(run_id, store.results.people(run_id)[0].person_id)
    assert job is not None
    assert (job.config["namer"], job.config["model"]) == ("tuned", "mine")


def test_of_one_nothing_is_asked(open_page: Open, store: Store, tuned: Path) -> None:
    keep(tuned, "mine")
    app = open_page("discover")
    app.radio(key="namer").set_value("tuned").run()
    assert "tuned-model" not in [box.key for box in app.selectbox]
    app.button(key="start").click().run()
    (run,) = store.runs.list(store.logs.list()[0].id)
    assert (run.config["namer"], run.config["model"]) == ("tuned", "mine")
