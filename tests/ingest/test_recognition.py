"""Columns found by name and by content, corrected by hand, and shown before reading."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from journeys.errors import InputError
from journeys.ingest import RawRecord, preview_log, read_log
from journeys.ingest.adapters import adapter_for
from journeys.ingest.assembly import assemble
from journeys.ingest.container import open_container
from journeys.ingest.contract import Context, DataFile, Reading, ReadLimits, batched
from journeys.ingest.recognition import plain, recognise
from journeys.ingest.table import TableAdapter
from journeys.timeline import Rejected

HEADERS = {
    "Title,Date": {"title": "Title", "timestamp": "Date"},
    "Profile Name,Start Time,Duration,Attributes,Title": {
        "user_id": "Profile Name", "timestamp": "Start Time", "title": "Title"},
    "id,title,note,excerpt,url,folder,tags,created": {
        "item_id": "id", "title": "title", "text": "excerpt", "url": "url", "timestamp": "created"},
    "title,url,time_added,tags,status": {
        "title": "title", "url": "url", "timestamp": "time_added"},
    "Date,Name,Year,Letterboxd URI,Rating,Watched Date": {
        "title": "Name", "timestamp": "Watched Date"},
    "userId,eventType,createdAt,videoTitle,videoId": {
        "user_id": "userId", "action": "eventType", "timestamp": "createdAt",
        "title": "videoTitle", "item_id": "videoId"},
    "user_id:token,item_id:token,timestamp:float,title:token_seq": {
        "user_id": "user_id:token", "item_id": "item_id:token", "timestamp": "timestamp:float",
        "title": "title:token_seq"},
}  # fmt: skip


def cells(name: str) -> list[str]:
    key = plain(name)
    if any(word in key for word in ("date", "time", "created")):
        return [f"2024-01-{n:02}" for n in range(1, 21)]
    if key in {"year", "rating"}:
        return ["2024"] * 20
    return [f"{key}{n % 5}" for n in range(20)]


@pytest.mark.parametrize("header", HEADERS)
def test_headers_of_real_exports(header: str) -> None:
    found = recognise({name: cells(name) for name in header.split(",")})
    mapping = {ours: match.column for ours, match in found.items()}
    assert HEADERS[header].items() <= mapping.items()


def test_names_are_compared_without_case_and_punctuation() -> None:
    same = ["user_id", "User ID", "userId", "USER-ID", "userID", "meta.user_id"]
    assert {plain(name) for name in same} == {"userid"}


def test_columns_without_telling_names_are_found_by_content() -> None:
    lines = [f"u_{n % 3},2024-01-{n + 1:02}T10:00:00Z,a title about bread {n},https://e.org/{n}"
             for n in range(20)]  # fmt: skip
    log = read_log(io.BytesIO(("q1,q2,q3,q4\n" + "\n".join(lines)).encode()))
    assert dict(log.report.mapping) == {
        "user_id": "q1", "timestamp": "q2", "title": "q3", "url": "q4"}  # fmt: skip
    assert any("'q3'" in note for note in log.report.notes)


def test_a_file_without_a_header() -> None:
    data = "\n".join(f"2024-01-{n:02},how to bake bread {n}" for n in range(1, 20)).encode()
    log = read_log(io.BytesIO(data))
    assert len(log) == 19
    assert log.users == ["me"]
    assert log.report.mapping["title"] == "column 2"


def test_counts_are_not_taken_for_users() -> None:
    rows = [{"time": f"2024-01-0{n}", "title": f"a b {n}", "visits": n % 2} for n in range(1, 9)]
    log = read_log(io.BytesIO(json.dumps(rows).encode()))
    assert log.users == ["me"]
    assert "'me'" in log.report.notes[0]


DATA = b"who,when,name,subject\na,2024-01-01,x,one\nb,2024-01-02,y,two\n,2024-01-03,z,three\n"


def test_the_mapping_can_be_corrected() -> None:
    log = read_log(io.BytesIO(DATA), mapping={"user_id": "who", "title": "subject"})
    assert log.users == ["a", "b"]
    assert log.frame["title"].tolist() == ["one", "two"]
    assert log.report.rejected == (Rejected(3, "no user", "three"),)
    nobody = read_log(io.BytesIO(DATA), mapping={"user_id": ""})
    assert nobody.users == ["me"]


def test_wrong_corrections_are_named() -> None:
    with pytest.raises(InputError, match="no column 'whom'"):
        read_log(io.BytesIO(DATA), mapping={"user_id": "whom"})
    with pytest.raises(InputError, match="'users' is no column of a log"):
        read_log(io.BytesIO(DATA), mapping={"users": "who"})
    with pytest.raises(InputError, match="did you mean 'subject'"):
        read_log(io.BytesIO(DATA), keep=["subjects"])


def test_a_preview_shows_what_reading_would_do() -> None:
    upload = io.BytesIO(DATA)
    preview = preview_log(upload, mapping={"user_id": "who"}, rows=2)
    assert preview.columns == ("who", "when", "name", "subject")
    assert preview.rows == (("a", "2024-01-01", "x", "one"), ("b", "2024-01-02", "y", "two"))
    assert (preview.records, preview.readable) == (3, 2)
    assert [record.reason for record in preview.rejected] == ["no user"]
    assert preview.matches["user_id"].confidence == "given"
    assert preview.matches["timestamp"].confidence == "high"
    log = read_log(upload, mapping=preview.mapping)
    assert dict(log.report.mapping) == preview.mapping
    assert len(log) == preview.readable


def test_a_preview_says_what_is_missing_instead_of_failing() -> None:
    preview = preview_log(io.BytesIO(b"a,b\n1,2\n3,4\n"))
    assert preview.missing == ("user_id", "timestamp", "title")
    assert preview.rows == (("1", "2"), ("3", "4"))
    assert preview.readable == 0


def test_a_preview_reads_the_head_only(tmp_path: Path) -> None:
    class Counting(io.BytesIO):
        total = 0

        def read(self, size: int | None = -1, /) -> bytes:
            block = super().read(size)
            self.total += len(block)
            return block

    line = b"u1,2024-01-01,some words in a title\n"
    upload = Counting(b"user,time,title\n" + line * 1_000_000)
    preview = preview_log(upload)
    assert preview.records == 300
    assert upload.total < 8_000_000


class Diary:
    """A source with a format of its own, as small as an adapter can be."""

    name = "diary"

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        return head.startswith(b"#diary")

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        def records() -> Iterator[RawRecord | Rejected]:
            for row, line in enumerate(file.open().read().decode().splitlines()[1:], first_row):
                day, _, title = line.partition(" ")
                if title:
                    yield RawRecord(row, {"timestamp": day, "title": title, "mood": "good"})
                else:
                    yield Rejected(row, "an empty day", day)

        return Reading("diary", {}, batched(records(), size=2), [])


def test_an_adapter_is_one_class() -> None:
    data = b"#diary\n2024-01-01 baked\n2024-01-02\n2024-01-03 slept\n"
    with open_container(io.BytesIO(data), limits=ReadLimits()) as container:
        (member,) = container.members
        adapter = adapter_for(member, [member.name], (Diary(), TableAdapter()))
        assert adapter.name == "diary"
        reading = adapter.read(member, Context())
        result = assemble(reading.batches, timezone="UTC", limits=ReadLimits())
    assert result.frame["title"].tolist() == ["baked", "slept"]
    assert result.frame["mood"].tolist() == ["good", "good"]
    assert result.record_row.tolist() == [1, 3]
    assert result.rejected == (Rejected(2, "an empty day", "2024-01-02"),)
