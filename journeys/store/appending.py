"""Events into the store: their rows, and adding them to a log that is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from journeys.embedding.keys import text_keys
from journeys.errors import InputError, StoreError
from journeys.privacy import Keys, pseudonyms
from journeys.store.engine import now, still_there
from journeys.store.runs import ACTIVE
from journeys.store.schema import EventRow, Log, Person, RejectedRow, Run
from journeys.timeline import ActivityLog, Rejected, Timeline

_CHUNK = 5_000

#: Code points that UTF-8 cannot hold. An ``ActivityLog`` has none; a report's excerpts may.
_SURROGATES = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class AppendReport:
    """What became of a log that was added to another.

    Attributes:
        events: new events that were stored.
        duplicates: events that were there already (same person, time and item), left out.
        people: how many of the people are new.
        changed: how many people, new ones among them, have new events.
    """

    events: int
    duplicates: int
    people: int
    changed: int


def append_events(
    engine: Engine,
    keys: Keys,
    log_id: int,
    log: ActivityLog,
    on_progress: Callable[[int, int], None] | None = None,
    provenance: dict[str, Any] | None = None,
) -> AppendReport:
    """Add events to a stored log; see :meth:`journeys.store.logs.LogStore.append`."""
    if not len(log):
        raise InputError("The file holds no event, so there is nothing to add.")
    aliases = dict(zip(pseudonyms(keys.pseudonym, log.users), log.users, strict=True))
    with still_there("This log"), engine.begin() as connection:
        _lock_for_append(connection, log_id)
        query = select(Person.pseudonym, Person.id).where(Person.log_id == log_id)
        known = dict(iter(connection.execute(query)))
        new = sorted(alias for alias in aliases if alias not in known)
        for start in range(0, len(new), _CHUNK):
            connection.execute(
                insert(Person),
                [
                    {"log_id": log_id, "pseudonym": alias, "n_events": 0}
                    for alias in new[start : start + _CHUNK]
                ],
            )
        person_ids = dict(iter(connection.execute(query)))
        added = looked = changed = 0
        for alias in sorted(aliases):
            timeline = log.timeline(aliases[alias])
            rows = event_rows(keys, timeline, person_ids[alias])
            if alias in known:
                there = _moments(connection, person_ids[alias], timeline)
                rows = [r for r in rows if (r["timestamp"], r["item_id"]) not in there]
            for start in range(0, len(rows), _CHUNK):
                connection.execute(insert(EventRow), rows[start : start + _CHUNK])
            if rows:
                connection.execute(
                    update(Person)
                    .where(Person.id == person_ids[alias])
                    .values(n_events=Person.n_events + len(rows))
                )
            added += len(rows)
            changed += bool(rows)
            looked += len(timeline)
            if on_progress:
                on_progress(looked, len(log))
        report = AppendReport(added, len(log) - added, len(new), changed)
        _note_appended(connection, log_id, log, report, provenance)
        keep_rejected(connection, log_id, log.report.rejected)
    return report


def event_rows(keys: Keys, timeline: Timeline, person_id: int) -> list[dict[str, Any]]:
    """The rows of a timeline's events."""
    frame = timeline.frame
    columns = ("item_id", "title", "text", "url", "action", "source")
    values = [frame[column].tolist() for column in columns]
    text_key = text_keys(keys.text, timeline.texts())
    return [
        {
            "person_id": person_id,
            "timestamp": time,
            "text_key": key,
            "item_id": item,
            "title": title,
            "text": text,
            "url": url,
            "action": action[:40],
            "source": source[:80],
        }
        for time, key, item, title, text, url, action, source in zip(
            timeline.times.tolist(), text_key, *values, strict=True
        )
    ]


def keep_rejected(connection: Connection, log_id: int, rejected: Sequence[Rejected]) -> None:
    """Store the records that could not be read."""
    rows = [
        {
            "log_id": log_id,
            "row": r.row,
            "reason": storable(r.reason),
            "excerpt": storable(r.excerpt),
        }
        for r in rejected
    ]
    for start in range(0, len(rows), _CHUNK):
        connection.execute(insert(RejectedRow), rows[start : start + _CHUNK])


def _lock_for_append(connection: Connection, log_id: int) -> None:
    """Hold the log's row until the transaction ends, so that two appends go one by one."""
    if not connection.execute(update(Log).where(Log.id == log_id).values(id=log_id)).rowcount:
        raise StoreError(f"There is no log {log_id}; it may have been deleted.")
    active = select(Run.id).where(Run.log_id == log_id, Run.status.in_(ACTIVE)).limit(1)
    if connection.scalar(active) is not None:
        raise StoreError(
            "A discovery over this log is going on, and would see only some of the new events. "
            "Add them once it has ended, or stop it first."
        )


def _moments(connection: Connection, person_id: int, timeline: Timeline) -> set[tuple[int, str]]:
    """(time, item id) of a person's stored events within the time that ``timeline`` spans."""
    times = timeline.times
    query = select(EventRow.timestamp, EventRow.item_id).where(
        EventRow.person_id == person_id,
        EventRow.timestamp.between(int(times.min()), int(times.max())),
    )
    return {(time, item) for time, item in connection.execute(query)}


def _note_appended(
    connection: Connection,
    log_id: int,
    log: ActivityLog,
    report: AppendReport,
    provenance: dict[str, Any] | None,
) -> None:
    """Bring a log's counts, times and reading report up to date."""
    times = log.frame["timestamp"].astype("int64").to_numpy()
    row = connection.execute(select(Log.__table__).where(Log.id == log_id)).one()
    reasons = Counter(row.report.get("rejected_by_reason", {}))
    reasons.update(log.report.rejected_by_reason())
    read = {
        "at": now(),
        "format": log.report.format,
        "sha256": log.report.sha256,
        "events": report.events,
        "duplicates": report.duplicates,
        "people": report.people,
    }
    records = [*row.report.get("provenance", []), *([provenance] if provenance else [])]
    added = bool(report.events)
    connection.execute(
        update(Log)
        .where(Log.id == log_id)
        .values(
            n_events=row.n_events + report.events,
            n_users=row.n_users + report.people,
            n_duplicates=row.n_duplicates + report.duplicates + log.report.duplicates,
            n_rejected=row.n_rejected + len(log.report.rejected),
            first_time=min(row.first_time, int(times.min())) if added else row.first_time,
            last_time=max(row.last_time, int(times.max())) if added else row.last_time,
            report=row.report
            | {
                "rejected_by_reason": dict(reasons.most_common()),
                "appended": [*row.report.get("appended", []), read],
            }
            | ({"provenance": records} if records else {}),
        )
    )


def storable(text: str) -> str:
    """The text with what UTF-8 cannot hold replaced."""
    return _SURROGATES.sub("\ufffd", text)
