"""The one structure that all views read."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.timeline import COLUMNS, ActivityLog, Event, ReadReport, Rejected, embedding_text

ROWS = st.lists(
    st.tuples(st.sampled_from(["b", "a", "ä", "", "😀", "\uffff"]), st.integers(0, 5)), max_size=40
)


def log_of(rows: list[tuple[str, int]]) -> ActivityLog:
    frame = pd.DataFrame(rows, columns=["user_id", "seconds"])
    frame["timestamp"] = pd.to_datetime(frame.pop("seconds").astype("int64"), unit="s", utc=True)
    frame["title"] = [str(at) for at in range(len(rows))]
    return ActivityLog(frame.astype({"user_id": object}))


@given(ROWS)
def test_rows_are_sorted_by_user_then_time_then_input(rows: list[tuple[str, int]]) -> None:
    log = log_of(rows)
    expected = sorted((user, time, at) for at, (user, time) in enumerate(rows))
    assert [int(title) for title in log.frame["title"]] == [at for _, _, at in expected]
    assert log.frame["user_id"].tolist() == [user for user, _, _ in expected]


@given(ROWS)
def test_timelines_share_the_log_out(rows: list[tuple[str, int]]) -> None:
    log = log_of(rows)
    assert list(log.users) == sorted({user for user, _ in rows})
    timelines = list(log.timelines())
    assert sum(len(timeline) for timeline in timelines) == len(log) == len(rows)
    start = 0
    for timeline in timelines:
        assert timeline.start == start
        assert set(timeline.frame["user_id"]) == {timeline.user_id}
        assert np.all(np.diff(timeline.times) >= 0)
        assert log.timeline(timeline.user_id).titles == timeline.titles
        start += len(timeline)


@given(ROWS)
def test_the_report_of_a_log_made_in_memory_leads_back_to_the_input(
    rows: list[tuple[str, int]],
) -> None:
    log = log_of(rows)
    titles = log.frame["title"].to_numpy()[log.report.record_event]
    assert titles.tolist() == [str(at) for at in range(len(rows))]
    assert log.report.record_row.tolist() == list(range(1, len(rows) + 1))
    assert log.report.duplicates == 0


def test_an_index_of_the_frame_does_not_matter() -> None:
    frame = pd.DataFrame(
        {"user_id": ["b", "a"], "timestamp": pd.to_datetime([0, 0], utc=True), "title": ["x", "y"]},
        index=[7, 7],
    )
    log = ActivityLog(frame)
    assert log.frame["title"].tolist() == ["y", "x"]
    assert log.report.record_event.tolist() == [1, 0]


@pytest.mark.parametrize("absent", ["z", "A", "aa"])
def test_a_user_that_is_not_there(absent: str) -> None:
    with pytest.raises(KeyError, match="not in this log of 2 users"):
        log_of([("a", 0), ("b", 0)]).timeline(absent)


def test_missing_columns_are_filled_in_and_further_ones_kept() -> None:
    frame = pd.DataFrame(
        {
            "user_id": [1, 2],
            "timestamp": pd.to_datetime(["2024-01-01T12:00+02:00"] * 2),
            "title": ["x", None],
            "rating": [5, 3],
        }
    )
    log = ActivityLog(frame)
    assert list(log.frame.columns) == [*COLUMNS, "rating"]
    assert list(log.timeline("1")) == [
        Event("1", datetime(2024, 1, 1, 10, tzinfo=UTC), "x", "x", attributes={"rating": 5})
    ]
    assert log.timeline("2").titles == [""]
    assert log.timeline("1").times.tolist() == [1_704_103_200_000_000]


@pytest.mark.parametrize("column", ["user_id", "timestamp", "title"])
def test_a_needed_column_that_is_missing_is_named(column: str) -> None:
    frame = log_of([("a", 0)]).frame.drop(columns=column)
    with pytest.raises(ValueError, match=f"lacks the column '{column}'"):
        ActivityLog(frame)


def test_times_without_a_zone_are_refused() -> None:
    frame = log_of([("a", 0)]).frame
    frame["timestamp"] = frame["timestamp"].dt.tz_localize(None)
    with pytest.raises(ValueError, match="timezone-aware"):
        ActivityLog(frame)


def test_lone_surrogates_are_refused_where_the_log_is_built() -> None:
    frame = log_of([("a", 0)]).frame
    frame["title"] = pd.Series(["\ud800"], dtype=object)
    with pytest.raises(ValueError, match="surrogates"):
        ActivityLog(frame)


def test_an_empty_log() -> None:
    log = log_of([])
    assert (len(log), list(log.users), list(log.timelines())) == (0, [], [])


def test_what_is_embedded() -> None:
    assert embedding_text("title", "") == "title"
    assert embedding_text("title", "text") == "title. text"
    assert embedding_text("x" * 2000, "text") == "x" * 1000
    assert len(embedding_text("x", "y" * 2000)) == 1000


def test_a_report_counts() -> None:
    rejected = (Rejected(3, "no time"), Rejected(1, "no user"), Rejected(4, "no time"))
    report = ReadReport("csv", {}, rejected, np.array([0, 1, 0, 0]), np.array([2, 5, 6, 7]))
    assert report.duplicates == 2
    assert list(report.rejected_by_reason().items()) == [("no time", 2), ("no user", 1)]
