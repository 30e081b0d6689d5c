"""The sample exports of the other platforms import with counts that were checked by hand.

The counts of rows were taken from the files with ``csv``, ``json`` and by eye, and not with the
adapters.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from journeys.errors import NoUsableRows
from journeys.ingest import read_log

pytestmark = pytest.mark.shared

MADE_UP = "export_samples/format_examples"
REAL = "export_samples/real_fixtures"


@pytest.mark.parametrize(
    ("path", "kind", "actions"),
    [
        ("netflix/CONTENT_INTERACTION/ViewingActivity.csv", "netflix (csv)", {"view": 2}),
        ("netflix/NetflixViewingHistory_simple.csv", "netflix (csv)", {"view": 2}),
        ("letterboxd/watched.csv", "letterboxd (csv)", {"view": 1}),
        ("letterboxd/diary.csv", "letterboxd (csv)", {"view": 1}),
        ("letterboxd/ratings.csv", "letterboxd (csv)", {"rate": 1}),
        ("letterboxd/reviews.csv", "letterboxd (csv)", {"create": 1}),
        ("pocket/part_000000.csv", "pocket (csv)", {"save": 2}),
        ("pocket/ril_export.html", "pocket (html)", {"save": 2}),
        ("raindrop/export.csv", "raindrop (csv)", {"save": 1}),
        ("pinboard/pinboard_export.json", "pinboard (json)", {"save": 1}),
        ("kindle/My Clippings.txt", "kindle clippings", {"save": 1, "view": 1}),
        ("reddit_gdpr/posts.csv", "reddit (csv)", {"create": 1}),
        ("reddit_gdpr/comments.csv", "reddit (csv)", {"create": 1}),
        ("spotify/StreamingHistory_music_0.json", "spotify (json)", {"view": 1}),
        ("spotify/Streaming_History_Audio_2023-2024_0.json", "spotify (json)", {"view": 1}),
        ("chatgpt/conversations.json", "chatgpt (json)", {"message": 1}),
        ("claude/conversations.json", "claude (json)", {"message": 1}),
    ],
)
def test_made_up_samples(shared_data: Path, path: str, kind: str, actions: dict[str, int]) -> None:
    log = read_log(shared_data / MADE_UP / path)
    assert log.report.format == kind
    assert log.report.rejected == ()
    assert log.report.duplicates == 0
    assert Counter(log.frame["action"]) == actions
    assert log.users == ["me"]


@pytest.mark.parametrize(
    ("folder", "actions", "rated"),
    [
        # 257 read, 1 being read and 1 of 4 dropped with a rating; 64 to read and 3 dropped without.
        ("goodreads_A", {"view": 259, "save": 67}, 253),
        # 206 read and 3 being read; 340 to read.
        ("goodreads_B", {"view": 209, "save": 340}, 205),
    ],
)
def test_goodreads(shared_data: Path, folder: str, actions: dict[str, int], rated: int) -> None:
    log = read_log(shared_data / REAL / folder / "goodreads_library_export.csv")
    assert log.report.rejected == ()
    assert log.report.duplicates == 0
    assert log.report.notes == ()
    assert Counter(log.frame["action"]) == actions
    assert (log.frame["rating"] != "").sum() == rated


def test_goodreads_values(shared_data: Path) -> None:
    first = _by_book(read_log(shared_data / REAL / "goodreads_A/goodreads_library_export.csv"))
    assert first["18119"] == (
        "2020-12-27",
        "The Subtle Knife (His Dark Materials, #2) by Philip Pullman",
        "view",
        "4",
    )
    assert first["1268479"][0] == "2014-04-05"  # being read again, and read before
    second = _by_book(read_log(shared_data / REAL / "goodreads_B/goodreads_library_export.csv"))
    assert second["23692271"] == (
        "2017-11-24",
        "Sapiens: A Brief History of Humankind by Yuval Noah Harari",
        "view",
        "5",
    )
    assert second["31799"][0] == "2016-01-22"  # day and month by the column's evidence


def _by_book(log: object) -> dict[str, tuple[str, str, str, str]]:
    frame: pd.DataFrame = log.frame  # type: ignore[attr-defined]
    return {
        url.rsplit("/", 1)[-1]: (str(time.date()), title, action, rating)
        for url, time, title, action, rating in zip(
            frame["url"],
            frame["timestamp"],
            frame["title"],
            frame["action"],
            frame["rating"],
            strict=True,
        )
    }


def test_values_of_the_others(shared_data: Path) -> None:
    def only(path: str) -> dict[str, object]:
        frame = read_log(shared_data / MADE_UP / path).frame
        return frame.iloc[0].to_dict()

    netflix = only("netflix/NetflixViewingHistory_simple.csv")
    assert netflix["timestamp"] == pd.Timestamp("2021-03-17", tz="UTC")
    assert netflix["title"] == "The Irishman"
    trailer = only("netflix/CONTENT_INTERACTION/ViewingActivity.csv")
    assert trailer["flags"] == "trailer,autoplay"
    diary = only("letterboxd/diary.csv")
    assert (diary["title"], str(diary["timestamp"])[:10]) == ("Dune: Part Two (2024)", "2024-02-10")
    kindle = only("kindle/My Clippings.txt")
    assert kindle["timestamp"] == pd.Timestamp("2017-10-02 20:47:09", tz="UTC")
    assert kindle["title"] == "Sourdough by Robin Sloan"
    assert kindle["text"] == "Sample highlighted text."
    post = only("reddit_gdpr/posts.csv")
    assert (post["title"], post["text"]) == ("Tomato tips", "Water deeply and mulch well")
    song = only("spotify/Streaming_History_Audio_2023-2024_0.json")
    assert song["title"] == "Another Chance by Hikaru Utada"
    assert song["timestamp"] == pd.Timestamp("2023-02-23 23:05:53", tz="UTC")
    question = only("chatgpt/conversations.json")
    assert question["text"] == "Why is my starter not rising?"
    assert question["timestamp"] == pd.Timestamp(1_761_201_159_900_000, unit="us", tz="UTC")
    assert only("claude/conversations.json")["title"] == "Code review"
    assert only("pocket/ril_export.html")["url"] == "https://example.com/b"


def test_merged_browser_dumps(shared_data: Path) -> None:
    one = read_log(shared_data / REAL / "browserexport/merged_dump.json")
    assert len(one) == 1
    assert one.frame["title"][0] == "junegunn/fzf: A command-line fuzzy finder"
    assert one.frame["timestamp"][0] == pd.Timestamp(1_600_133_363_720_000, unit="us", tz="UTC")
    three = read_log(shared_data / REAL / "browserexport/merged_dump.jsonl")
    assert len(three.report.record_row) == 3
    assert (len(three), three.report.duplicates) == (2, 1)  # the third repeats the second


@pytest.mark.parametrize(
    ("path", "records"),
    [
        (f"{MADE_UP}/reddit_gdpr/saved_posts.csv", 1),
        (f"{REAL}/promnesia/pocket_retrieve_api.json", 2),
    ],
)
def test_samples_without_times_say_so(shared_data: Path, path: str, records: int) -> None:
    with pytest.raises(NoUsableRows, match=rf"None of the {records} records .* 'no time'"):
        read_log(shared_data / path)
