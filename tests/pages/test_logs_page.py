"""Logs: from a chosen file to a stored log, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from journeys.spreadsheet import unsafe_cell
from journeys.store import Store
from tests.logs import make_log
from tests.pages.filled import discovered

Open = Callable[..., AppTest]

GOOD = b"""person,when,what
ann,2024-01-01T10:00:00Z,Ukulele chords for beginners
ann,2024-01-01T10:00:00Z,Ukulele chords for beginners
bob,2024-02-01T10:00:00Z,Sourdough starter care
bob,yesterday perhaps,"=HYPERLINK(""http://example.org"")"
"""


def upload(app: AppTest, content: bytes, name: str = "my log.csv") -> AppTest:
    app.file_uploader[0].set_value((name, content, "text/csv")).run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    """All words on the page, without the escapes."""
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info, *app.success]
    return "\n".join(part.value for part in parts).replace("\\", "").replace("\u2060", "")


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def choose(app: AppTest, log_id: int, action: str) -> None:
    """Choose from a log's menu. AppTest redraws the whole page where a browser redraws only the
    dialog, so a test chooses anew with every step inside the dialog."""
    app.menu_button(key=f"more-{log_id}").click(action)


def test_the_empty_page_offers_the_sample_and_an_upload(open_page: Open) -> None:
    app = open_page()
    assert [button.label for button in app.button] == ["Open the sample log"]
    assert len(app.file_uploader) == 1
    assert "pseudonyms" in texts(app)


def test_a_file_is_recognised_imported_and_reported(open_page: Open, store: Store) -> None:
    app = upload(open_page(), GOOD)
    chosen = {box.label: box.value for box in app.selectbox}
    assert (chosen["Title"], chosen["Time"], chosen["Person"]) == ("what", "when", "person")
    assert app.text_input[0].value == "my log"
    assert "Of the first 4 rows, 3 can be read." in texts(app)
    press(app, "Import")
    log = store.logs.list()[0]
    assert (log.name, log.n_events, log.n_users) == ("my log", 2, 2)
    assert {metric.label: metric.value for metric in app.metric} == {
        "Events": "2",
        "People": "2",
        "Duplicates left out": "1",
        "Rows not readable": "1",
    }
    rejected = app.dataframe[0].value
    assert rejected["row"].tolist() == [4]
    # The upload is let go.
    assert app.file_uploader[0].value is None


def test_the_unreadable_rows_can_be_downloaded_and_run_nothing(
    open_page: Open, store: Store
) -> None:
    press(upload(open_page(), b"when,what\n=1+1,A title\n2024-01-01,Another\n"), "Import")
    from pages.parts.stored_logs import _rejected_csv

    lines = _rejected_csv(store.logs.list()[0].id).decode("utf-8-sig").splitlines()
    assert lines[0] == "row,reason,excerpt"
    assert lines[1].split(",")[-1].startswith("'=")
    assert unsafe_cell(lines[1].split(",")[-1]) == "=1+1"


def test_a_wrong_column_can_be_corrected(open_page: Open, store: Store) -> None:
    content = (
        b"user,date,title,comment\n"
        b"ann,2024-01-01,id one,Learning the ukulele\n"
        b"ann,2024-01-02,id two,Strumming patterns\n"
    )
    app = upload(open_page(), content)
    next(box for box in app.selectbox if box.label == "Title").set_value("comment").run()
    next(box for box in app.selectbox if box.label == "Text").set_value("").run()
    press(app, "Import")
    person = store.logs.people(store.logs.list()[0].id)[0]
    assert store.logs.timeline(person.id).titles == ["Learning the ukulele", "Strumming patterns"]


def test_without_a_time_there_is_no_import(open_page: Open) -> None:
    app = upload(open_page(), b"title,colour\nA ukulele,red\nA second title,blue\n")
    assert "Choose which column has the time." in texts(app)
    assert next(b for b in app.button if b.label == "Import").disabled


def test_a_file_of_nonsense_is_one_sentence(open_page: Open, store: Store) -> None:
    for content in (b"", bytes(range(256)) * 50):
        app = upload(open_page(), content)
        assert len(app.error) == 1
        assert "Import" not in [button.label for button in app.button]
    assert store.logs.count() == 0


def test_hostile_text_is_shown_and_not_run(open_page: Open, store: Store) -> None:
    store.logs.add(make_log(users=1), "<script>alert(1)</script> :red[x] $y$")
    app = open_page()
    shown = [m for m in app.markdown if "script" in m.value]
    assert len(shown) == 1
    assert shown[0].value.startswith("**\\<script\\>")
    assert not shown[0].allow_html
    assert "<script>alert(1)</script> :red[x] $y$" in texts(app)


def test_the_sample_is_opened_once_and_discovered(
    open_page: Open, store: Store, woken: list[str]
) -> None:
    for _ in range(2):
        app = open_page()
        sample = [button for button in app.button if button.label == "Open the sample log"]
        if sample:
            sample[0].click().run()
            assert app.title[0].value == "Journeys"
    log = store.logs.list()[0]
    assert log.is_sample
    assert log.n_users == 8
    assert [run.status for run in store.runs.list(log.id)] == ["queued"]
    assert woken == ["woken"]


def test_rename(open_page: Open, store: Store) -> None:
    log_id = store.logs.add(make_log(users=1), "Old name")
    app = open_page()
    choose(app, log_id, "Rename")
    app.run()
    app.text_input(key=f"rename-{log_id}").set_value("New name")
    app.button(key="rename").click()
    choose(app, log_id, "Rename")
    app.run()
    assert store.logs.get(log_id).name == "New name"
    assert "New name" in texts(app)


def test_delete_says_that_it_is_final_and_deletes(open_page: Open, store: Store) -> None:
    log_id = store.logs.add(make_log(users=1), "To go")
    run_id = store.runs.create(log_id, {})
    app = open_page()
    choose(app, log_id, "Delete the log")
    app.run()
    assert "It is final" in texts(app)
    assert store.logs.count() == 1
    app.button(key="delete").click()
    choose(app, log_id, "Delete the log")
    app.run()
    assert store.logs.count() == 0
    assert run_id not in [run.id for run in store.runs.list()]


def test_a_single_person_can_be_erased(open_page: Open, store: Store) -> None:
    log_id = store.logs.add(make_log(users=2), "Some people")
    person = store.logs.people(log_id)[0]
    app = open_page()
    choose(app, log_id, "Erase a person")
    app.run()
    assert app.button(key="erase").disabled
    app.selectbox(key=f"erase-{log_id}").set_value(person.pseudonym)
    choose(app, log_id, "Erase a person")
    app.run()
    app.button(key="erase").click()
    choose(app, log_id, "Erase a person")
    app.run()
    assert not app.exception
    left = store.logs.people(log_id)
    assert person.pseudonym not in [p.pseudonym for p in left]
    assert len(left) == 2


MORE = b"""person,when,what
ann,2024-01-01T10:00:00Z,Ukulele chords for beginners
ann,2024-03-01T10:00:00Z,Ukulele songs
cem,2023-02-01T10:00:00Z,Repairing a bicycle
"""


def test_a_file_is_added_to_a_log_that_is_there(open_page: Open, store: Store) -> None:
    log_id = store.logs.add(make_log(users=1), "Another")
    app = upload(open_page(), GOOD)
    press(app, "Import")
    (mine,) = [log for log in store.logs.list() if log.id != log_id]
    app = upload(app, MORE, "newer.csv")
    into = next(box for box in app.selectbox if box.label == "Import as")
    assert into.value is None
    assert into.options == [
        "A new log",
        f"Add to “my log” ({mine.n_events} events)",
        f"Add to “Another” ({store.logs.get(log_id).n_events} events)",
    ]
    into.set_value(mine.id).run()
    assert not [field for field in app.text_input if field.label == "Name of the log"]
    press(app, "Add to the log")
    assert len(store.logs.list()) == 2
    after = store.logs.get(mine.id)
    assert (after.n_events, after.n_users) == (mine.n_events + 2, mine.n_users + 1)
    assert "2 new events, 1 new person; 1 event was there already." in texts(app)


def test_new_events_are_offered_to_a_discovery(open_page: Open, store: Store) -> None:
    log_id, _ = discovered(store)
    assert "Discover again" in [b.label for b in open_page().button]
    more = make_log(users=1, seed=1)
    more.frame["item_id"] = [f"new{at}" for at in range(len(more))]
    assert store.logs.append(log_id, more).events == len(more)
    labels = [b.label for b in open_page().button]
    assert "Discover again with the new events" in labels
    # The journeys that were found still show, for the events that they were found in.
    app = open_page("journeys")
    assert f"{len(more)} events were added to this log after this discovery" in texts(app)
    store.runs.create(log_id, {})
    assert "Discover again with the new events" in [b.label for b in open_page().button]


def test_nothing_is_added_under_a_discovery(open_page: Open, store: Store) -> None:
    log_id = store.logs.add(make_log(users=1), "Busy")
    store.runs.create(log_id, {})
    app = upload(open_page(), MORE)
    next(box for box in app.selectbox if box.label == "Import as").set_value(log_id).run()
    press(app, "Add to the log")
    assert "is going on" in texts(app)
    assert store.logs.get(log_id).n_events == len(make_log(users=1))
