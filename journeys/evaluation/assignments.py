"""Anybody's clusters, from a file, matched to the events of a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from journeys.errors import InputError
from journeys.spreadsheet import unsafe_cell
from journeys.timeline import ActivityLog

#: Our name -> what the column may be called, in order of preference.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "user_id": ("user_id", "user"),
    "item_id": ("item_id", "item"),
    "timestamp": ("timestamp", "time"),
    "cluster": ("journey_id", "cluster", "label", "cluster_id"),
    "membership": ("membership", "confidence"),
}

#: Values of the cluster column, in lower case, that stand for "in none".
NONE = ("", "-1", "-1.0", "nan", "none", "null")


@dataclass(frozen=True)
class Assignments:
    """Rows of a file of clusters, as text; see :data:`COLUMNS`.

    Attributes:
        times: shape ``(rows,)``, microseconds since 1970-01-01 UTC; None without such a column.
        membership: shape ``(rows,)``, float; None without such a column.
    """

    name: str
    users: Sequence[str] | None
    items: Sequence[str]
    times: np.ndarray | None
    clusters: Sequence[str]
    membership: np.ndarray | None


@dataclass(frozen=True)
class Matched:
    """Assignments by event of a log.

    Attributes:
        labels: shape ``(events,)``, int64 in the order of the log's frame, -1 for unassigned.
        membership: shape ``(events,)``, float, 0 for events without a row; None where not given.
        rows: rows of the file.
        unmatched: rows that are of no event of the log.
        missing: events without a row, which count as unassigned.
    """

    labels: np.ndarray
    membership: np.ndarray | None
    rows: int
    unmatched: int
    missing: int


def read_assignments(path: Path, timezone: str = "UTC") -> Assignments:
    """Read CSV, TSV, JSON, JSONL or Parquet, plain, gz or zip, with one row an event.

    Raises:
        InputError: the file cannot be read, a column is missing, or a time or membership cannot
            be understood.
    """
    from journeys.ingest.cleaning import as_text
    from journeys.ingest.container import open_container
    from journeys.ingest.contract import Context, ReadLimits
    from journeys.ingest.table import open_table

    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    limits = ReadLimits()
    with open_container(path, limits=limits, digest=False) as container:
        table = open_table(container.members[0], Context(limits))
        chosen = {
            ours: next((name for name in names if name in table.columns), None)
            for ours, names in COLUMNS.items()
        }
        for needed in ("item_id", "cluster"):
            if chosen[needed] is None:
                raise InputError(
                    f"{path.name} has no column {' or '.join(map(repr, COLUMNS[needed]))}; it has "
                    f"{', '.join(map(repr, table.columns[:20]))}."
                )
        wanted = [name for name in chosen.values() if name is not None]
        cells: dict[str, list[str]] = {name: [] for name in wanted}
        for batch in table.read(wanted, 1):
            for name in wanted:
                cells[name].extend(as_text(cell) for cell in batch.columns[name])

    def column(ours: str) -> list[str] | None:
        name = chosen[ours]
        return None if name is None else cells[name]

    clusters = column("cluster") or []
    if not clusters:
        raise InputError(f"{path.name} has no rows.")
    return Assignments(
        name=path.name,
        users=column("user_id"),
        items=column("item_id") or [],
        times=_times(column("timestamp"), path.name, timezone),
        clusters=clusters,
        membership=_numbers(column("membership"), path.name),
    )


def match(assignments: Assignments, log: ActivityLog) -> Matched:
    """Find the event, or events, of each row by user, item and, where given, time.

    Without times, all of a user's events of an item get its cluster. Apostrophes that our own CSV
    files put before cells like formulas are taken away where that makes an id known.

    Raises:
        InputError: no row is of an event of the log, or one event has rows of several clusters.
    """
    users = assignments.users
    if users is None:
        if len(log.users) > 1:
            raise InputError(
                f"{assignments.name} has no column 'user_id', and the log has "
                f"{len(log.users):,} users."
            )
        users = [log.users[0]] * len(assignments.items)
    events = _events_by_key(log, timed=assignments.times is not None)
    labels = np.full(len(log), -1, dtype=np.int64)
    row_of = np.full(len(log), -1, dtype=np.int64)
    numbers: dict[str, int] = {}
    unmatched = contradictions = 0
    for row, (user, item, cluster) in enumerate(
        zip(users, assignments.items, assignments.clusters, strict=True)
    ):
        time = None if assignments.times is None else int(assignments.times[row])
        found = events.get((user, item, time)) or events.get(
            (unsafe_cell(user), unsafe_cell(item), time)
        )
        if not found:
            unmatched += 1
            continue
        none = cluster.strip().lower() in NONE
        label = -1 if none else numbers.setdefault(cluster, len(numbers))
        for event in found:
            contradictions += bool(row_of[event] >= 0 and labels[event] != label)
            labels[event], row_of[event] = label, row
    rows = len(assignments.items)
    if unmatched == rows:
        raise InputError(_nothing_matches(assignments, users, log))
    if contradictions:
        raise InputError(
            f"{assignments.name} puts {contradictions:,} events into several clusters. Give one "
            "row an event" + ("." if assignments.times is not None else ", with a timestamp.")
        )
    membership = None
    if assignments.membership is not None:
        membership = np.where(row_of >= 0, assignments.membership[row_of], 0.0)
    return Matched(labels, membership, rows, unmatched, int((row_of < 0).sum()))


def _events_by_key(
    log: ActivityLog, *, timed: bool
) -> dict[tuple[str, str, int | None], list[int]]:
    frame = log.frame
    times: Sequence[int | None] = [None] * len(log)
    if timed:
        times = frame["timestamp"].astype("int64").tolist()
    keys = zip(frame["user_id"].tolist(), frame["item_id"].tolist(), times, strict=True)
    events: dict[tuple[str, str, int | None], list[int]] = {}
    for at, key in enumerate(keys):
        events.setdefault(key, []).append(at)
    return events


def _nothing_matches(assignments: Assignments, users: Sequence[str], log: ActivityLog) -> str:
    known_users, known_items = set(log.users), set(log.frame["item_id"].tolist())
    rows = len(users)
    of_user = sum(user in known_users or unsafe_cell(user) in known_users for user in users)
    of_item = sum(
        item in known_items or unsafe_cell(item) in known_items for item in assignments.items
    )
    by = "user, item and time" if assignments.times is not None else "user and item"
    return (
        f"None of the {rows:,} rows of {assignments.name} is of an event of this log by {by}: "
        f"{of_user:,} have a user of the log (e.g. {log.users[0]!r}; the file {users[0]!r}), "
        f"{of_item:,} an item of it. Give the log's own ids, not pseudonyms."
    )


def _times(values: list[str] | None, name: str, timezone: str) -> np.ndarray | None:
    from journeys.ingest.times import parse_times

    if values is None:
        return None
    times = parse_times(values, timezone)
    bad = np.flatnonzero(times.reasons != "")
    if len(bad):
        raise InputError(
            f"{len(bad):,} of {len(values):,} times in {name} cannot be read, e.g. "
            f"{values[bad[0]]!r} in row {bad[0] + 1:,}. Leave the column out to match by item."
        )
    return times.micros


def _numbers(values: list[str] | None, name: str) -> np.ndarray | None:
    if values is None:
        return None
    numbers = np.zeros(len(values))
    for at, value in enumerate(values):
        try:
            numbers[at] = float(value or 0.0)
        except ValueError:
            numbers[at] = np.nan
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        raise InputError(
            f"{len(bad):,} of {len(values):,} memberships in {name} are no numbers, e.g. "
            f"{values[bad[0]]!r} in row {bad[0] + 1:,}."
        )
    return numbers
