"""Netflix and Letterboxd."""

from __future__ import annotations

import pytest

from journeys.errors import InputError
from journeys.ingest.sources.netflix import Netflix
from tests.ingest.source_files import SEEDS, archive, column, read, table

#: The attributes of what began by itself.
ALONE = "Autoplayed: user action: None; "

FULL = (
    "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,"
    "Bookmark,Latest Bookmark,Country"
)


def simple(header: str, *dates: str) -> bytes:
    """A simple history as Netflix writes it: every cell below the header in quotes."""
    rows = [f'"Film {n}: ""Part"" {n}","{date}"' for n, date in enumerate(dates, 1)]
    return "\n".join([header, *rows]).encode()


def viewing(*rows: tuple[str, str, str, str, str, str]) -> bytes:
    """Profile, start, duration, attributes, title, supplement."""
    return table(FULL, *([*row, "TV", row[2], row[2], "IE (Ireland)"] for row in rows))


@pytest.mark.parametrize(
    ("header", "dates"),
    [
        ("Title,Date", ("11/21/24", "3/4/21")),  # month first
        ("Title,Date", ("21/11/2024", "04/03/2021")),  # day first
        ("Titel,Datum", ("21.11.24", "04.03.21")),
        ("Título,Fecha", ("21/11/24", "4/3/21")),
        ("Titre,Date", ("2024-11-21", "2021-03-04")),
    ],
)
def test_the_order_of_a_simple_history_is_a_fact_about_the_file(
    header: str, dates: tuple[str, str]
) -> None:
    log = read(simple(header, *dates))
    assert log.report.format == "netflix (csv)"
    assert column(log, "timestamp", "title", "action", "source") == [
        ("2021-03-04T00:00:00", 'Film 2: "Part" 2', "view", "netflix"),
        ("2024-11-21T00:00:00", 'Film 1: "Part" 1', "view", "netflix"),
    ]


def test_dates_that_could_be_either_are_said() -> None:
    log = read(simple("Title,Date", "3/4/21", "5/6/21"))
    assert any("day or the month comes first" in note for note in log.report.notes)


def test_a_table_with_title_and_date_is_not_netflix_for_that() -> None:
    assert not Netflix().detect(b"title,date\nbread,2024-01-01\n", ())
    assert Netflix().detect(simple("Title,Date", "3/14/21"), ())
    assert Netflix().detect(b"\xef\xbb\xbf" + simple("Title,Date", "3/14/21"), ())


def test_what_nobody_chose_is_kept_and_marked() -> None:
    log = read(
        viewing(
            ("Ana", "2023-03-01 10:00:00", "00:40:00", "", "Chosen", ""),
            ("Ana", "2023-03-02 10:00:00", "00:40:00", "", "Trailer", "TEASER_TRAILER"),
            ("Ana", "2023-03-03 10:00:00", "00:00:59", ALONE, "Glance", ""),
            ("Ana", "2023-03-04 10:00:00", "00:01:00", ALONE, "Stayed", ""),
            ("Ana", "2023-03-05 10:00:00", "00:00:10", "", "Short", ""),
            ("Ana", "2023-03-06 10:00:00", "?", "Autoplayed: ", "Unreadable", "HOOK"),
        )
    )  # fmt: skip
    assert column(log, "title", "flags") == [
        ("Chosen", ""),
        ("Trailer", "trailer"),
        ("Glance", "autoplay"),
        ("Stayed", ""),
        ("Short", ""),
        ("Unreadable", "trailer"),
    ]
    assert log.users == ["me"]


def test_times_of_the_data_request_are_in_utc_whatever_the_zone_of_the_others() -> None:
    log = read(
        viewing(("Ana", "2023-07-01 10:00:00", "00:40:00", "", "Film", "")),
        timezone="America/New_York",
    )
    assert column(log, "timestamp") == [("2023-07-01T10:00:00",)]
    log = read(simple("Title,Date", "7/14/23"), timezone="America/New_York")
    assert column(log, "timestamp") == [("2023-07-14T04:00:00",)]


def test_profiles_are_people() -> None:
    log = read((SEEDS / "netflix.csv").read_bytes())
    assert log.users == ["Ana", "Ben"]
    assert log.report.mapping["user_id"] == "Profile Name"
    assert any("2 profiles" in note for note in log.report.notes)
    assert "TV" not in log.frame.to_csv()
    assert "Ireland" not in log.frame.to_csv()


def test_a_whole_data_request() -> None:
    log = read(
        archive(
            {
                "CONTENT_INTERACTION/ViewingActivity.csv": viewing(
                    ("Ana", "2023-03-01 10:00:00", "00:40:00", "", "Night Trains", "")
                ),
                "CONTENT_INTERACTION/SearchHistory.csv": table(
                    "Profile Name,Device,Query Typed,Displayed Name,Action,Utc Timestamp",
                    ["Ana", "TV", "trains", "Night Trains", "play", "2023-03-01 09:59:00"],
                    ["Ana", "TV", "", "", "", "2023-03-01 09:58:00"],
                ),
                "CONTENT_INTERACTION/MyList.csv": table(
                    "Profile Name,Title Name,Country,Utc Title Add Date",
                    ["Ana", "Slow Boats", "IE", "2023-02-01"],
                ),
                "CONTENT_INTERACTION/Ratings.csv": table(
                    "Profile Name,Title Name,Rating Type,Star Value,Thumbs Value,Device Model,"
                    "Event Utc Ts,Region View Date",
                    ["Ana", "Night Trains", "thumb", "", "2", "TV", "2023-03-01 11:00:00", ""],
                ),
                "ACCOUNT/AccountDetails.csv": table("First Name,Email Address", ["Ana", "a@b.org"]),
                "CONTENT_INTERACTION/IndicatedPreferences.txt": b"nothing",
            }
        )
    )  # fmt: skip
    assert column(log, "timestamp", "action", "title", "rating") == [
        ("2023-02-01T00:00:00", "save", "Slow Boats", ""),
        ("2023-03-01T09:59:00", "search", "trains", ""),
        ("2023-03-01T10:00:00", "view", "Night Trains", ""),
        ("2023-03-01T11:00:00", "rate", "Night Trains", "2"),
    ]
    assert log.report.rejected_by_reason() == {"no search words": 1}


def test_bad_rows_are_counted_and_cost_no_good_ones() -> None:
    data = simple("Title,Date", "3/14/21", "someday", "3/16/21") + b'\n"","3/17/21"\n"a","b","c"'
    log = read(data)
    assert len(log) == 2
    assert log.report.rejected_by_reason() == {
        "more than 2 columns": 1,
        "no title": 1,
        "time not understood": 1,
    }


DIARY = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date"
FILMS = "Date,Name,Year,Letterboxd URI"


CALM = "So <i>calm</i>.<br />Again!"


def test_letterboxd_as_downloaded() -> None:
    entry = ["2024-02-11", "Harbour Lights", "1987", "https://boxd.it/e1"]
    film = ["2024-02-11", "Harbour Lights", "1987", "https://boxd.it/f1"]
    log = read(
        archive(
            {
                "diary.csv": table(DIARY, [*entry, "4.5", "", "sea", "2024-02-10"]),
                "ratings.csv": table(f"{FILMS},Rating", [*film, "4.5"]),
                "reviews.csv": table(
                    "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date",
                    ["2024-02-10", *entry[1:], "4.5", "", CALM, "", "2024-02-10"],
                ),
                "watched.csv": table(FILMS, film),
                "watchlist.csv": table(FILMS, ["2024-03-01", "The Quiet Orchard", "2019", "x"]),
                "likes/films.csv": table(FILMS, ["2024-03-02", "Low Tide", "", "y"]),
                "profile.csv": table("Date Joined,Email Address", ["2020-01-01", "u@e.org"]),
            }
        )
    )  # fmt: skip
    assert column(log, "timestamp", "action", "title", "text", "rating") == [
        ("2024-02-10T00:00:00", "view", "Harbour Lights (1987)", "sea", "4.5"),
        ("2024-02-10T00:00:00", "create", "Harbour Lights (1987)", "So calm.\nAgain!", "4.5"),
        ("2024-02-11T00:00:00", "rate", "Harbour Lights (1987)", "", "4.5"),
        ("2024-03-01T00:00:00", "save", "The Quiet Orchard (2019)", "", ""),
        ("2024-03-02T00:00:00", "like", "Low Tide", "", ""),
    ]
    assert log.report.duplicates == 1  # watched on the day it was rated
    assert "u@e.org" not in log.frame.to_csv()


def test_letterboxd_after_a_spreadsheet() -> None:
    data = table(
        DIARY, ["2/13/2024", "Low Tide", "2020", "x", "4", "", "", "2/1/2024"], delimiter=";"
    )
    assert column(read(data), "timestamp") == [("2024-02-01T00:00:00",)]


def test_a_file_of_another_source_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"profile\.csv"):
        read(table("Date Joined,Username", ["2020-01-01", "u"]), name="profile.csv")
