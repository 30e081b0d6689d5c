"""Times of every common form, decided for the column, checked against hand-made values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.errors import InputError
from journeys.ingest.times import (
    MISSING,
    NOT_UNDERSTOOD,
    TOO_EARLY,
    TOO_LATE,
    parse_times,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(1975, 1, 1), datetime(2026, 1, 1))


def micros(*args: int) -> int:
    since = datetime(*args, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29T23:59:59Z", (2024, 2, 29, 23, 59, 59)),
        ("2024-02-29 23:59", (2024, 2, 29, 23, 59)),
        ("2024-02-29", (2024, 2, 29)),
        ("2024-02-29T12:00:00.123456789Z", (2024, 2, 29, 12, 0, 0, 123456)),
        ("2024-02-29T12:00:00,5+0530", (2024, 2, 29, 6, 30, 0, 500000)),
        ("2024-02-29T12:00:00-08", (2024, 2, 29, 20)),
        ("2014-08-27 00:59:46 UTC", (2014, 8, 27, 0, 59, 46)),
        ("1600133363", (2020, 9, 15, 1, 29, 23)),
        ("1600133363.72", (2020, 9, 15, 1, 29, 23, 720000)),
        ("1600133363720", (2020, 9, 15, 1, 29, 23, 720000)),
        ("1600133363720001", (2020, 9, 15, 1, 29, 23, 720001)),
        ("1600133363720001999", (2020, 9, 15, 1, 29, 23, 720001)),
        ("20240229", (2024, 2, 29)),
        ("20240229T101500Z", (2024, 2, 29, 10, 15)),
        ("2014/04/05", (2014, 4, 5)),
        ("31/12/2020 18:05", (2020, 12, 31, 18, 5)),
        ("12/31/20, 6:05 PM", (2020, 12, 31, 18, 5)),
        ("31.12.2020 18:05:01", (2020, 12, 31, 18, 5, 1)),
        ("Jan 5, 2024, 12:13:22\u202fAM UTC", (2024, 1, 5, 0, 13, 22)),
        ("5 January 2024 at 10:22", (2024, 1, 5, 10, 22)),
        ("January 5th, 2024", (2024, 1, 5)),
        ("Fri, 05 Jan 2024 10:22:00 GMT", (2024, 1, 5, 10, 22)),
        ("Fri, 05 Jan 2024 10:22:00 +0100 (CET)", (2024, 1, 5, 9, 22)),
        ("Wed Oct 10 20:19:24 +0000 2018", (2018, 10, 10, 20, 19, 24)),
        ("Mar 3, 2021, 10:00:00 PM PST", (2021, 3, 4, 6)),
        ("31-Dec-2020", (2020, 12, 31)),
    ],
)
def test_forms(text: str, expected: tuple[int, ...]) -> None:
    times = parse_times([text], now=NOW)
    assert times.reasons.tolist() == [""]
    assert times.micros.tolist() == [micros(*expected)]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, MISSING),
        ("", MISSING),
        (float("nan"), MISSING),
        ("soon", NOT_UNDERSTOOD),
        ("2023-02-29", NOT_UNDERSTOOD),
        ("31/02/2020", NOT_UNDERSTOOD),
        ("13/13/2020", NOT_UNDERSTOOD),
        ("25:00", NOT_UNDERSTOOD),
        ("2020", NOT_UNDERSTOOD),
        ("17", NOT_UNDERSTOOD),
        ("inf", NOT_UNDERSTOOD),
        ("1e400", NOT_UNDERSTOOD),
        ("9" * 30, NOT_UNDERSTOOD),
        ("1969-12-31", TOO_EARLY),
        ("0001-01-01", TOO_EARLY),
        ("2099-01-01", TOO_LATE),
        ("9999-12-31", TOO_LATE),
    ],
)
def test_what_is_no_time(value: object, reason: str) -> None:
    assert parse_times([value], now=NOW).reasons.tolist() == [reason]  # type: ignore[list-item]


def test_day_or_month_first_is_decided_by_the_column() -> None:
    assert parse_times(["3/4/2021", "13/4/2021"], now=NOW).micros[0] == micros(2021, 4, 3)
    assert parse_times(["3/4/2021", "4/13/2021"], now=NOW).micros[0] == micros(2021, 3, 4)
    assert not parse_times(["3/4/2021", "4/13/2021"], now=NOW).notes
    unsure = parse_times(["3/4/2021"], now=NOW)
    assert unsure.micros[0] == micros(2021, 3, 4)
    assert "month first" in unsure.notes[0]
    dotted = parse_times(["3.4.2021"], now=NOW)
    assert dotted.micros[0] == micros(2021, 4, 3)
    mixed = parse_times(["3/4/2021", "13/4/2021", "14/4/2021", "4/15/2021"], now=NOW)
    assert mixed.micros.tolist() == [micros(2021, 4, day) for day in (3, 13, 14, 15)]
    assert "only month first" in mixed.notes[0]


def test_naive_times_are_in_the_given_zone() -> None:
    times = parse_times(
        [
            "2024-07-01 12:00",
            "2024-01-01 12:00",
            "2024-07-01 12:00Z",
            "1719835200",
            "1.7.2024 12:00",
        ],
        "Europe/Berlin",
        now=NOW,
    )
    assert times.micros.tolist() == [
        micros(2024, 7, 1, 10),
        micros(2024, 1, 1, 11),
        micros(2024, 7, 1, 12),
        micros(2024, 7, 1, 12),
        micros(2024, 7, 1, 10),
    ]
    # 02:30 does not exist on this night, and comes twice on the other.
    odd = parse_times(["2024-03-31 02:30", "2024-10-27 02:30"], "Europe/Berlin", now=NOW)
    assert odd.micros.tolist() == [micros(2024, 3, 31, 1), micros(2024, 10, 27, 0, 30)]


def test_an_unknown_zone_is_an_input_error() -> None:
    with pytest.raises(InputError, match="Nowhere"):
        parse_times(["2024-01-01"], "Nowhere/City")


@settings(deadline=None)
@given(
    st.lists(MOMENTS, min_size=1, max_size=20),
    st.sampled_from(
        [
            "%Y-%m-%dT%H:%M:%S.%fZ",
            "%Y/%m/%d %H:%M:%S.%f",
            "%d %b %Y %H:%M:%S.%f",
            "%B %d, %Y %H:%M:%S.%f",
        ]
    ),
)
def test_formatted_times_come_back(moments: list[datetime], form: str) -> None:
    times = parse_times([moment.strftime(form) for moment in moments], now=NOW)
    expected = pd.DatetimeIndex(moments).as_unit("us").asi8
    assert times.reasons.tolist() == [""] * len(moments)
    np.testing.assert_array_equal(times.micros, expected)


@settings(deadline=None)
@given(st.lists(MOMENTS, min_size=1, max_size=20), st.booleans())
def test_a_column_with_one_telling_date_is_read_right(moments: list[datetime], day: bool) -> None:
    form = "%d/%m/%Y" if day else "%m/%d/%Y"
    dates = [datetime(2001, 1, 31), *moments]
    times = parse_times([date.strftime(form) for date in dates], now=NOW)
    days = [datetime(d.year, d.month, d.day) for d in dates]
    np.testing.assert_array_equal(times.micros, pd.DatetimeIndex(days).as_unit("us").asi8)


@settings(deadline=None)
@given(st.lists(st.none() | st.integers() | st.floats() | st.booleans() | st.text(max_size=25)))
def test_anything_is_read_or_refused(values: list[object]) -> None:
    times = parse_times(values, now=NOW)  # type: ignore[arg-type]
    latest = round((NOW + timedelta(days=366)).timestamp() * 1e6)
    good = times.reasons == ""
    assert ((times.micros[good] >= 0) & (times.micros[good] <= latest)).all()
