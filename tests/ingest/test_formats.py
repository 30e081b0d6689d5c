"""The same events come back from every format, order of columns, packing and encoding."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys.ingest import read_log
from journeys.timeline import ActivityLog

COLUMNS = ["user_id", "timestamp", "item_id", "title", "text", "url", "action"]

PRINTABLE = st.characters(
    exclude_categories=["C", "Z"], exclude_characters="\u061c", include_characters=" "
)
WORDS = st.text(PRINTABLE, min_size=1, max_size=30).map(str.strip).filter(bool)
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC))
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "user_id": st.from_regex(r"[a-z]{1,3}_[0-9]{1,3}", fullmatch=True),
            "timestamp": TIMES,
            "item_id": WORDS,
            "title": WORDS.map(lambda words: f"on {words}"),
            "text": st.just("") | WORDS,
            "url": st.just("") | st.just("https://example.org/a?b=c"),
            "action": st.sampled_from(["view", "like"]),
        }
    ),
    min_size=1,
    max_size=12,
)


def as_text(events: list[dict[str, object]]) -> list[dict[str, str]]:
    return [
        {k: v.isoformat() if isinstance(v, datetime) else str(v) for k, v in event.items()}
        for event in events
    ]


def to_csv(events: list[dict[str, object]], columns: list[str], delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(as_text(events))
    return out.getvalue().encode()


def to_jsonl(events: list[dict[str, object]], columns: list[str]) -> bytes:
    rows = as_text(events)
    return "\n".join(json.dumps({c: row[c] for c in columns}) for row in rows).encode()


def to_json(events: list[dict[str, object]], columns: list[str]) -> bytes:
    rows = [{c: row[c] for c in columns} for row in as_text(events)]
    return json.dumps({"about": {"n": 1}, "events": rows}, ensure_ascii=False, indent=1).encode()


def to_parquet(events: list[dict[str, object]], columns: list[str]) -> bytes:
    out = io.BytesIO()
    pd.DataFrame(events)[columns].to_parquet(out)
    return out.getvalue()


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__dot__", "."), data)
    return out.getvalue()


def check(log: ActivityLog, events: list[dict[str, object]]) -> None:
    """The log holds exactly these events, and each record points at its own."""
    report = log.report
    assert report.rejected == ()
    assert report.record_row.tolist() == list(range(1, len(events) + 1))
    frame = log.frame
    assert frame["user_id"].tolist() == sorted(frame["user_id"])
    seen: dict[tuple[object, ...], int] = {}
    for event, row in zip(events, report.record_event, strict=True):
        got = frame.iloc[int(row)]
        key = (event["user_id"], event["timestamp"], event["item_id"])
        assert (got["user_id"], got["timestamp"].to_pydatetime(), got["item_id"]) == key
        assert seen.setdefault(key, int(row)) == int(row)
        twin = next(e for e in events if (e["user_id"], e["timestamp"], e["item_id"]) == key)
        assert all(got[name] == twin[name] for name in ("title", "text", "url", "action"))
    assert len(log) == len(seen)
    assert report.duplicates == len(events) - len(seen)


QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(EVENTS, st.permutations(COLUMNS), st.sampled_from([",", "\t", ";", "|"]))
def test_delimited_round_trip(
    events: list[dict[str, object]], columns: list[str], delimiter: str
) -> None:
    data = to_csv(events, columns, delimiter)
    check(read_log(io.BytesIO(data), mapping={c: c for c in COLUMNS}), events)


@QUICK
@given(EVENTS, st.permutations(COLUMNS))
def test_json_round_trips(events: list[dict[str, object]], columns: list[str]) -> None:
    for make in (to_jsonl, to_json, to_parquet):
        check(read_log(io.BytesIO(make(events, columns))), events)


@QUICK
@given(EVENTS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]))
def test_every_unicode_encoding(events: list[dict[str, object]], encoding: str) -> None:
    text = to_csv(events, COLUMNS).decode()
    log = read_log(io.BytesIO(text.encode(encoding)), mapping={c: c for c in COLUMNS})
    check(log, events)


@QUICK
@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_change_the_log(events: list, random: object) -> None:
    unique = list({(e["user_id"], e["timestamp"]): e for e in events}.values())
    shuffled = list(unique)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (read_log(io.BytesIO(to_jsonl(e, COLUMNS))) for e in (unique, shuffled))
    pd.testing.assert_frame_equal(one.frame, other.frame)


EXAMPLE: list[dict[str, object]] = [
    {
        "user_id": f"u{n % 2}",
        "timestamp": datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=n),
        "item_id": f"i{n}",
        "title": f"how to bake bread, part {n}",
        "text": "",
        "url": "",
        "action": "view",
    }
    for n in range(6)
]


def test_gzip_and_zip() -> None:
    data = to_csv(EXAMPLE, COLUMNS)
    log = read_log(io.BytesIO(gzip.compress(data)))
    check(log, EXAMPLE)
    assert log.report.format == "csv in gzip"
    packed = zipped(**{"__MACOSX/._a.csv": b"\0junk", ".hidden": b"x", "a.csv": data})
    log = read_log(io.BytesIO(packed))
    check(log, EXAMPLE)
    assert log.report.format == "csv in zip"


def test_parquet_in_a_zip_and_from_a_path(tmp_path: Path) -> None:
    data = to_parquet(EXAMPLE, COLUMNS)
    check(read_log(io.BytesIO(zipped(a=data))), EXAMPLE)
    path = tmp_path / "wrong-name.csv"
    path.write_bytes(data)
    log = read_log(path)
    check(log, EXAMPLE)
    assert log.report.format == "parquet"


def test_files_of_the_same_shape_in_a_zip_are_one_log() -> None:
    halves = {"1.csv": to_csv(EXAMPLE[:3], COLUMNS), "2.csv": to_csv(EXAMPLE[3:], COLUMNS)}
    others = {"notes.txt": b"hello", "other.csv": b"a,b\n1,2\n"}
    log = read_log(io.BytesIO(zipped(**halves, **others)))
    check(log, EXAMPLE)
    assert {note.split()[0] for note in log.report.notes} == {"notes.txt", "other.csv"}


def test_nested_json_by_dotted_path() -> None:
    records = [
        {
            "url": f"https://e.org/{n}",
            "dt": 1_600_133_363.72 + n,
            "metadata": {"title": f"page {n}"},
        }
        for n in range(3)
    ]
    log = read_log(io.BytesIO(json.dumps(records).encode()))
    assert log.report.mapping["title"] == "metadata.title"
    assert log.users == ["me"]
    assert log.frame["item_id"].tolist() == [
        "https://e.org/0",
        "https://e.org/1",
        "https://e.org/2",
    ]
    assert log.frame["timestamp"][0] == pd.Timestamp(1_600_133_363_720_000, unit="us", tz="UTC")


def test_attributes_are_kept_only_when_asked_for() -> None:
    rows = [{**event, "group": "g", "spare": "s"} for event in as_text(EXAMPLE)]
    data = json.dumps(rows).encode()
    log = read_log(io.BytesIO(data), keep=["group"])
    assert set(log.frame["group"]) == {"g"}
    assert "spare" not in log.frame.columns


def test_duplicates_point_at_their_twin() -> None:
    data = b"user,time,title\nb,2024-01-02,x y\na,2024-01-01,x y\nb,2024-01-02,x y\n"
    log = read_log(io.BytesIO(data))
    assert log.report.record_event.tolist() == [1, 0, 1]
    assert log.report.record_event.dtype == np.int64
    assert log.report.duplicates == 1


def test_item_id_falls_back_to_url_then_to_the_title() -> None:
    data = (
        b"user,time,title,url,id\na,2024-01-01,same,,\na,2024-01-02,same,,\n"
        b"a,2024-01-03,x,http://e.org,\na,2024-01-04,y,http://e.org,7\n"
    )
    one, two, three, four = read_log(io.BytesIO(data)).frame["item_id"]
    assert one == two
    assert one.startswith("title:")
    assert (three, four) == ("http://e.org", "7")


def test_progress_ends_at_the_whole_file_and_the_upload_stays_usable() -> None:
    data = to_csv(EXAMPLE, COLUMNS)
    upload = io.BytesIO(data)
    seen: list[tuple[int, int | None]] = []
    read_log(upload, on_progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(data), len(data))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert upload.read() == data


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "events", "users", "rejected"),
    [
        ("til_notes/til_notes.jsonl", 2_642, 29, {}),
        ("reddit_mix_dev/events.jsonl", 18_737, 150, {}),
        ("stackexchange_beer/events.jsonl", 2_225, 781, {}),
        ("angular_components_commits/commits.csv", 7_706, 24, {}),
        ("mixed_small/events.jsonl", 2_260, 11, {}),
        ("agent_prs_dev/agent_prs.jsonl", 5_559, 763, {"no user": 1_757}),
    ],
)
def test_real_logs(
    shared_data: Path, name: str, events: int, users: int, rejected: dict[str, int]
) -> None:
    log = read_log(shared_data / name, keep=["group"] if "beer" not in name else [])
    report = log.report
    assert len(report.record_row) == events - sum(rejected.values())
    assert report.rejected_by_reason() == rejected
    assert len(log.users) == users
    expected = {"user_id", "timestamp", "item_id", "title"}
    assert all(report.mapping[ours] == ours for ours in expected)
