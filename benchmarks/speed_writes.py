"""Writing to the database: the store's way against one insert after the other.

    python benchmarks/speed_writes.py [--events 20000] [--repeats 3] [--database URL]

The same rows go into the same tables of fresh databases: a log's events, and the assignments of a
run. Arms: the store (``logs.add``, ``results.save_user``, with all else that they do); one INSERT a
row in one transaction; one INSERT a row in a transaction each (of ``--single`` rows, scaled up).
SQLite with the store's own settings, in a temporary folder; or a PostgreSQL by its URL, whose
database is emptied.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import provenance
from sqlalchemy import delete, func, insert, select

from journeys.discovery import DiscoveryConfig
from journeys.journey import UserJourneys
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.store.schema import Assignment, EventRow, Log
from journeys.timeline import ActivityLog

EVENTS_A_USER = 200


def made_log(events: int) -> ActivityLog:
    """Made-up events of people with 200 each."""
    at = np.arange(events)
    frame = pd.DataFrame(
        {
            "user_id": [f"u{number:06d}" for number in at // EVENTS_A_USER],
            "timestamp": pd.to_datetime(1_600_000_000 + at * 60, unit="s", utc=True),
            "item_id": [f"i{number}" for number in at],
            "title": [f"a made-up title, number {number}" for number in at],
        }
    )
    return ActivityLog(frame)


def stored(store: Store, log: ActivityLog) -> tuple[float, float, int, int]:
    """Seconds for the events and for the assignments by the store, with the ids of log and run."""
    start = time.perf_counter()
    log_id = store.logs.add(log, "speed")
    events = time.perf_counter() - start
    run_id = store.runs.create(log_id, DiscoveryConfig(map="none").to_dict())
    people = [(person.id, store.logs.timeline(person.id)) for person in store.logs.people(log_id)]
    start = time.perf_counter()
    for person, timeline in people:
        count = len(timeline)
        nothing = UserJourneys(timeline.user_id, (), np.full(count, -1), np.zeros(count))
        store.results.save_user(run_id, person, event_ids(store, person), nothing)
    return events, time.perf_counter() - start, log_id, run_id


def event_ids(store: Store, person: int) -> np.ndarray:
    """Ids of a person's events, in their order."""
    with store.engine.connect() as connection:
        query = select(EventRow.id).where(EventRow.person_id == person).order_by(EventRow.id)
        return np.array(connection.scalars(query).all())


def rows_of(store: Store, table: Any) -> list[dict[str, Any]]:
    """All rows of a table."""
    with store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table.__table__)).mappings()]


def one_by_one(store: Store, table: Any, rows: Sequence[dict[str, Any]], *, each: bool) -> float:
    """Seconds for one INSERT a row, in one transaction or in a transaction each."""
    with store.engine.begin() as connection:
        connection.execute(delete(table))
    start = time.perf_counter()
    if each:
        for row in rows:
            with store.engine.begin() as connection:
                connection.execute(insert(table), row)
    else:
        with store.engine.begin() as connection:
            for row in rows:
                connection.execute(insert(table), row)
    took = time.perf_counter() - start
    with store.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table)) == len(rows)
    return took


def measure(settings: Settings, log: ActivityLog, single: int) -> dict[str, tuple[float, ...]]:
    """Seconds of the three arms for events and assignments."""
    store = open_store(settings)
    try:
        events, assignments, log_id, _ = stored(store, log)
        event_rows, assigned = rows_of(store, EventRow), rows_of(store, Assignment)
        scale = len(event_rows) / single
        alone = {
            # Assignments go first, since they refer to events.
            "a": one_by_one(store, Assignment, assigned, each=False),
            "a each": one_by_one(store, Assignment, assigned[:single], each=True) * scale,
        }
        with store.engine.begin() as connection:
            connection.execute(delete(Assignment))
        alone["e"] = one_by_one(store, EventRow, event_rows, each=False)
        alone["e each"] = one_by_one(store, EventRow, event_rows[:single], each=True) * scale
        with store.engine.begin() as connection:
            connection.execute(delete(Log).where(Log.id == log_id))
    finally:
        store.close()
    return {
        "events": (events, alone["e"], alone["e each"]),
        "assignments": (assignments, alone["a"], alone["a each"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--single", type=int, default=1000, help="rows in a transaction each")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--database", default="", metavar="URL", help="a PostgreSQL; else SQLite")
    options = parser.parse_args()
    print(provenance())
    log = made_log(options.events)
    best: dict[str, tuple[float, ...]] = {}
    for _ in range(options.repeats):
        with tempfile.TemporaryDirectory() as home:
            values = {"JOURNEYS_HOME": str(Path(home)), "DATABASE_URL": options.database}
            settings = Settings.from_environment(values)
            for what, took in measure(settings, log, options.single).items():
                best[what] = tuple(map(min, took, best.get(what, took)))
    kind = "PostgreSQL" if options.database else "SQLite"
    print(f"\n{options.events:,} rows, {kind}, the fastest of {options.repeats}\n")
    print("| rows | the store | one by one, one transaction | times | one by one, a transaction "
          "each | times |\n|---|---|---|---|---|---|")  # fmt: skip
    for what, (ours, together, each) in best.items():
        print(
            f"| {what} | {ours:.2f} s | {together:.2f} s | {together / ours:.1f} "
            f"| {each:.2f} s | {each / ours:.1f} |"
        )


if __name__ == "__main__":
    main()
