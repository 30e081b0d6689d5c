"""Item tables beside events, and several files as one log."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeys.errors import InputError, NoUsableRows
from journeys.ingest import read_log
from journeys.ingest.joining import join_items, one_log, read_items

EVENTS = b"user_id,item_id,timestamp,rating\nu1,10,1700000000,5\nu1,11,1700000100,4\nu2,99,17e8,3\n"
ITEMS = (
    b"movie_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    b"10\tHeat\t1995\tCrime Drama\n11\tFargo\t10\tComedy\n10\tHeat again\t1995\tCrime\n"
)


def test_events_get_titles_by_key_and_the_rest_is_told() -> None:
    log = read_log(io.BytesIO(EVENTS), untitled=True, keep=["rating"])
    assert log.frame["title"].tolist() == ["", "", ""]
    items = read_items(io.BytesIO(ITEMS), log.frame["item_id"])
    assert items.key == "movie_id:token"
    assert items.repeated == 1
    joined, report = join_items(log, items)
    assert joined.frame["title"].tolist() == ["Heat", "Fargo", ""]
    assert joined.frame["categories"].tolist() == ["Crime Drama", "Comedy", ""]
    assert joined.frame["text"].tolist() == ["Crime Drama", "Comedy", ""]
    assert joined.frame["rating"].tolist() == ["5", "4", "3"]
    assert (report.items, report.matched, report.titled, report.untitled) == (2, 2, 2, 1)
    assert report.examples == ("99",)


def test_what_an_event_says_itself_stays() -> None:
    content = b"user,when,title,item id\na,2024-01-01,My own words,1\na,2024-01-02,,1\n"
    log = read_log(io.BytesIO(content), untitled=True)
    table = b"id,title,description\n1,The official title,A long story\n"
    joined, report = join_items(log, read_items(io.BytesIO(table), log.frame["item_id"]))
    assert joined.frame["title"].tolist() == ["My own words", "The official title"]
    assert joined.frame["text"].tolist() == ["A long story"] * 2
    assert (report.matched, report.titled, report.untitled) == (2, 1, 0)


def test_without_an_item_table_a_title_is_needed_still() -> None:
    with pytest.raises(InputError, match="title"):
        read_log(io.BytesIO(EVENTS))
    with pytest.raises(InputError, match="item id"):
        read_log(io.BytesIO(b"user_id,timestamp\na,1700000000\nb,1700000001\n"), untitled=True)
    empty = b"user,when,title,item id\na,2024-01-01,,\n"
    with pytest.raises(NoUsableRows, match="no title"):
        read_log(io.BytesIO(empty), untitled=True)


def test_a_wrong_key_or_table_is_one_sentence() -> None:
    ids = pd.Series(["10"], dtype="str")
    with pytest.raises(InputError, match="no column 'isbn'"):
        read_items(io.BytesIO(ITEMS), ids, key="isbn")
    with pytest.raises(InputError, match="looks like the items' titles"):
        read_items(io.BytesIO(b"id,price\n10,3.50\n11,4.50\n"), ids)
    with pytest.raises(InputError, match="No column of the item table"):
        read_items(io.BytesIO(b"name,price\nHeat,3.50\nFargo,4.50\n"), ids)
    assert read_items(io.BytesIO(ITEMS), ids, key="release_year:token").key == "release_year:token"


def test_several_files_are_one_log_and_repeats_are_kept_once(tmp_path: Path) -> None:
    first = b"user,when,title\nbob,2024-01-02,B\nann,2024-01-01,A\nann,never,X\n"
    second = b"user,when,title,note\nann,2024-01-01,A,late\nann,2023-01-01,Earlier,n\n"
    logs = [read_log(io.BytesIO(first)), read_log(io.BytesIO(second), keep=["note"])]
    log = one_log(logs)
    assert log.frame["title"].tolist() == ["Earlier", "A", "B"]
    assert log.frame["note"].tolist() == ["n", "", ""]
    assert [record.row for record in log.report.rejected] == [3]
    # Each readable record points at the event it became.
    assert log.report.record_event.tolist() == [2, 1, 1, 0]
    assert log.report.record_row.tolist() == [1, 2, 4, 5]
    assert log.report.duplicates == 1
    assert one_log(logs[:1]) is logs[0]
    with pytest.raises(InputError, match="at least one"):
        one_log([])


def test_one_log_of_the_same_file_twice_is_that_file() -> None:
    rng = np.random.default_rng(0)
    rows = [f"u{rng.integers(4)},{1_700_000_000 + int(rng.integers(50))},t{rng.integers(6)}"
            for _ in range(80)]  # fmt: skip
    content = ("user,time,title\n" + "\n".join(rows) + "\n").encode()
    log = read_log(io.BytesIO(content))
    twice = one_log([log, read_log(io.BytesIO(content))])
    pd.testing.assert_frame_equal(twice.frame, log.frame)
    assert twice.report.duplicates == 80 + log.report.duplicates
