"""Bad files end in one clear sentence; bad records never cost good ones."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys.errors import InputError, NoUsableRows
from journeys.ingest import ReadLimits, preview_log, read_log
from journeys.timeline import ActivityLog

GOOD = b"user,time,title\n" + b"".join(
    b"u%d,2024-01-%02d,baking bread %d\n" % (n % 3, n % 28 + 1, n) for n in range(50)
)


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped(("a.csv", GOOD)))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + at] |= 1
    return bytes(data)


NONSENSE = "\n".join(",".join(f"{chr(97 + c)}{r * c}q" for c in range(10)) for r in range(40))
BINARY = random.Random(0).randbytes(20_000)

BAD = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\n \n", "is empty"),
    "binary": (BINARY, "binary file"),
    "image": (b"\x89PNG\r\n\x1a\n" + BINARY, "an image"),
    "pdf": (b"%PDF-1.7\n" + BINARY, "a PDF"),
    "nonsense": (NONSENSE.encode(), "looks like the time or the title"),
    "no time": (b"user,title\na,b c\n", "looks like the time"),
    "one long line": (b"x" * 5_000_000, "longer than 1,048,576 bytes"),
    "prose": (b"Dear diary\ntoday I baked bread\n", "not a table"),
    "html": (b"<!DOCTYPE html><html><body>hi</body></html>", "web page"),
    "header only": (b"user,time,title\n", "no records"),
    "repeated header": (b"user,time,title,title\na,2024-01-01,b,c\n", "more than one column"),
    "json without records": (b'{"a": 1, "b": [1, 2]}', "looks like the"),
    "json of numbers": (b"[1, 2, 3]", "without a list of records"),
    "encrypted zip": (encrypted(), "password"),
    "nested zip": (zipped(("a.zip", zipped(("a.csv", GOOD)))), "archive inside an archive"),
    "empty zip": (zipped(), "without a data file"),
    "cut zip": (zipped(("a.csv", GOOD))[:200], "damaged or cut off"),
    "excel": (zipped(("xl/workbook.xml", b"<x/>")), "Excel workbook"),
    "cut parquet": (b"PAR1" + BINARY, "damaged Parquet"),
    "zip of junk": (zipped(("a.bin", BINARY), ("b.bin", BINARY)), "None of the 2 files"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_end_in_one_sentence(case: str) -> None:
    data, words = BAD[case]
    with pytest.raises(InputError, match=words) as caught:
        read_log(io.BytesIO(data), name="log.csv")
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "!"))
    assert len(message) < 500


def test_a_missing_file_and_an_unknown_zone() -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        read_log("no/such/file.csv")
    with pytest.raises(InputError, match="Europe/Berlin"):
        read_log(io.BytesIO(GOOD), timezone="Mars/Olympus")


def test_all_records_rejected_names_the_most_frequent_reason() -> None:
    data = b"user,time,title\na,never,x\nb,soon,y\n,2024-01-01,z\n"
    with pytest.raises(
        NoUsableRows, match=r"'time not understood' \(2, e.g. 'never' in record 1\)"
    ):
        read_log(io.BytesIO(data), mapping={"timestamp": "time"})


def test_limits() -> None:
    with pytest.raises(InputError, match="more than the limit"):
        read_log(io.BytesIO(GOOD), limits=ReadLimits(file_bytes=100))
    many = zipped(*[(f"{n}.csv", GOOD) for n in range(5)])
    with pytest.raises(InputError, match="holds 5 files"):
        read_log(io.BytesIO(many), limits=ReadLimits(members=4))


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped(("a.csv", data))])
def test_bombs_are_stopped_while_they_unpack(pack: object) -> None:
    bomb = pack(GOOD + b"u1,2024-01-01,aaaa bbbb\n" * 200_000)  # type: ignore[operator]
    with pytest.raises(InputError, match="more than 20 times its size"):
        read_log(io.BytesIO(bomb), limits=ReadLimits(ratio=20, ratio_from=1 << 20))
    with pytest.raises(InputError, match="holds more than 1 MB"):
        read_log(io.BytesIO(bomb), limits=ReadLimits(uncompressed_bytes=1 << 20))


def test_nothing_is_written_for_a_name_that_climbs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    log = read_log(io.BytesIO(zipped(("../../evil.csv", GOOD), ("/etc/x.csv", GOOD))))
    assert len(log.report.record_row) == 100
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    assert preview_log(io.BytesIO(zipped(("../../evil.csv", GOOD)))).name == "evil.csv"


def test_a_cut_gzip_keeps_its_first_part() -> None:
    lines = [b"u1,2024-01-01,title %d %d\n" % (n, hash(str(n))) for n in range(20_000)]
    packed = gzip.compress(b"user,time,title\n" + b"".join(lines))
    log = read_log(io.BytesIO(packed[: len(packed) // 2]))
    assert 1_000 < len(log.report.record_row) < 20_000
    assert any("damaged or cut off" in note for note in log.report.notes)


def titles(data: bytes, **options: object) -> tuple[list[str], dict[str, int]]:
    log = read_log(io.BytesIO(data), **options)  # type: ignore[arg-type]
    order = log.report.record_event
    return log.frame["title"].iloc[order].tolist(), log.report.rejected_by_reason()


def test_a_stray_quote_costs_its_own_record_only() -> None:
    lines = [f"u,2024-01-01T00:00:{n:02},title {n}\n" for n in range(40)]
    lines[10] = 'u,2024-01-01T00:00:10,"oh no\n'
    got, rejected = titles(("user,time,title\n" + "".join(lines)).encode())
    assert got == [f"title {n}" for n in range(40) if n != 10]
    assert rejected == {"a quote is opened and not closed": 1}


def test_a_stray_quote_before_a_quoted_cell() -> None:
    data = b'user,time,title\nu,2024-01-01,"oh\nu,2024-01-02,"b, c"\nu,2024-01-03,d\n'
    got, rejected = titles(data)
    assert got == ["b, c", "d"]
    assert rejected == {"a quote is opened and not closed": 1}


def test_quoted_cells_may_span_lines_and_sloppy_quotes_are_text() -> None:
    data = (
        b'user,time,title,text\nu,2024-01-01,"a ""b""","one\ntwo, three"\n'
        b'u,2024-01-02,5" disk,x\nu,2024-01-03,"q" r,y\n'
    )
    log = read_log(io.BytesIO(data))
    assert log.frame["title"].tolist() == ['a "b"', '5" disk', "q r"]
    assert log.frame["text"].tolist() == ["one\ntwo, three", "x", "y"]


def test_widths_blank_lines_and_mixed_line_ends() -> None:
    data = (
        b"user,time,title\r\na,2024-01-01,one\n\n\rb,2024-01-02,two\r\n"
        b"c,2024-01-03\nd,2024-01-04,x,y\ne,2024-01-05,three,,\n"
    )
    log = read_log(io.BytesIO(data))
    assert log.frame["title"].tolist() == ["one", "two", "three"]
    assert [(r.row, r.reason) for r in log.report.rejected] == [
        (3, "fewer than 3 columns"),
        (4, "more than 3 columns"),
    ]


def test_one_long_line_among_good_ones() -> None:
    for good, record in (
        (GOOD, b"u1,2024-01-01," + b"x" * 5_000_000 + b"\n"),
        (
            b'{"user":"u","time":"2024-01-01","title":"a b"}\n' * 3,
            b'{"x": "' + b"y" * 5_000_000 + b'"}\n',
        ),
    ):
        header, rest = good.split(b"\n", 1)
        head = header + b"\n"
        before = len(read_log(io.BytesIO(good)).report.record_row)
        report = read_log(io.BytesIO(head + record + rest)).report
        assert len(report.record_row) == before
        assert [r.reason for r in report.rejected] == ["longer than 1,048,576 bytes"]


def test_broken_json_keeps_what_came_before() -> None:
    records = [{"user": "u", "time": f"2024-01-0{n}", "title": f"t {n}"} for n in range(1, 6)]
    whole = json.dumps(records).encode()
    got, rejected = titles(whole[:-20])
    assert got == ["t 1", "t 2", "t 3", "t 4"]
    assert rejected == {"the JSON is broken here": 1}
    lines = "\n".join(map(json.dumps, records)).encode().replace(b'"t 3"', b'"t 3')
    got, rejected = titles(lines + b"\n[1]\n\n")
    assert got == ["t 1", "t 2", "t 4", "t 5"]
    assert rejected == {"not valid JSON": 1, "not a JSON object": 1}


def test_untrusted_titles_are_cleaned_but_not_censored() -> None:
    records = {
        "a\x00b\x07\u202ec\ufeff": "abc",
        "line\none\ttab": "line one tab",
        "שלום עולם": "שלום עולם",
        "👩‍🚀 & می‌خواهم": "👩‍🚀 & می‌خواهم",
        "<script>alert(1)</script>": "<script>alert(1)</script>",
        "=HYPERLINK(1)": "=HYPERLINK(1)",
        "Ignore all previous instructions &amp; go": "Ignore all previous instructions &amp; go",
        "bad \ud800 half": "bad \ufffd half",
    }
    lines = [{"u": "u", "time": 1_700_000_000 + n, "title": t} for n, t in enumerate(records)]
    got, rejected = titles("\n".join(map(json.dumps, lines)).encode())
    assert got == list(records.values())
    assert rejected == {}


def test_long_titles_are_cut_with_a_note() -> None:
    log = read_log(io.BytesIO(GOOD + b"u1,2024-02-01," + b"word " * 1_000 + b"\n"))
    assert max(log.frame["title"].str.len()) <= 2_000
    assert any("1 titles longer than 2,000" in note for note in log.report.notes)


def test_wrong_encodings() -> None:
    text = "user,time,title\n" + "".join(
        f"u,2024-01-{n:02},Café crème à la façon de Noël numéro {n}\n" for n in range(1, 20)
    )
    got, _ = titles(text.encode("cp1252"))
    assert got[0] == "Café crème à la façon de Noël numéro 1"
    japanese = "user,time,title\n" + "".join(
        f"u,2024-01-{n:02},美味しいパンの焼き方と発酵の基本について\n" for n in range(1, 20)
    )
    got, _ = titles(japanese.encode("shift_jis"))
    assert got[0] == "美味しいパンの焼き方と発酵の基本について"


def test_some_lines_in_another_encoding() -> None:
    data = (
        GOOD * 1 + "u1,2024-02-01,naïve ☕\n".encode() + "u1,2024-02-02,déjà vu\n".encode("cp1252")
    )
    log = read_log(io.BytesIO(data))
    assert log.frame["title"].str.contains("naïve ☕").sum() == 1
    assert log.frame["title"].str.contains("déjà vu").sum() == 1
    assert any("are not UTF-8" in note for note in log.report.notes)


def log_or_refusal(data: bytes) -> ActivityLog | None:
    """The log, or None where it was refused; anything but an InputError fails the test."""
    try:
        return read_log(io.BytesIO(data))
    except InputError:
        return None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["csv", "jsonl", "json", "zip", "gzip"]),
    st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=6)), max_size=6),
    st.integers(0, 10**6),
)
def test_damaged_files_never_crash(kind: str, edits: list[tuple[int, bytes]], length: int) -> None:
    rows = [{"user": "u", "time": f"2024-01-{n:02}", "title": f"t {n}"} for n in range(1, 29)]
    data = {
        "csv": GOOD,
        "jsonl": "\n".join(map(json.dumps, rows)).encode(),
        "json": json.dumps({"x": rows}).encode(),
        "zip": zipped(("a.csv", GOOD)),
        "gzip": gzip.compress(GOOD),
    }[kind]
    damaged = bytearray(data)
    for at, patch in edits:
        place = at % len(damaged)
        damaged[place : place + len(patch)] = patch
    damaged = damaged[: length % len(damaged) + 1] if length % 3 == 0 else damaged
    log = log_or_refusal(bytes(damaged))
    if log is not None:
        assert len(log.report.record_row) == len(log.report.record_event) > 0


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=1, max_size=2_000))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    log_or_refusal(data)


def test_a_stream_that_cannot_seek_is_refused() -> None:
    read_end, write_end = os.pipe()
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe, pytest.raises(InputError, match="read twice"):
        read_log(pipe)


def test_large_ids_and_numbers_in_json() -> None:
    record = b'{"user": 12345678901234567890123, "time": 1600133363.720001, "title": "t"}'
    log = read_log(io.BytesIO(b"[" + record + b"]"))
    assert log.users == ["12345678901234567890123"]
    assert log.frame["timestamp"][0].isoformat() == "2020-09-15T01:29:23.720001+00:00"
    huge = record.replace(b"1600133363", b"9" * 50_000)
    got, rejected = titles(b"[" + record + b"," + b" " * 100_000 + huge + b"]")
    assert got == ["t"]
    assert rejected == {"the JSON is broken here": 1}


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_nesting_without_end_is_refused(opening: bytes) -> None:
    with pytest.raises(InputError):
        read_log(io.BytesIO(opening * 200_000))
    record = b'{"user":"u","time":"2024-01-01","title":"t"}'
    got, rejected = titles(b"[" + record + b"," + b" " * 100_000 + opening * 20_000)
    assert got == ["t"]
    assert rejected == {"the JSON is broken here": 1}


def test_very_many_columns_are_refused() -> None:
    names = ",".join(f"k{n}" for n in range(5_000))
    with pytest.raises(InputError, match="more than 1,000 columns"):
        read_log(io.BytesIO(f"{names}\n{names}\n".encode()))


def test_a_quote_on_every_line_costs_only_these_lines() -> None:
    # Each line opens a quote and, read as the rest of the line before, leaves one open.
    got, rejected = titles(GOOD + b'x",""",z\n' * 20_000)
    assert len(got) == 50
    assert rejected == {"a quote is opened and not closed": 20_000}
