"""Importing logs and reading them back."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from journeys.embedding.keys import text_keys
from journeys.errors import InputError, StoreError
from journeys.privacy import Keys, pseudonyms
from journeys.settings import Settings
from journeys.store import Store
from journeys.store import logs as logs_module
from journeys.store.engine import connect
from journeys.store.logs import LogStore
from journeys.timeline import COLUMNS, ActivityLog, ReadReport, Rejected
from tests.databases import PostgresServer

# Everything that UTF-8 can hold, the null character and unassigned code points included.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "user_id": TEXT,
            "timestamp": st.integers(-(10**15), 4 * 10**15),
            "item_id": TEXT,
            "title": TEXT,
            "text": TEXT,
            "url": TEXT,
            "action": TEXT,
            "source": TEXT,
        }
    ),
    min_size=1,
    max_size=20,
)
STORED = [name for name in COLUMNS if name != "user_id"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def log_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LogStore]:
    """One database for all examples of a property; each adds a log of its own."""
    with ExitStack() as opened:
        url = f"sqlite:///{tmp_path_factory.mktemp('logs') / 'journeys.sqlite3'}"
        if request.param == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            url = opened.enter_context(server.database())
        engine = connect(url)
        yield LogStore(engine, Keys.from_secret(bytes(range(32))))
        engine.dispose()


@given(EVENTS)
@limits(deadline=None, max_examples=60)
def test_what_goes_in_comes_out(log_store: LogStore, events: list[dict[str, object]]) -> None:
    frame = pd.DataFrame(events).astype(dict.fromkeys(COLUMNS, object))
    frame["timestamp"] = pd.to_datetime(frame["timestamp"].astype("int64"), unit="us", utc=True)
    log = ActivityLog(frame)
    keys = Keys.from_secret(bytes(range(32)))
    log_id = log_store.add(log, "property")
    alias = dict(zip(pseudonyms(keys.pseudonym, log.users), log.users, strict=True))
    seen = []
    start = 0
    for person_id, timeline in log_store.timelines(log_id):
        original = log.timeline(alias[timeline.user_id])
        assert timeline.start == start
        assert timeline.frame[STORED].to_dict("list") == kept(log_store, original.frame[STORED])
        assert timeline.frame["text_key"].tolist() == text_keys(keys.text, original.texts())
        alone = log_store.timeline(person_id)
        assert alone.user_id == timeline.user_id
        assert alone.frame.to_dict("list") == timeline.frame.to_dict("list")
        seen.append(original.user_id)
        start += len(timeline)
    assert sorted(seen) == list(log.users)
    times = log.frame["timestamp"].astype("int64")
    summary = log_store.get(log_id)
    assert (summary.n_events, summary.n_users) == (len(log), len(log.users))
    assert (summary.first_time, summary.last_time) == (times.min(), times.max())


def kept(log_store: LogStore, frame: pd.DataFrame) -> dict[Hashable, list[object]]:
    """What the store has of these events: PostgreSQL's texts cannot hold the null character."""
    if log_store._engine.dialect.name == "postgresql":
        texts = [name for name in frame if name != "timestamp"]
        frame = frame.assign(
            **{name: frame[name].map(lambda value: value.replace("\0", "\ufffd")) for name in texts}
        )
    return frame.to_dict("list")


def test_long_actions_and_sources_are_cut(store: Store, small_log: ActivityLog) -> None:
    frame = small_log.frame.assign(action="a" * 50, source="s" * 100)
    ((_, first), *_) = store.logs.timelines(store.logs.add(ActivityLog(frame), "long"))
    assert set(first.frame["action"]) == {"a" * 40}
    assert set(first.frame["source"]) == {"s" * 80}


def test_the_database_knows_pseudonyms_only(
    store: Store, small_log: ActivityLog, on_disk: Callable[[], bytes]
) -> None:
    log_id = store.logs.add(small_log, "Mail log")
    shown = [person.pseudonym for person in store.logs.people(log_id)]
    assert sorted(shown) == sorted(pseudonyms(store.keys.pseudonym, small_log.users))
    # Once with the write-ahead log in place, and once when closing has folded it in.
    open_bytes = on_disk()
    store.close()
    for content in (open_bytes, on_disk()):
        assert b"Only alice reads this" in content
        assert all(alias.encode() in content for alias in shown)
        assert b"example.org" not in content
        assert not any(
            user.partition("@")[0].encode() + b"@" in content for user in small_log.users
        )


def test_row_numbers_do_not_tell_the_order_of_ids(store: Store) -> None:
    frame = pd.DataFrame({"user_id": [f"user{n:03}" for n in range(50)], "title": "x"})
    frame["timestamp"] = pd.Timestamp("2024-01-01", tz="UTC")
    people = store.logs.people(store.logs.add(ActivityLog(frame), "many"))
    assert [p.id for p in people] == sorted(p.id for p in people)
    assert [p.pseudonym for p in people] == sorted(p.pseudonym for p in people)


def test_the_same_person_has_the_same_pseudonym_in_every_log(
    store: Store, small_log: ActivityLog
) -> None:
    first, second = (store.logs.add(small_log, name) for name in ("one", "two"))
    assert [p.pseudonym for p in store.logs.people(first)] == [
        p.pseudonym for p in store.logs.people(second)
    ]
    assert not {p.id for p in store.logs.people(first)} & {p.id for p in store.logs.people(second)}


def test_the_report_is_kept(store: Store, small_log: ActivityLog) -> None:
    rows = np.arange(len(small_log), dtype=np.int64)
    report = ReadReport(
        "csv",
        {"title": "Titel"},
        (Rejected(4, "no time", "a,,b"), Rejected(2, "no user", "\ud800half")),
        np.append(rows, 0),
        np.arange(7),
        ("Dates are day first.",),
        "ab" * 32,
    )
    log_id = store.logs.add(ActivityLog(small_log.frame, report, sorted_=True), "  Titel  ")
    summary = store.logs.get(log_id)
    assert (summary.name, summary.n_duplicates, summary.n_rejected) == ("Titel", 1, 2)
    assert summary.report == {
        "format": "csv",
        "mapping": {"title": "Titel"},
        "notes": ["Dates are day first."],
        "sha256": "ab" * 32,
        "rejected_by_reason": {"no time": 1, "no user": 1},
    }
    # A lone surrogate cannot be stored; it must not cost the import.
    expected = [report.rejected[0], replace(report.rejected[1], excerpt="\ufffdhalf")]
    assert list(store.logs.rejected(log_id)) == expected
    assert list(store.logs.rejected(log_id, limit=1)) == expected[:1]


def test_an_import_that_fails_leaves_nothing(store: Store, small_log: ActivityLog) -> None:
    def fail(stored: int, total: int) -> None:
        assert 0 < stored <= total == 6
        if stored > 3:
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        store.logs.add(small_log, "half", on_progress=fail)
    assert store.logs.count() == 0
    assert list(store.logs.list()) == []
    assert store.prune_caches().vectors == 0


def test_progress_reaches_the_end(store: Store, small_log: ActivityLog) -> None:
    told: list[tuple[int, int]] = []
    store.logs.add(small_log, "log", on_progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (6, 6)


def test_many_people_come_in_groups_and_in_order(
    store: Store, small_log: ActivityLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_id = store.logs.add(small_log, "log")
    together = [(person, list(timeline)) for person, timeline in store.logs.timelines(log_id)]
    monkeypatch.setattr(logs_module, "_EVENTS_AT_ONCE", 2)
    apart = [(person, list(timeline)) for person, timeline in store.logs.timelines(log_id)]
    assert [p for p, _ in together] == [p for p, _ in apart]
    assert [len(events) for _, events in together] == [len(events) for _, events in apart]
    assert [event.title for _, events in apart for event in events] == [
        event.title for _, events in together for event in events
    ]
    assert [p for p, _ in apart] == [person.id for person in store.logs.people(log_id)]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("  Mine ", "Mine"), ("", "Untitled log"), (" \n", "Untitled log"), ("x" * 300, "x" * 200),
     ("half \udc00", "half \ufffd")],
)  # fmt: skip
def test_names_of_logs(store: Store, small_log: ActivityLog, given: str, kept: str) -> None:
    log_id = store.logs.add(small_log, given)
    assert store.logs.get(log_id).name == kept
    store.logs.rename(log_id, "other")
    store.logs.rename(log_id, given)
    assert store.logs.get(log_id).name == kept


def test_logs_are_listed_newest_first(store: Store, small_log: ActivityLog) -> None:
    ids = [store.logs.add(small_log, str(n), is_sample=n == 1) for n in range(3)]
    listed = store.logs.list()
    assert [log.id for log in listed] == ids[::-1]
    assert [log.is_sample for log in listed] == [False, True, False]
    assert store.logs.count() == 3


def test_what_is_not_there(store: Store, small_log: ActivityLog) -> None:
    with pytest.raises(InputError, match="no event"):
        store.logs.add(ActivityLog(small_log.frame.head(0)), "empty")
    with pytest.raises(StoreError, match="no log 7"):
        store.logs.get(7)
    with pytest.raises(StoreError, match="erased"):
        store.logs.timeline(7)
    assert list(store.logs.timelines(7)) == []


def test_a_log_outlives_the_connection(
    store: Store, small_log: ActivityLog, settings: Settings
) -> None:
    log_id = store.logs.add(small_log, "kept")
    store.close()
    again = LogStore(connect(settings.database_url), store.keys)
    assert again.get(log_id).n_events == 6
