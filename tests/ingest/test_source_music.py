"""Spotify and Last.fm."""

from __future__ import annotations

import pytest

from tests.ingest.source_files import SEEDS, archive, column, read, table


def extended(**given: object) -> dict[str, object]:
    """A record of the extended history."""
    return {
        "ts": "2022-03-04T05:06:07Z",
        "ms_played": 200_000,
        "ip_addr_decrypted": "192.0.2.1",
        "master_metadata_track_name": None,
        "master_metadata_album_artist_name": None,
        "master_metadata_album_album_name": None,
        "spotify_track_uri": None,
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "skipped": False,
        "incognito_mode": False,
        **given,
    }


def track(name: str, **given: object) -> dict[str, object]:
    return extended(
        master_metadata_track_name=name,
        master_metadata_album_artist_name="The Groynes",
        spotify_track_uri=f"spotify:track:{name}",
        **given,
    )


def test_songs_episodes_and_books_of_the_extended_history() -> None:
    log = read(
        [
            track("Low Tide", master_metadata_album_album_name="Shingle"),
            extended(
                ts="2022-03-05T05:06:07Z",
                episode_name="Building a skiff",
                episode_show_name="Boatyard",
                spotify_episode_uri="spotify:episode:2",
            ),
            extended(
                ts="2022-03-06T05:06:07Z",
                audiobook_title="Sea Room",
                audiobook_chapter_title="Chapter 1",
                audiobook_chapter_uri="spotify:episode:3",
            ),
            extended(ts="2022-03-07T05:06:07Z"),
        ]
    )
    assert column(log, "title", "text", "item_id") == [
        ("Low Tide by The Groynes", "Shingle", "spotify:track:Low Tide"),
        ("Building a skiff by Boatyard", "", "spotify:episode:2"),
        ("Chapter 1", "Sea Room", "spotify:episode:3"),
    ]
    assert log.report.rejected_by_reason() == {"no title": 1}
    assert "192.0.2.1" not in log.frame.to_csv()


def test_flags_of_the_extended_history() -> None:
    log = read(
        [
            track("a", ts="2022-03-01T00:00:00Z"),
            track("b", ts="2022-03-02T00:00:00Z", incognito_mode=True),
            track("c", ts="2022-03-03T00:00:00Z", skipped=True),
            track("d", ts="2022-03-04T00:00:00Z", ms_played=29_999, incognito_mode=True),
            track("e", ts="2022-03-05T00:00:00Z", ms_played=30_000, skipped=None),
        ]
    )
    assert [flags for (flags,) in column(log, "flags")] == [
        "",
        "private",
        "skipped",
        "private,skipped",
        "",
    ]


@pytest.mark.parametrize(
    ("names", "title", "text"),
    [
        ({"artistName": "The Groynes", "trackName": "Low Tide"}, "Low Tide by The Groynes", ""),
        ({"podcastName": "Boatyard", "episodeName": "Skiffs"}, "Skiffs by Boatyard", ""),
        (
            {"authorName": "Ada Finn", "audiobookName": "Sea Room", "chapterName": "Chapter 1"},
            "Chapter 1 by Ada Finn",
            "Sea Room",
        ),
    ],
)
def test_the_account_history_is_in_utc(names: dict[str, str], title: str, text: str) -> None:
    log = read(
        [{"endTime": "2024-07-15 08:30", **names, "msPlayed": 300_000}], timezone="Asia/Tokyo"
    )
    assert column(log, "timestamp", "title", "text", "flags") == [
        ("2024-07-15T08:30:00", title, text, "")
    ]


def test_a_whole_account_export() -> None:
    log = read(
        archive(
            {
                "Spotify Account Data/StreamingHistory_music_0.json": b'[{"endTime":'
                b' "2024-01-15 08:30", "artistName": "The Groynes", "trackName": "Low Tide",'
                b' "msPlayed": 354000}]',
                "Spotify Account Data/SearchQueries.json": b'[{"platform": "IPHONE", "searchTime":'
                b' "2023-11-29T10:03:40.178Z[UTC]", "searchQuery": "sea shanties",'
                b' "searchInteractionURIs": []}]',
                "Spotify Account Data/Userdata.json": b'{"username": "u", "email": "u@e.org",'
                b' "creationTime": "2015-01-01"}',
                "Spotify Account Data/Read_Me_First.pdf": b"%PDF-1.7",
            }
        )
    )
    assert column(log, "timestamp", "action", "title") == [
        ("2023-11-29T10:03:40.178000", "search", "sea shanties"),
        ("2024-01-15T08:30:00", "view", "Low Tide by The Groynes"),
    ]
    assert "u@e.org" not in log.frame.to_csv()


SCROBBLES = [
    ("2022-01-01T00:00:00", "Low Tide by The Groynes", "Shingle"),
    ("2022-01-01T00:05:00", "Breakwater by The Groynes", "Shingle"),
]


@pytest.mark.parametrize(
    "data",
    [
        (SEEDS / "lastfm.csv").read_bytes(),
        table(
            "Artist;Album;AlbumId;Track;Date#someone".replace(";", ","),
            ["The Groynes", "Shingle", "1", "Low Tide", "1640995200000"],
            ["The Groynes", "Shingle", "1", "Breakwater", "1640995500000"],
            delimiter=";",
        ),
        b"The Groynes,Shingle,Low Tide,01 Jan 2022 00:00\n"
        b"The Groynes,Shingle,Breakwater,01 Jan 2022 00:05\n",
        b'{"username": "someone", "scrobbles": [{"track": "Low Tide", "artist": "The Groynes",'
        b' "album": "Shingle", "albumId": "1", "date": 1640995200000}, {"track": "Breakwater",'
        b' "artist": "The Groynes", "album": "Shingle", "albumId": "1", "date": 1640995500000}]}',
        b'{"recenttracks": {"track": [{"artist": {"name": "The Groynes"}, "album": {"#text":'
        b' "Shingle"}, "name": "Low Tide", "date": {"uts": "1640995200"}}, {"artist": {"#text":'
        b' "The Groynes"}, "album": {"#text": "Shingle"}, "name": "Breakwater", "date": {"uts":'
        b' "1640995500"}}]}}',
    ],
    ids=["ghan", "lastfmstats csv", "no header", "lastfmstats json", "service"],
)
def test_scrobbles_of_every_exporter(data: bytes) -> None:
    log = read(data, timezone="America/New_York")
    assert log.report.format.startswith("lastfm")
    assert column(log, "timestamp", "title", "text") == SCROBBLES
    assert log.users == ["me"]


def test_what_is_playing_now_has_no_time_yet() -> None:
    log = read((SEEDS / "lastfm.json").read_bytes())
    assert column(log, "title") == [("Low Tide by The Groynes",)]
    assert log.report.rejected_by_reason() == {"no time": 1}
