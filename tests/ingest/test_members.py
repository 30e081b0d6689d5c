"""Archives with many files: each is read in its own way, or left out in few words."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from journeys.errors import InputError
from journeys.ingest import preview_log, read_log
from journeys.ingest.members import left_out
from tests.ingest.databases import database

TABLE = b"user,time,title\n" + b"".join(b"u,2024-01-%02d,bread %d\n" % (n, n) for n in range(1, 9))
WATCHED = json.dumps(
    [
        {
            "header": "YouTube",
            "title": f"Watched Spoon {n}",
            "titleUrl": f"https://www.youtube.com/watch?v={n:011}",
            "time": f"2024-02-0{n}T00:00:00Z",
            "products": ["YouTube"],
        }
        for n in range(1, 4)
    ]
).encode()


def zipped(*members: tuple[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out


def test_files_of_different_sources_are_one_log() -> None:
    source = zipped(
        ("x/a.jpg", b"\xff\xd8\xff\xe0" + b"x" * 50),
        ("Takeout/Einstellungen.json", b"{}"),
        ("y", WATCHED),
        ("z.bin", database("safari", 5)),
    )
    log = read_log(source)
    assert log.frame.groupby("source").size().to_dict() == {"safari": 5, "youtube": 3}
    assert log.report.format == "youtube history (json), safari history (sqlite) in zip"
    assert log.report.record_row.tolist() == list(range(1, 9))  # numbered through
    assert log.report.notes == (
        "a.jpg was left out: it is no log.",
        "Einstellungen.json was left out: it is no log.",
    )
    preview = preview_log(source)
    assert preview.sources == {"youtube": 3, "safari": 5}
    assert [name for name, _ in preview.parts] == ["y", "z.bin"]


def test_a_table_beside_a_known_source_is_left_out_and_named() -> None:
    log = read_log(zipped(("log.csv", TABLE), ("watch.json", WATCHED)))
    assert len(log) == 3
    assert log.report.notes == ("log.csv was left out: it is no log.",)
    # Whoever says which column is which wants the table.
    log = read_log(zipped(("log.csv", TABLE), ("watch.json", WATCHED)), mapping={"title": "title"})
    assert len(log) == 8


def test_a_database_that_is_no_history_does_not_hide_the_table() -> None:
    log = read_log(zipped(("a.db", b"SQLite format 3\x00" + bytes(5_000)), ("log.csv", TABLE)))
    assert len(log) == 8
    assert "a.db was left out: it is no log." in log.report.notes


def test_an_archive_in_the_archive_is_named() -> None:
    inner = zipped(("w.json", WATCHED)).getvalue()
    log = read_log(zipped(("inner.zip", inner), ("w.json", WATCHED)))
    assert len(log) == 3
    assert any(
        note.startswith("inner.zip was left out: it is an archive") for note in log.report.notes
    )
    with pytest.raises(InputError, match=r"None of the 2 files.*inner\.zip was left out"):
        read_log(zipped(("inner.zip", inner), ("two.zip", inner)))


def test_many_files_are_counted_by_kind() -> None:
    log = read_log(
        zipped(
            ("w.json", WATCHED), *[(f"{n}.{'json' if n % 3 else 'txt'}", b"{}") for n in range(90)]
        )
    )
    assert log.report.notes == (
        "90 files of the archive are no logs and were left out: 60 .json, 30 .txt.",
    )
    assert left_out([f"a.{n}" for n in range(9)])[0].endswith("1 .5, 3 others.")


def test_streams_of_one_file_do_not_disturb_each_other() -> None:
    import gzip

    from journeys.ingest.container import open_container
    from journeys.ingest.contract import ReadLimits

    for data in (TABLE, gzip.compress(TABLE)):
        with open_container(io.BytesIO(data), limits=ReadLimits()) as container:
            (member,) = container.members
            one = member.open()
            first = one.read(10)
            assert member.head(20) == TABLE[:20]
            other = member.open()
            assert other.read(5) == TABLE[:5]
            assert first + one.read(-1) == TABLE
