"""No page shows titles without a record of it, and owners alone read the records."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from journeys.audit import ERASED, Reader, Way
from journeys.store import Store
from journeys.store.audit import Subject
from pages.parts.places import PLACES
from pages.parts.reading import reader
from pages.parts.taking import taken
from tests.filled_study import fill_study
from tests.logs import make_log
from tests.pages.conftest import APP
from tests.pages.filled import discovered

OpenPage = Callable[..., AppTest]

#: Downloads without raw data: records of imports, designs, links, codebooks and the audit itself;
#: and a participant's own copy, which the store notes.
NOT_RAW = {
    "import_record.py": 2,
    "study_header.py": 1,
    "study_people.py": 1,
    "study_end.py": 1,
    "rating_summary.py": 1,
    "audit_panel.py": 1,
}


def everything(app: AppTest) -> str:
    """All that the browser is sent, as text; figures and tables too."""
    return str([element.proto for element in app.main]) + str(
        [getattr(element, "value", "") for element in app.main]
    )


@pytest.fixture
def filled(store: Store) -> int:
    """A log with names, a study with answers, labels and a memory."""
    fill_study(store, people=4)
    (log,) = store.logs.list()
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM look")
    return log.id


def words_of(store: Store, log_id: int) -> set[str]:
    """Titles of a log and names made from them."""
    run = store.runs.latest_with_results(log_id)
    assert run is not None
    found: set[str] = set()
    for person, timeline in store.logs.timelines(log_id):
        found |= set(timeline.frame["title"])
        for journey in store.results.user(run.id, person, timeline).journeys:
            found |= set(journey.names.levels)
    return {word for word in found if len(word) > 6}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_that_shows_titles_is_noted(
    store: Store, filled: int, open_page: OpenPage, place: object
) -> None:
    name = place.name  # type: ignore[attr-defined]
    app = open_page(name, log_id=filled)
    drawn, words = everything(app), words_of(store, filled)
    if name == "settings":
        words = {word for word in words if word[-1].isdigit()}  # its example has made-up names
    shows = any(word in drawn for word in words)
    noted = [x for x in store.audit.all() if x.log_id == filled]
    if shows:
        assert noted, name
    for look in noted:
        assert (look.who, look.way, look.where) == ("this computer", Way.PAGE, name)
    if name in {"journeys", "explore", "ratings"}:
        assert shows, f"{name} shows nothing, so nothing was tested"
        assert any(look.person for look in noted)


def calls(path: Path, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "attr", "") == name or getattr(node.func, "id", "") == name)
    ]


PAGES = sorted((APP.parent / "pages").rglob("*.py"))
COMMANDS = sorted((APP.parent / "journeys" / "cli").rglob("*.py"))


def test_pages_and_commands_have_no_other_store_than_the_one_that_notes() -> None:
    opened = [path.name for path in PAGES if calls(path, "open_store")]
    assert opened == ["resources.py"]
    assert [path.name for path in COMMANDS if calls(path, "open_store")] == ["opening.py"]
    engines = [
        path.name
        for path in PAGES
        if any(
            isinstance(node, ast.Attribute) and node.attr == "engine"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    ]
    assert engines == ["installation.py"]  # the database's address, to be shown


def test_every_download_of_raw_data_is_noted() -> None:
    for path in PAGES:
        buttons = calls(path, "download_button")
        noted = [
            call
            for call in buttons
            if any(isinstance(arg, ast.Call) and ast.unparse(arg.func) == "taken"
                   for arg in call.args)
        ]  # fmt: skip
        assert len(buttons) - len(noted) == NOT_RAW.get(path.name, 0), path.name


def test_a_file_is_noted_when_it_is_made_and_by_who_drew_the_page(
    home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_id = store.logs.add(make_log(users=2), "log")
    person = store.logs.people(log_id)[0].id
    olive = Reader("olive@lab.example", Way.PAGE, "ratings")
    monkeypatch.setattr("pages.parts.taking.reader", lambda: olive)
    made = taken(lambda: reader().way, Subject(person_id=person))
    assert not store.audit.count()
    assert made() is Way.DOWNLOAD  # what is read while it is made is a download, too
    (look,) = store.audit.list()
    assert (look.who, look.way, look.where) == (olive.who, Way.DOWNLOAD, "ratings")
    assert reader().who == "unknown"  # outside any session


def test_owners_filter_page_and_download_the_records(store: Store, open_page: OpenPage) -> None:
    log_id = store.logs.add(make_log(users=60, per_topic=1), "log")
    people = store.logs.people(log_id)
    for person in people:
        store.audit.note(Reader("olive@lab.example", Way.PAGE, "x"), Subject(person_id=person.id))
    store.audit.note(Reader("=1+1@lab.example", Way.COMMAND, "evaluate"), Subject(log_id=log_id))
    app = open_page("settings", audit=True)
    assert not app.exception
    shown = app.dataframe[0].value
    assert len(shown) == 50
    app.number_input[0].set_value(2).run()
    assert len(app.dataframe[0].value) == 12
    app.text_input(key="audit-who").set_value("=1+1").run()
    (row,) = app.dataframe[0].value.to_dict("records")
    assert (row["who"], row["person"], row["way"]) == ("=1+1@lab.example", "everybody", "command")
    app.text_input(key="audit-who").set_value("")
    app.text_input(key="audit-person").set_value(people[3].pseudonym).run()
    assert len(app.dataframe[0].value) == 1
    app.text_input(key="audit-person").set_value("nobody").run()
    assert not app.dataframe
    assert not app.exception
    from pages.parts.audit_panel import _csv

    rows = list(csv.reader(io.StringIO(_csv("", "").decode())))
    assert len(rows) == 63
    assert rows[1][2] == "'=1+1@lab.example"


def test_an_analyst_does_not_read_the_records(
    store: Store, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_id, _ = discovered(store)
    store.audit.note(Reader("olive@lab.example", Way.PAGE, "x"), Subject(log_id=log_id))
    monkeypatch.setenv("JOURNEYS_ROLE", "analyst")
    app = AppTest.from_file(APP, default_timeout=30)
    app.session_state["audit"] = True
    app.run().switch_page("pages/settings.py").run()
    assert not app.dataframe
    assert "olive" not in everything(app)
    assert not [box for box in app.expander if "saw" in box.label]


def test_who_was_erased_is_gone_from_the_page(store: Store, open_page: OpenPage) -> None:
    log_id, _ = discovered(store)
    person = store.logs.people(log_id)[0]
    open_page("journeys", log_id=log_id, person_id=person.id)
    assert store.audit.count(person=person.pseudonym)
    store.erase_person(person.id)
    app = open_page("settings", audit=True)
    assert person.pseudonym not in str(app.dataframe[0].value)
    assert ERASED in str(app.dataframe[0].value)
