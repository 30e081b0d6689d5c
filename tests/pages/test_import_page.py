"""Before an import: what the rules do, what the person takes out, and what is stored of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from journeys.ingest.profiles import Profile, profile_names, save_profile
from journeys.ingest.rules import ImportRules
from journeys.store import Store
from tests.pages.test_logs_page import press, texts, upload

Open = Callable[..., AppTest]

HISTORY = b"""person,when,what,where
ann,2024-01-01T10:00:00Z,Inbox (3) - Gmail,https://mail.google.com/
ann,2024-01-02T10:00:00Z,Write to ann.smith@example.org,https://a.org/reset/9f8e7d6c5b4a
ann,2024-01-03T10:00:00Z,Living with diabetes,https://clinic.org/a
ann,2024-01-04T10:00:00Z,Clinic zebraword appointment,https://clinic.org/b
ann,2024-01-05T10:00:00Z,Ukulele chords,https://b.org/c
ann,some day,Clinic zebraword invoice,https://clinic.org/d
Clinic zebraword,,,
"""


def widget(found: list, label: str):  # type: ignore[no-untyped-def,type-arg]
    return next(one for one in found if one.label == label or one.label.startswith(f"{label}:"))


def stored_titles(store: Store) -> list[str]:
    (log,) = store.logs.list()
    (person,) = store.logs.people(log.id)
    return store.logs.timeline(person.id).titles


def on_disk(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_what_will_be_kept_is_said_with_counts_and_examples(open_page: Open) -> None:
    app = upload(open_page(), HISTORY)
    said = texts(app)
    assert "**4** of 5 events; 1 left out by rules, 2 personal details replaced." in said
    assert widget(app.toggle, "Titles without a subject").value is True
    assert "E.g. Inbox (3) - Gmail" in said
    assert "Will be replaced: 1 mail address, 1 key or token." in said
    assert "Health**: 1 event. E.g. Living with diabetes" in said
    tables = "".join(frame.value.to_csv() for frame in app.dataframe[1:])
    assert "Write to a••@••.org" in tables
    assert "Write to [email]" in tables
    # The first table is the head of the file as it stands there; no other shows the address.
    assert "ann.smith" not in tables


def test_a_switch_changes_what_is_stored(open_page: Open, store: Store) -> None:
    app = upload(open_page(), HISTORY)
    widget(app.toggle, "Titles without a subject").set_value(False).run()
    assert "Titles without a subject: 1 event would be left out" in [t.label for t in app.toggle]
    widget(app.toggle, "Replace personal details before anything is stored").set_value(False).run()
    widget(app.text_input, "Domains, with their subdomains").set_value("clinic.org").run()
    assert "**3** of 5 events" in texts(app)
    press(app, "Import")
    assert stored_titles(store) == [
        "Inbox (3) - Gmail",
        "Write to ann.smith@example.org",
        "Ukulele chords",
    ]


def test_by_default_no_detail_is_stored(open_page: Open, store: Store, home: Path) -> None:
    press(upload(open_page(), HISTORY), "Import")
    assert "Write to [email]" in stored_titles(store)
    assert b"ann.smith" not in on_disk(home)
    assert b"9f8e7d6c5b4a" not in on_disk(home)


def test_what_is_deleted_by_hand_never_reaches_the_disk(
    open_page: Open, store: Store, home: Path
) -> None:
    app = upload(open_page(), HISTORY)
    widget(app.text_input, "Search").set_value("zebraword").run()
    assert "1 event found." in texts(app)
    press(app, "Delete all that match (1)")
    assert "1 deleted by you" in texts(app)
    press(app, "Bring back 1 deleted event")
    assert "deleted by you" not in texts(app)
    press(app, "Delete all that match (1)")
    press(app, "Import")
    assert stored_titles(store) == ["Write to [email]", "Living with diabetes", "Ukulele chords"]
    assert b"Ukulele chords" in on_disk(home)
    # Nor does it with the excerpt of a row that could not be read.
    assert b"zebraword" not in on_disk(home)
    assert "1 deleted by hand" in texts(app)


def test_a_wrong_domain_is_told_and_leaves_the_rest(open_page: Open) -> None:
    app = upload(open_page(), HISTORY)
    widget(app.text_input, "Domains, with their subdomains").set_value("not+a+domain").run()
    assert "is no domain" in texts(app)
    assert "**4** of 5 events" in texts(app)


def test_when_nothing_is_left_there_is_no_import(open_page: Open) -> None:
    app = upload(open_page(), HISTORY)
    widget(app.text_input, "Domains, with their subdomains").set_value(
        "clinic.org a.org b.org"
    ).run()
    assert "None of the 5 events is kept" in texts(app)
    assert widget(app.button, "Import").disabled


def test_the_record_stays_with_the_log_and_counts_add_up(open_page: Open, store: Store) -> None:
    app = press(upload(open_page(), HISTORY), "Import")
    assert "Kept 4 of 5 events read; 1 left out by rules (boilerplate 1)." in texts(app)
    (record,) = store.logs.list()[0].report["provenance"]
    assert record["counts"]["events_kept"] == 4
    assert record["redacted_by_kind"] == {"email": 1, "secret": 1}
    assert "my log" not in json.dumps(record)
    # It is there later, too.
    later = open_page()
    later.menu_button(key=f"more-{store.logs.list()[0].id}").click("How it was read")
    later.run()
    assert "Kept 4 of 5 events read" in texts(later)


def test_titles_come_from_a_second_file(open_page: Open, store: Store) -> None:
    events = b"user_id,item_id,timestamp\nu,1,1700000000\nu,2,1700000060\nu,9,1700000120\n"
    app = upload(open_page(), events, "ratings.csv")
    assert "Choose which column has the title." in texts(app)
    items = app.file_uploader[1]
    items.set_value(("items.csv", b"id,title\n1,Heat\n2,Fargo\n", "text/csv")).run()
    assert not app.exception
    said = texts(app)
    assert "2 events got a title from the table of items; 1 have none, e.g. the items 9." in said
    press(app, "Import")
    assert stored_titles(store) == ["Heat", "Fargo"]


def test_a_profile_is_saved_and_used(open_page: Open, store: Store) -> None:
    app = upload(open_page(), HISTORY)
    widget(app.text_input, "Domains, with their subdomains").set_value("clinic.org").run()
    widget(app.text_input, "Name of the profile").set_value("Browser").run()
    press(app, "Save the profile")
    assert profile_names(store.choices) == ["Browser"]
    app = upload(open_page(), HISTORY)
    assert "**4** of 5 events" in texts(app)
    widget(app.selectbox, "Profile").set_value("Browser").run()
    assert widget(app.text_input, "Domains, with their subdomains").value == "clinic.org"
    assert "**2** of 5 events" in texts(app)
    press(app, "Forget Browser")
    assert profile_names(store.choices) == []


def test_a_profile_of_other_columns_is_one_sentence(open_page: Open, store: Store) -> None:
    save_profile(store.choices, "Other", Profile({"title": "headline"}, rules=ImportRules()))
    app = upload(open_page(), HISTORY)
    widget(app.selectbox, "Profile").set_value("Other").run()
    assert not app.exception
    assert "no column 'headline'" in texts(app)


def test_a_large_file_is_read_when_asked(
    open_page: Open, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.parts.import_state.AT_ONCE", 10)
    app = upload(open_page(), HISTORY)
    assert "What will be kept" not in [part.value for part in app.subheader]
    press(app, next(b.label for b in app.button if b.label.startswith("Read the file")))
    assert "What will be kept" in [part.value for part in app.subheader]
    press(app, "Import")
    assert store.logs.count() == 1
