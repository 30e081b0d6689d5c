"""Browsers' own databases and their bookmarks."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from pathlib import Path

import pytest

from journeys.errors import InputError
from journeys.ingest import ReadLimits, preview_log, read_log
from journeys.ingest import database as databases
from tests.ingest.databases import SCHEMAS, database

SAMPLES = "export_samples/real_fixtures/browserexport"


# --- the samples, counted by hand ---


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "events", "rejected"),
    [
        ("chrome", 6, {}),  # six rows in visits
        # Three visits, two searches, and one page that has its last visit only.
        ("firefox_mobile_legacy", 6, {}),
        ("qutebrowser", 2, {}),
        ("safari", 2, {"only a redirect to another page": 1}),  # three visits
    ],
)
def test_the_samples(shared_data: Path, name: str, events: int, rejected: dict[str, int]) -> None:
    path = shared_data / SAMPLES / f"{name}.sqlite"
    for source in (path, io.BytesIO(path.read_bytes())):
        log = read_log(source)
        assert len(log) == events
        assert log.report.rejected_by_reason() == rejected
        assert set(log.frame["source"]) == {name.partition("_")[0]}


@pytest.mark.shared
def test_times_of_the_samples(shared_data: Path) -> None:
    chrome = read_log(shared_data / SAMPLES / "chrome.sqlite").frame
    # 13255337775902496 microseconds since 1601.
    assert str(chrome["timestamp"][0]) == "2021-01-17 06:16:15.902496+00:00"
    safari = read_log(shared_data / SAMPLES / "safari.sqlite").frame
    # 640400625.293084 seconds since 2001.
    assert str(safari["timestamp"][1]) == "2021-04-18 01:03:45.293084+00:00"
    android = read_log(shared_data / SAMPLES / "firefox_mobile_legacy.sqlite").frame
    assert android["title"].tolist() == [
        "GitHub",
        "es ist urkomisch",
        "home - xi-editor and related projects - Zulip",
        "graphene vs lineage",
        "Чёрный дрозд — Википедия",
        "GitHub",
    ]
    assert android["action"].tolist() == ["visit", "search", "visit", "search", "visit", "visit"]


@pytest.mark.shared
def test_the_bookmarks_sample(shared_data: Path) -> None:
    frame = read_log(shared_data / "export_samples/format_examples/browser/bookmarks.html").frame
    assert frame["title"].tolist() == ["Sourdough guide"]
    assert frame["text"].tolist() == ["Cooking / Bread; bread, starter"]
    assert str(frame["timestamp"][0]) == "2020-03-29 11:01:40+00:00"


# --- databases ---


@pytest.mark.parametrize("family", SCHEMAS)
@pytest.mark.parametrize("wal", [False, True])
def test_every_family_from_a_path_from_memory_and_from_a_zip(
    family: str, wal: bool, tmp_path: Path
) -> None:
    data = database(family, 12, wal=wal)
    path = tmp_path / "whatever it is called?#"
    path.write_bytes(data)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("History", data)
        archive.writestr("notes.txt", "hello")
    for source in (path, io.BytesIO(data), packed):
        log = read_log(source)
        assert log.frame["title"].tolist() == [f"Page {n} on bread" for n in range(1, 13) if n % 6]
        assert str(log.frame["timestamp"][0]).startswith("2024-06-03 07:34:20")
        assert len(log.report.rejected) == 2
        assert preview_log(source).sources == {family: 10}
    assert [found.name for found in tmp_path.iterdir()] == [path.name]  # no journal beside it


def test_firefox_for_phones_counts_in_milliseconds() -> None:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(database("firefox", 2))
    connection.execute("UPDATE moz_historyvisits SET visit_date = visit_date / 1000")
    connection.commit()
    frame = read_log(io.BytesIO(connection.serialize())).frame
    assert str(frame["timestamp"][0]) == "2024-06-03 07:34:20+00:00"
    assert set(frame["text"]) == {"About baking"}


HOSTILE = {
    "a view in place of a table": (
        "qutebrowser",
        "ALTER TABLE History RENAME TO h; CREATE VIEW History AS SELECT * FROM h;",
    ),
    "a virtual table": (
        "chrome",
        "DROP TABLE urls; CREATE VIRTUAL TABLE urls USING fts5(id, url, title, hidden);",
    ),
    "a generated column": (
        "qutebrowser",
        "DROP TABLE History; CREATE TABLE History(url, atime, redirect,"
        " title GENERATED ALWAYS AS (hex(zeroblob(100000))) VIRTUAL);",
    ),
    "no known table": ("chrome", "DROP TABLE visits;"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_only_ordinary_tables_are_read(case: str) -> None:
    family, extra = HOSTILE[case]
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMAS[family] + extra)
    with pytest.raises(InputError, match="not the history of a browser"):
        read_log(io.BytesIO(connection.serialize()))


def test_a_database_may_do_nothing_but_be_read(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    path.write_bytes(database("chrome"))

    class Given:
        name = "h.db"

        def __init__(self) -> None:
            self.path = path

        def head(self, size: int) -> bytes:
            return path.read_bytes()[:size]

    with databases.open_database(Given(), ReadLimits()) as opened:  # type: ignore[arg-type]
        assert len(list(opened.rows("SELECT url FROM urls"))) == 12
        for query in (
            "DELETE FROM urls",
            f"ATTACH '{tmp_path / 'new.db'}' AS x",
            "SELECT load_extension('x')",
            "SELECT sql FROM sqlite_master",
            "PRAGMA journal_mode = WAL",
            "CREATE TABLE x(y)",
        ):
            opened.damaged = False
            assert list(opened.rows(query)) == []
            assert opened.damaged
    assert path.read_bytes() == database("chrome")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_query_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "PATIENCE", 0.05)
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMAS["firefox"])
    connection.executemany(
        "INSERT INTO moz_historyvisits VALUES(?, 0, 0, 1, 1)", [(n,) for n in range(30_000)]
    )
    connection.commit()
    source = io.BytesIO(connection.serialize())
    with databases.open_database(_Memory(source), ReadLimits()) as opened:  # type: ignore[arg-type]
        slow = "SELECT a.id FROM moz_historyvisits a, moz_historyvisits b WHERE a.id + b.id < 0"
        assert list(opened.rows(slow)) == []
        assert opened.damaged


class _Memory:
    name, path = "h.db", None

    def __init__(self, source: io.BytesIO) -> None:
        self._source = source

    def open(self, *, counted: bool = True) -> io.BytesIO:
        return self._source


def test_a_cut_database_keeps_what_is_whole(tmp_path: Path) -> None:
    data = database("qutebrowser", 2_000)
    path = tmp_path / "history.sqlite"
    path.write_bytes(data[: len(data) * 3 // 4])
    for source in (path, io.BytesIO(path.read_bytes())):
        log = read_log(source)
        assert 500 < len(log) < 1_700
        assert any("only a part was read" in note for note in log.report.notes)


def test_a_database_too_large_for_memory_is_refused() -> None:
    data = database("chrome", 5_000)
    with pytest.raises(InputError, match="Unpack it and give the file itself"):
        read_log(io.BytesIO(data), limits=ReadLimits(database_bytes=100_000))


# --- bookmarks ---

PAGE = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<TITLE>Bookmarks</TITLE><H1>Bookmarks</H1>
<DL><p>
  <DT><H3 PERSONAL_TOOLBAR_FOLDER="true">Bookmarks bar</H3>
  <DL><p>
    <DT><A HREF="https://example.org/a" ADD_DATE="1585479700">Spoons &amp; bowls</A>
    <DD>All about
    birch
    <DT><H3>Food</H3>
    <DL><p>
      <DT><H3>Bread</H3>
      <DL><p>
        <DT><A HREF="https://example.org/b" ADD_DATE="1585479800000" TAGS="rye, oat">Rye</A>
      </DL><p>
      <DT><A HREF="https://example.org/c" ADD_DATE="1585479900000000"></A>
    </DL><p>
  </DL><p>
  <DT><A HREF="https://example.org/d" ADD_DATE="1585480000">Outside</A>
  <DT><A HREF="javascript:x()" ADD_DATE="1585480001">A button</A>
  <DT><A HREF="https://example.org/e">Without a date</A>
</DL><p>
"""


def test_folders_tags_descriptions_and_units_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (1 << 18, 100, 3):
        monkeypatch.setattr("journeys.ingest.sources.bookmarks._BLOCK", size)
        log = read_log(io.BytesIO(PAGE.encode()))
        found = log.frame
        assert list(zip(found["title"], found["text"], strict=True)) == [
            ("Spoons & bowls", "All about birch"),
            ("Rye", "Food / Bread; rye, oat"),
            ("https://example.org/c", "Food"),
            ("Outside", ""),
        ]
        assert [str(time)[:19] for time in found["timestamp"]] == [
            "2020-03-29 11:01:40",
            "2020-03-29 11:03:20",
            "2020-03-29 11:05:00",
            "2020-03-29 11:06:40",
        ]
        assert log.report.rejected_by_reason() == {"a page of the browser itself": 1, "no time": 1}


def test_a_very_long_bookmark_costs_itself() -> None:
    long = f'<DT><A HREF="data:{"x" * 3_000_000}" ADD_DATE="1585480000">Long</A>\n'
    log = read_log(io.BytesIO(PAGE.replace("  <DT><A", long + "  <DT><A", 1).encode()))
    assert len(log) == 4
    assert "longer than 1,048,576 bytes" in log.report.rejected_by_reason()
