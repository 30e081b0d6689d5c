"""Adding events to a stored log."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from journeys.errors import InputError, StoreError
from journeys.store import AppendReport, Store
from journeys.timeline import ActivityLog, ReadReport, Rejected


def log_of(*rows: tuple[str, str, str, str], rejected: tuple[Rejected, ...] = ()) -> ActivityLog:
    frame = pd.DataFrame(rows, columns=["user_id", "timestamp", "item_id", "title"])
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)
    read = ActivityLog(frame)
    if rejected:
        old = read.report
        read.report = ReadReport("csv", {}, rejected, old.record_event, old.record_row)
    return read


NEW = log_of(
    ("alice@example.org", "2024-01-02", "a2", "Strumming patterns"),  # there already
    ("alice@example.org", "2024-01-02", "a9", "Another item at the same time"),
    ("alice@example.org", "2023-06-01", "a0", "Older than everything"),
    ("dave@example.org", "2024-03-01", "d1", "Somebody new"),
    rejected=(Rejected(7, "no time", "x"),),
)


@pytest.fixture
def log_id(store: Store, small_log: ActivityLog) -> int:
    return store.logs.add(small_log, "log")


def people(store: Store, log_id: int) -> dict[int, int]:
    return {p.id: p.n_events for p in store.logs.people(log_id)}


def test_what_is_new_is_added_and_what_is_there_is_left_out(
    store: Store, log_id: int, small_log: ActivityLog
) -> None:
    before, old = store.logs.get(log_id), people(store, log_id)
    progress: list[tuple[int, int]] = []
    report = store.logs.append(
        log_id, NEW, on_progress=lambda done, total: progress.append((done, total))
    )
    assert report == AppendReport(events=3, duplicates=1, people=1, changed=2)
    assert progress[-1] == (4, 4)
    log = store.logs.get(log_id)
    assert (log.n_events, log.n_users) == (before.n_events + 3, before.n_users + 1)
    assert (log.n_duplicates, log.n_rejected) == (1, 1)
    assert log.first_time == int(pd.Timestamp("2023-06-01", tz="UTC").value // 1000)
    assert log.last_time == int(pd.Timestamp("2024-03-01", tz="UTC").value // 1000)
    assert log.report["rejected_by_reason"] == {"no time": 1}
    (note,) = log.report["appended"]
    assert (note["events"], note["duplicates"], note["people"]) == (3, 1, 1)
    assert [r.reason for r in store.logs.rejected(log_id)] == ["no time"]
    now = people(store, log_id)
    assert sum(now.values()) == log.n_events
    assert set(old) < set(now)
    for person, timeline in store.logs.timelines(log_id):
        assert len(timeline) == now[person]
        assert timeline.frame["timestamp"].is_monotonic_increasing
    titles = {tuple(t.titles) for _, t in store.logs.timelines(log_id)}
    assert (
        "Older than everything",
        "Tuning a ukulele",
        "Strumming patterns",
        "Another item at the same time",
        "Only alice reads this",
    ) in titles


def test_adding_the_same_again_adds_nothing(
    store: Store, log_id: int, small_log: ActivityLog
) -> None:
    store.logs.append(log_id, NEW)
    before = store.logs.get(log_id)
    for again in (NEW, small_log):
        assert store.logs.append(log_id, again).events == 0
    after = store.logs.get(log_id)
    assert (after.n_events, after.n_users) == (before.n_events, before.n_users)
    assert (after.first_time, after.last_time) == (before.first_time, before.last_time)


def test_new_people_are_pseudonyms_too(
    store: Store, log_id: int, on_disk: Callable[[], bytes]
) -> None:
    store.logs.append(log_id, NEW)
    assert b"dave" not in on_disk()
    assert b"Somebody new" in on_disk()


def test_a_log_that_is_gone_empty_or_busy(store: Store, log_id: int) -> None:
    with pytest.raises(StoreError, match="no log 99"):
        store.logs.append(99, NEW)
    with pytest.raises(InputError, match="nothing to add"):
        store.logs.append(log_id, ActivityLog(NEW.frame.iloc[:0]))
    before = store.logs.get(log_id)
    run_id = store.runs.create(log_id, {})
    with pytest.raises(StoreError, match="going on"):
        store.logs.append(log_id, NEW)
    assert store.logs.get(log_id) == before
    store.runs.request_cancel(run_id)
    assert store.logs.append(log_id, NEW).events == 3


def test_an_append_that_fails_leaves_nothing(store: Store, log_id: int) -> None:
    before = store.logs.get(log_id)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.logs.append(log_id, NEW, on_progress=stop)
    assert store.logs.get(log_id) == before
    assert sum(people(store, log_id).values()) == before.n_events
