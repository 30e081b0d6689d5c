"""Anybody's clusters, matched to the events of a log."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from journeys.errors import InputError
from journeys.evaluation.assignments import match, read_assignments
from journeys.timeline import ActivityLog
from tests.logs import make_log


@pytest.fixture(scope="module")
def log() -> ActivityLog:
    return make_log(users=2, per_topic=6)


def rows_of(log: ActivityLog) -> list[dict[str, str]]:
    """One row an event, clusters by topic."""
    return [
        {
            "user_id": event.user_id,
            "item_id": event.item_id,
            "timestamp": event.timestamp.isoformat(),
            "cluster": event.title.split()[0],
        }
        for timeline in log.timelines()
        for event in timeline
    ]


def write(path: Path, rows: list[dict[str, str]], *columns: str) -> Path:
    lines = [",".join(columns), *(",".join(str(row[c]) for c in columns) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def same_partition(labels: np.ndarray, names: list[str]) -> bool:
    pairs = set(zip(labels.tolist(), names, strict=True))
    return len(pairs) == len(set(names)) == len(set(labels.tolist()))


def test_rows_are_matched_in_any_order_with_and_without_time(
    log: ActivityLog, tmp_path: Path
) -> None:
    rows = rows_of(log)
    names = [row["cluster"] for row in rows]
    for columns in (
        ("user_id", "item_id", "cluster"),
        ("cluster", "timestamp", "item_id", "user_id"),
    ):
        found = match(read_assignments(write(tmp_path / "a.csv", rows[::-1], *columns)), log)
        assert same_partition(found.labels, names)
        assert (found.rows, found.unmatched, found.missing) == (len(rows), 0, 0)
        assert found.membership is None


def test_json_lines_with_membership_and_none(log: ActivityLog, tmp_path: Path) -> None:
    rows = rows_of(log)
    nones: list[object] = ["", -1, None, "-1", "nan", -1.0]
    with (tmp_path / "a.jsonl").open("w") as file:
        for at, row in enumerate(rows):
            label = nones[at] if at < len(nones) else 7
            file.write(
                json.dumps(
                    {
                        "user_id": row["user_id"],
                        "item_id": row["item_id"],
                        "label": label,
                        "membership": at / 100,
                    }
                )
                + "\n"
            )
    found = match(read_assignments(tmp_path / "a.jsonl"), log)
    assert (found.labels[: len(nones)] == -1).all()
    assert (found.labels[len(nones) :] == 0).all()
    assert found.membership is not None
    np.testing.assert_allclose(found.membership, np.arange(len(log)) / 100)


def test_missing_events_are_unassigned_and_strange_rows_counted(
    log: ActivityLog, tmp_path: Path
) -> None:
    rows = rows_of(log)[4:]
    rows.append({**rows[0], "item_id": "nowhere"})
    found = match(
        read_assignments(write(tmp_path / "a.csv", rows, "user_id", "item_id", "cluster")), log
    )
    assert (found.labels[:4] == -1).all()
    assert (found.rows, found.unmatched, found.missing) == (len(rows), 1, 4)


def test_ids_neutralised_for_spreadsheets_are_known_again(tmp_path: Path) -> None:
    frame = make_log(users=1).frame.copy()
    frame["item_id"] = [f"=cmd|{at}" for at in range(len(frame))]
    log = ActivityLog(frame)
    rows = [{**row, "item_id": "'" + row["item_id"]} for row in rows_of(log)]
    found = match(
        read_assignments(write(tmp_path / "a.csv", rows, "user_id", "item_id", "cluster")), log
    )
    assert found.unmatched == found.missing == 0


def test_what_cannot_be_used_is_told_with_counts(log: ActivityLog, tmp_path: Path) -> None:
    rows = rows_of(log)
    path = tmp_path / "a.csv"
    with pytest.raises(InputError, match="'journey_id' or 'cluster'"):
        read_assignments(write(path, rows, "user_id", "item_id"))
    with pytest.raises(InputError, match="no column 'user_id'"):
        match(read_assignments(write(path, rows, "item_id", "cluster")), log)
    strangers = [{**row, "user_id": "x" + row["user_id"]} for row in rows]
    with pytest.raises(InputError, match=f"None of the {len(rows)} rows.* 0 have a user"):
        match(read_assignments(write(path, strangers, "user_id", "item_id", "cluster")), log)
    twice = [*rows, {**rows[0], "cluster": "another"}]
    with pytest.raises(InputError, match="1 events into several clusters"):
        match(read_assignments(write(path, twice, "user_id", "item_id", "cluster")), log)
    late = [{**rows[0], "timestamp": "yesterdayish"}]
    with pytest.raises(InputError, match="1 of 1 times"):
        read_assignments(write(path, late, "user_id", "item_id", "timestamp", "cluster"))
    with pytest.raises(InputError, match="There is no file"):
        read_assignments(tmp_path / "none.csv")
