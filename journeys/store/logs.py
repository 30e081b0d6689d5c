"""Logs, the people in them, and their events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, func, insert, select, update

from journeys.errors import InputError, StoreError
from journeys.privacy import Keys, pseudonyms
from journeys.store.appending import (
    AppendReport,
    append_events,
    event_rows,
    keep_rejected,
    storable,
)
from journeys.store.engine import now
from journeys.store.schema import Assignment, EventRow, Log, Person, RejectedRow
from journeys.timeline import ActivityLog, Rejected, Timeline

_CHUNK = 5_000
_EVENTS_AT_ONCE = 50_000


@dataclass(frozen=True)
class LogSummary:
    """A log as the pages list it. Times are microseconds since 1970-01-01 UTC."""

    id: int
    name: str
    is_sample: bool
    created_at: int
    n_events: int
    n_users: int
    n_duplicates: int
    n_rejected: int
    first_time: int
    last_time: int
    report: dict[str, Any]

    def added_since(self, moment: int) -> int:
        """How many events were added to the log after a time."""
        added = self.report.get("appended", [])
        return sum(part["events"] for part in added if part["at"] > moment)


@dataclass(frozen=True)
class PersonSummary:
    """One person of a log."""

    id: int
    pseudonym: str
    n_events: int


class LogStore:
    """Import, list and read logs."""

    def __init__(self, engine: Engine, keys: Keys, tuned: Path | None = None) -> None:
        self._engine = engine
        self._keys = keys
        self._tuned = tuned

    def add(
        self,
        log: ActivityLog,
        name: str,
        *,
        is_sample: bool = False,
        provenance: dict[str, Any] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> int:
        """Store a log under pseudonyms, in one transaction; returns its id.

        ``provenance`` is the record of the import (:mod:`journeys.ingest.provenance`), kept with
        the log. ``on_progress`` is called with (events stored, events in all).

        Raises:
            InputError: the log holds no event.
        """
        if not len(log):
            raise InputError("The log holds no event, so there is nothing to store.")
        frame = log.frame
        times = frame["timestamp"].astype("int64").to_numpy()
        report = {
            "format": log.report.format,
            "mapping": dict(log.report.mapping),
            "notes": list(log.report.notes),
            "sha256": log.report.sha256,
            "rejected_by_reason": log.report.rejected_by_reason(),
        } | ({"provenance": [provenance]} if provenance else {})
        with self._engine.begin() as connection:
            log_id: int = connection.execute(
                insert(Log).returning(Log.id),
                {
                    "name": _clean_name(name),
                    "is_sample": is_sample,
                    "created_at": now(),
                    "n_events": len(log),
                    "n_users": len(log.users),
                    "n_duplicates": log.report.duplicates,
                    "n_rejected": len(log.report.rejected),
                    "first_time": int(times.min()),
                    "last_time": int(times.max()),
                    "report": report,
                },
            ).scalar_one()
            aliases = pseudonyms(self._keys.pseudonym, log.users)
            timelines = {t.user_id: len(t) for t in log.timelines()}
            # In the order of the pseudonyms, so that row numbers tell nothing of the ids.
            people = sorted(zip(aliases, log.users, strict=True))
            for start in range(0, len(people), _CHUNK):
                connection.execute(
                    insert(Person),
                    [
                        {"log_id": log_id, "pseudonym": alias, "n_events": timelines[user]}
                        for alias, user in people[start : start + _CHUNK]
                    ],
                )
            query = select(Person.pseudonym, Person.id).where(Person.log_id == log_id)
            person_ids = dict(iter(connection.execute(query)))
            stored = 0
            for alias, user in people:
                rows = event_rows(self._keys, log.timeline(user), person_ids[alias])
                for start in range(0, len(rows), _CHUNK):
                    connection.execute(insert(EventRow), rows[start : start + _CHUNK])
                stored += len(rows)
                if on_progress:
                    on_progress(stored, len(log))
            keep_rejected(connection, log_id, log.report.rejected)
        return log_id

    def append(
        self,
        log_id: int,
        log: ActivityLog,
        *,
        provenance: dict[str, Any] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> AppendReport:
        """Add events to a stored log, in one transaction. They may be older than what is there.

        Events that the log has already (same person, time and item) are left out, so that a
        newer export of the same history can be added whole.

        Args:
            provenance: the record of this import, kept beside those before it.
            on_progress: called with (events looked at, events in all).

        Raises:
            InputError: the log to add holds no event.
            StoreError: there is no log ``log_id``, or a discovery over it is going on.
        """
        return append_events(self._engine, self._keys, log_id, log, on_progress, provenance)

    def list(self) -> Sequence[LogSummary]:
        """All logs, newest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(Log.__table__).order_by(Log.id.desc())).mappings()
            return [LogSummary(**row) for row in rows]

    def get(self, log_id: int) -> LogSummary:
        """One log.

        Raises:
            StoreError: there is no such log.
        """
        with self._engine.connect() as connection:
            row = (
                connection.execute(select(Log.__table__).where(Log.id == log_id)).mappings().first()
            )
        if row is None:
            raise StoreError(f"There is no log {log_id}; it may have been deleted.")
        return LogSummary(**row)

    def rename(self, log_id: int, name: str) -> None:
        """Give a log another name."""
        with self._engine.begin() as connection:
            connection.execute(update(Log).where(Log.id == log_id).values(name=_clean_name(name)))

    def people(self, log_id: int) -> Sequence[PersonSummary]:
        """The people of a log, by pseudonym."""
        query = (
            select(Person.id, Person.pseudonym, Person.n_events)
            .where(Person.log_id == log_id)
            .order_by(Person.pseudonym)
        )
        with self._engine.connect() as connection:
            return [PersonSummary(*row) for row in connection.execute(query)]

    def rejected(self, log_id: int, limit: int | None = None) -> Sequence[Rejected]:
        """The records that could not be read, in input order."""
        query = (
            select(RejectedRow.row, RejectedRow.reason, RejectedRow.excerpt)
            .where(RejectedRow.log_id == log_id)
            .order_by(RejectedRow.id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [Rejected(*row) for row in connection.execute(query)]

    def timeline(self, person_id: int, run_id: int | None = None) -> Timeline:
        """One person's events, with ``event_id`` and ``text_key`` as further columns.

        Args:
            run_id: only the events that this run saw, without those that were added since.

        Raises:
            StoreError: there is no such person.
        """
        with self._engine.connect() as connection:
            alias = connection.scalar(select(Person.pseudonym).where(Person.id == person_id))
        if alias is None:
            raise StoreError("This person is no longer in the store; they may have been erased.")
        return _timeline(alias, self._events([person_id], run_id), 0)

    def timelines(self, log_id: int) -> Iterator[tuple[int, Timeline]]:
        """(person id, timeline) of everybody in a log, a bounded number of events at a time."""
        start = 0
        for group in _batches(self.people(log_id)):
            frame = self._events([person.id for person in group])
            bounds = frame["person_id"].to_numpy()
            for person in group:
                low, high = np.searchsorted(bounds, [person.id, person.id + 1])
                part = frame.iloc[int(low) : int(high)]
                yield person.id, _timeline(person.pseudonym, part, start)
                start += len(part)

    def some_titles(self, log_id: int, most: int) -> Sequence[str]:
        """Titles of at most so many events, of people in the order of their pseudonyms.

        These are keyed hashes, so who comes first is a draw.
        """
        query = (
            select(EventRow.title)
            .join(Person, Person.id == EventRow.person_id)
            .where(Person.log_id == log_id)
            .order_by(Person.pseudonym)
            .limit(most)
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def _events(self, person_ids: Sequence[int], run_id: int | None = None) -> pd.DataFrame:
        query = (
            select(
                EventRow.person_id,
                EventRow.id,
                EventRow.timestamp,
                EventRow.item_id,
                EventRow.title,
                EventRow.text,
                EventRow.url,
                EventRow.action,
                EventRow.source,
                EventRow.text_key,
            )
            .where(EventRow.person_id.in_(person_ids))
            .order_by(EventRow.person_id, EventRow.timestamp, EventRow.id)
        )
        if run_id is not None:
            query = query.join(Assignment, Assignment.event_id == EventRow.id).where(
                Assignment.run_id == run_id
            )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        columns = [[row[at] for row in rows] for at in range(10)]
        times = pd.to_datetime(np.asarray(columns[2], dtype="int64"), unit="us", utc=True)
        strings = {
            name: pd.Series(values, dtype="str")
            for name, values in zip(
                ("item_id", "title", "text", "url", "action", "source"), columns[3:9], strict=True
            )
        }
        return pd.DataFrame(
            {
                "person_id": np.asarray(columns[0], dtype=np.int64),
                "event_id": np.asarray(columns[1], dtype=np.int64),
                "timestamp": pd.Series(times).dt.as_unit("us"),
                **strings,
                "text_key": pd.Series(columns[9], dtype=object),
            }
        )

    def delete(self, log_id: int) -> None:
        """Remove a log with everything found in it; see :mod:`journeys.store.erase`."""
        from journeys.store.erase import erase_log

        erase_log(self._engine, log_id, tuned=self._tuned)

    def count(self) -> int:
        """How many logs there are."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.count(Log.id))) or 0


def _timeline(alias: str, events: pd.DataFrame, start: int) -> Timeline:
    frame = events.drop(columns="person_id")
    frame.insert(0, "user_id", pd.Series(alias, index=frame.index, dtype="str"))
    return Timeline(alias, frame, start)


def _clean_name(name: str) -> str:
    return storable(name).strip()[:200].strip() or "Untitled log"


def _batches(people: Sequence[PersonSummary]) -> Iterator[list[PersonSummary]]:
    """People in the order of their ids, grouped so that a group has a bounded number of events."""
    group: list[PersonSummary] = []
    events = 0
    for person in sorted(people, key=lambda p: p.id):
        if group and (events + person.n_events > _EVENTS_AT_ONCE or len(group) >= 500):
            yield group
            group, events = [], 0
        group.append(person)
        events += person.n_events
    if group:
        yield group
