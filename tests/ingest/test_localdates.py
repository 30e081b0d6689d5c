"""Dates in people's languages; Babel, which writes them, is the oracle."""

from __future__ import annotations

from datetime import datetime

import pytest
from babel.dates import format_datetime

from journeys.ingest.localdates import LANGUAGES, DateReader, LocalTime

#: Persian dates are in another calendar, and long Thai ones write the clock in words.
ODD = {"fa", "th"}


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name not in ODD])
@pytest.mark.parametrize("width", ["medium", "long"])
def test_what_babel_writes_is_read(language: str, width: str) -> None:
    known, learning = DateReader(language), DateReader()
    for month in range(1, 13):
        for hour in (0, 3, 12, 15):
            wall = datetime(2024, month, 25, hour, 4, 5)
            text = format_datetime(wall, width, locale=language)
            for reader in (known, learning):
                found = reader.read(text)
                assert found is not None, text
                assert found.wall == wall, text


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Jan 5, 2024, 3:04:05\u202fPM UTC", "2024-01-05T15:04:05Z"),
        ("Apr 11, 2022, 9:15:24 PM BST", "2022-04-11T20:15:24Z"),
        ("Jan 31, 2018, 10:54:50 PM", "2018-01-31T22:54:50"),
        ("Sept 5, 2023, 12:00:01 AM PDT", "2023-09-05T07:00:01Z"),
        ("15.01.2024, 13:05:22 MEZ", "2024-01-15T12:05:22Z"),
        ("15.07.2024, 13:05:22 MESZ", "2024-07-15T11:05:22Z"),
        ("5 ene 2024, 15:04:05 CET", "2024-01-05T14:04:05Z"),
        ("5 ene 2024, 3:04:05 p.\u00a0m. GMT-6", "2024-01-05T21:04:05Z"),
        ("3 avr. 2020 à 12:03:04 UTC+2", "2020-04-03T10:03:04Z"),
        ("12 de mai. de 2021 22:14:59 BRT", "2021-05-13T01:14:59Z"),
        ("5 mrt 2024 15:04:05 CET", "2024-03-05T14:04:05Z"),
        ("5 lip 2024, 15:04:05 CEST", "2024-07-05T13:04:05Z"),
        ("2024/03/05 15:04:05 JST", "2024-03-05T06:04:05Z"),
        ("2024. 3. 5. 오후 3:04:05 KST", "2024-03-05T06:04:05Z"),
        ("5 Şub 2024 15:04:05 TRT", "2024-02-05T12:04:05Z"),
        ("5 мар. 2024 г., 15:04:05 MSK", "2024-03-05T12:04:05Z"),
        ("05‏/03‏/2024، 3:04:05 م", "2024-03-05T15:04:05"),
        ("5. 3. 2024 15:04:05 GMT+05:30", "2024-03-05T09:34:05Z"),
        ("3/25/2024, 3:04:05 PM UTC−5", "2024-03-25T20:04:05Z"),
    ],
)
def test_dates_of_exports(text: str, iso: str) -> None:
    found = DateReader().read(text)
    assert found is not None
    assert found.iso() == iso


def test_months_that_two_languages_share_follow_the_others() -> None:
    croatian = DateReader()
    assert croatian.read("5. ožu 2024. 15:04:05") == LocalTime(datetime(2024, 3, 5, 15, 4, 5), None)
    june = croatian.read("5. lip 2024. 15:04:05")  # July in Polish
    assert june is not None
    assert june.wall.month == 6


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "Example Channel", "99.99.2024, 13:05:22", "1:2", "9" * 500, "12:00:00"],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert DateReader().read(text) is None
