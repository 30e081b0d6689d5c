"""A discovery as files."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import journeys.export as export
from journeys.discovery import Discovery, DiscoveryConfig, Tools, discover
from journeys.embedding import MemoryVectorCache
from journeys.embedding.fake import FakeEmbedder
from journeys.export import write_discovery
from journeys.journey import journey_id
from journeys.privacy import pseudonyms
from journeys.spreadsheet import unsafe_cell
from journeys.timeline import ActivityLog, ReadReport, Rejected
from tests.logs import make_log

FILES = {"assignments.csv", "rejected.csv", "journeys.jsonl", "map.parquet", "manifest.json"}
KEY = b"k" * 32

#: Ids that occur: of videos with a leading hyphen, of items as addresses; and ones that bite.
ORDINARY = ["-qrTk9_x2Zc", "https://example.org/a?b", "dQw4w9WgXcQ", "-12", "r/bread", "a b"]
FORMULAS = ['=HYPERLINK("http://x")', "+1-2", "@SUM(A1)", "-1+cmd|' /C calc'!A0", "＝1+1", "\tx"]


class Maps:
    def __init__(self) -> None:
        self._maps: dict[str, np.ndarray] = {}

    def get(self, key: str) -> np.ndarray | None:
        return self._maps.get(key)

    def put(self, key: str, points: np.ndarray) -> None:
        self._maps[key] = points


def run(log: ActivityLog, **config: Any) -> Discovery:
    tools = Tools(FakeEmbedder(), MemoryVectorCache(), Maps(), b"m" * 32)
    return discover(log, DiscoveryConfig(**{"map": "none", **config}), tools=tools)


def with_report(log: ActivityLog, record_event: np.ndarray) -> ActivityLog:
    """The log as if read from a file whose records became these rows."""
    rejected = (
        Rejected(3, "no time", "user0,,someone's title"),
        Rejected(4, "no user", "=cmd|' /C calc'!A0"),
        Rejected(9, "no time", "half \ud800"),
    )
    rows = np.arange(len(record_event), dtype=np.int64) + 1
    report = ReadReport(
        "csv", {"title": "Titel"}, rejected, record_event, rows, ("A note.",), "ab" * 32
    )
    return ActivityLog(log.frame, report, sorted_=True)


@pytest.fixture(scope="module")
def found() -> Discovery:
    """Records in another order than the log's, with some given twice or three times."""
    log = make_log(users=3)
    rng = np.random.default_rng(5)
    shuffled = rng.permutation(len(log))
    record_event = np.concatenate([shuffled, shuffled[:7], shuffled[:2]])
    return run(with_report(log, record_event))


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_journeys(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "journeys.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_all_files_are_written_and_no_drafts(found: Discovery, tmp_path: Path) -> None:
    write_discovery(found, tmp_path / "new" / "folder")
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == FILES


def test_one_assignment_a_readable_record_in_input_order(found: Discovery, tmp_path: Path) -> None:
    write_discovery(found, tmp_path)
    rows = read_csv(tmp_path / "assignments.csv")
    events = found.log.report.record_event
    assert len(rows) == len(events) == len(found.log) + 9
    assert tuple(rows[0]) == export.ASSIGNMENTS
    journey_of = {}
    for user in found.users:
        for journey in user.journeys:
            for member in journey.members:
                journey_of[user.start + int(member)] = journey.id
    frame = found.log.frame
    for row, at in zip(rows, events.tolist(), strict=True):
        event = frame.iloc[at]
        assert row == {
            "user_id": event["user_id"],
            "item_id": event["item_id"],
            "timestamp": event["timestamp"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "journey_id": journey_of.get(at, ""),
        }
    # Both kinds occur, and the last nine repeat the first ones.
    assert {bool(row["journey_id"]) for row in rows} == {True, False}
    assert rows[-2:] == rows[:2]
    assert rows[-9:-2] == rows[:7]


def test_parts_of_a_second_are_kept(tmp_path: Path) -> None:
    times = ["2024-01-01T00:00:00.25Z", "2024-01-01T00:00:01Z", "2024-01-01T00:00:01.000001Z"]
    frame = pd.DataFrame({"user_id": "u", "timestamp": pd.to_datetime(times, format="ISO8601")})
    write_discovery(run(ActivityLog(frame.assign(title="x"))), tmp_path)
    assert [row["timestamp"] for row in read_csv(tmp_path / "assignments.csv")] == [
        "2024-01-01T00:00:00.250000Z",
        "2024-01-01T00:00:01Z",
        "2024-01-01T00:00:01.000001Z",
    ]


def test_a_log_made_in_memory_keeps_the_order_of_its_frame(tmp_path: Path) -> None:
    frame = pd.DataFrame({"user_id": ["b", "a", "b"], "title": ["3", "1", "2"]})
    frame["timestamp"] = pd.to_datetime(["2024-03-01", "2024-01-01", "2024-02-01"], utc=True)
    write_discovery(run(ActivityLog(frame)), tmp_path)
    rows = read_csv(tmp_path / "assignments.csv")
    assert [row["item_id"] for row in rows] == ["3", "1", "2"]


@pytest.mark.parametrize("column", ["user_id", "item_id"])
def test_formulas_are_neutralised_and_ordinary_ids_are_not(tmp_path: Path, column: str) -> None:
    ids = [*ORDINARY, *FORMULAS]
    frame = pd.DataFrame({"user_id": "u", "item_id": "i", "title": "x"}, index=range(len(ids)))
    frame[column] = ids
    frame["timestamp"] = pd.Timestamp("2024-01-01", tz="UTC")
    manifest = write_discovery(run(ActivityLog(frame)), tmp_path)
    cells = [row[column] for row in read_csv(tmp_path / "assignments.csv")]
    assert cells == [*ORDINARY, *(f"'{formula}" for formula in FORMULAS)]
    assert [unsafe_cell(cell) for cell in cells] == ids
    assert manifest["neutralised_ids"] == len(FORMULAS)


def test_rejected_records_say_where_and_why(found: Discovery, tmp_path: Path) -> None:
    write_discovery(found, tmp_path)
    assert read_csv(tmp_path / "rejected.csv") == [
        {"row": "3", "reason": "no time", "excerpt": "user0,,someone's title"},
        {"row": "4", "reason": "no user", "excerpt": "'=cmd|' /C calc'!A0"},
        {"row": "9", "reason": "no time", "excerpt": "half \\ud800"},
    ]


def test_journeys_are_one_object_a_line(found: Discovery, tmp_path: Path) -> None:
    write_discovery(found, tmp_path)
    written = read_journeys(tmp_path)
    assert [line["journey_id"] for line in written] == [j.id for j in found.journeys]
    counted = Counter(row["journey_id"] for row in _unique_events(found, tmp_path))
    for line, journey in zip(written, found.journeys, strict=True):
        titles = found.log.timeline(journey.user_id).titles
        assert line["events"] == len(journey) == counted[journey.id]
        assert line["names"] == {str(level): journey.name(level) for level in range(1, 6)}
        assert line["evidence"] == [titles[at] for at in journey.central]
        assert line["boundary"] == [titles[at] for at in journey.boundary]
        assert line["stability"] is None
        user = next(user for user in found.users if user.user_id == journey.user_id)
        np.testing.assert_array_equal(
            np.array(line["membership"], np.float32), user.membership[journey.members]
        )
        assert pd.Timestamp(line["first_seen"]) == journey.first_seen
        assert line["first_seen"].endswith("+00:00")
        assert (line["user_id"], line["rank"]) == (journey.user_id, journey.rank)


def _unique_events(found: Discovery, folder: Path) -> list[dict[str, str]]:
    rows = read_csv(folder / "assignments.csv")
    _, first = np.unique(found.log.report.record_event, return_index=True)
    return [rows[at] for at in first]


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x1c"])
def test_a_title_cannot_break_a_line_of_journeys(
    found: Discovery, tmp_path: Path, separator: str
) -> None:
    """Line separators of Unicode are left as they are; readers of JSON lines split at \\n."""
    frame = found.log.frame.copy()
    frame["title"] = [f"{title}{separator}" for title in frame["title"]]
    changed = replace(found, log=ActivityLog(frame, found.log.report, sorted_=True))
    write_discovery(changed, tmp_path)
    lines = (tmp_path / "journeys.jsonl").read_bytes().rstrip(b"\n").split(b"\n")
    assert len([json.loads(line) for line in lines]) == len(found.journeys)


def test_the_map_has_a_row_an_event_of_those_who_have_one(found: Discovery, tmp_path: Path) -> None:
    user = found.users[1]
    size = len(user.labels)
    points = np.stack([np.arange(size), np.full(size, np.nan)], axis=1).astype(np.float32)
    write_discovery(replace(found, maps={user.user_id: points}), tmp_path)
    table = pq.read_table(tmp_path / "map.parquet")
    assert [(field.name, str(field.type)) for field in table.schema] == [
        ("user_id", "string"),
        ("item_id", "string"),
        ("timestamp", "timestamp[us, tz=UTC]"),
        ("journey_id", "string"),
        ("x", "float"),
        ("y", "float"),
    ]
    rows = table.to_pylist()
    timeline = found.log.timeline(user.user_id)
    assert [(r["user_id"], r["item_id"], r["timestamp"]) for r in rows] == [
        (e.user_id, e.item_id, e.timestamp) for e in timeline
    ]
    ids = [journey.id for journey in user.journeys] + [""]
    assert [r["journey_id"] for r in rows] == [ids[label] for label in user.labels]
    assert [r["x"] for r in rows] == list(range(size))
    assert all(math.isnan(r["y"]) for r in rows)


def test_without_maps_the_table_is_there_and_empty(found: Discovery, tmp_path: Path) -> None:
    write_discovery(found, tmp_path)
    table = pq.read_table(tmp_path / "map.parquet")
    assert table.num_rows == 0
    assert table.num_columns == 6


def test_the_manifest_says_how_the_log_was_read(found: Discovery, tmp_path: Path) -> None:
    manifest = write_discovery(found, tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8")) == manifest
    assert manifest["log_sha256"] == "ab" * 32
    assert (manifest["rejected"], manifest["duplicates"]) == (3, 9)
    assert manifest["log_mapping"] == {"title": "Titel"}
    assert manifest["unassigned_share"] == found.unassigned_share
    assert manifest["users_without_journeys"] == {"min_user_events": 1}
    assert manifest["pseudonymised"] is False
    assert manifest["config"] == found.manifest["config"]


def test_the_same_discovery_gives_the_same_bytes(found: Discovery, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_discovery(found, tmp_path / name)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


class Broken:
    """Stands for a full disk: gives what it has, then fails."""

    def __init__(self, original: Any) -> None:
        self._original = original

    def __call__(self, *given: Any, **named: Any) -> Any:
        for count, row in enumerate(self._original(*given, **named)):
            if count == 5:
                raise OSError(28, "No space left on device")
            yield row


def test_an_interrupted_write_leaves_no_half_file(
    found: Discovery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_assignments", Broken(export._assignments))
    with pytest.raises(OSError, match="No space"):
        write_discovery(found, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_earlier_files_alone(
    found: Discovery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_discovery(found, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(table: Any, where: Path) -> None:
        where.write_bytes(b"PAR1 half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(KeyboardInterrupt):
        write_discovery(found, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_pseudonymised_files_hold_no_user_id(found: Discovery, tmp_path: Path) -> None:
    user = found.users[0]
    points = np.zeros((len(user.labels), 2), np.float32)
    with_map = replace(found, maps={user.user_id: points})
    manifest = write_discovery(with_map, tmp_path, pseudonym_key=KEY)
    assert manifest["pseudonymised"] is True
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert not any(name.encode() in content for name in found.log.users), path.name
    alias = dict(zip(found.log.users, pseudonyms(KEY, found.log.users), strict=True))
    shown = [row["user_id"] for row in read_csv(tmp_path / "assignments.csv")]
    frame = found.log.frame
    expected = [alias[u] for u in frame["user_id"].to_numpy()[found.log.report.record_event]]
    assert shown == expected
    assert {r["user_id"] for r in pq.read_table(tmp_path / "map.parquet").to_pylist()} == {
        alias[user.user_id]
    }
    assert [r["excerpt"] for r in read_csv(tmp_path / "rejected.csv")] == ["", "", ""]


def test_no_guess_of_a_user_id_can_be_tried_on_pseudonymised_files(
    found: Discovery, tmp_path: Path
) -> None:
    write_discovery(found, tmp_path, pseudonym_key=KEY)
    rows = _unique_events(found, tmp_path)
    written = {line["journey_id"]: line["user_id"] for line in read_journeys(tmp_path)}
    assert set(written) == {row["journey_id"] for row in rows} - {""}
    assert not set(written) & {journey.id for journey in found.journeys}
    for id_, alias in written.items():
        members = [row for row in rows if row["journey_id"] == id_]
        items = [row["item_id"] for row in members]
        times = [pd.Timestamp(row["timestamp"]).value // 1000 for row in members]
        # The id follows from what is in the files, as in the store; a true user id gives another.
        assert journey_id(alias, items, times) == id_
        assert all(journey_id(user, items, times) != id_ for user in found.log.users)
