"""Spotify: streaming history (account data and extended), and what was searched for.

The account data's times are in UTC without saying so and mark the end of a stream. The extended
history also has network addresses and devices, none of which is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from journeys.ingest.sources.objects import ObjectKind, ObjectsAdapter, given
from journeys.ingest.sources.rows import Values, flags, in_utc
from journeys.ingest.sources.text import by

#: Spotify itself counts a stream from half a minute on.
_STREAM_MS = 30_000


def _glanced(item: Mapping[str, Any], key: str) -> bool:
    played = item.get(key)
    return isinstance(played, int | float) and played < _STREAM_MS


def _account(item: Mapping[str, Any]) -> Values:
    title = given(item, "trackName") or given(item, "episodeName") or given(item, "chapterName")
    creator = given(item, "artistName") or given(item, "podcastName")
    return {
        "timestamp": in_utc(given(item, "endTime")),
        "title": by(title or given(item, "audiobookName"), creator or given(item, "authorName")),
        "text": given(item, "audiobookName") if title else "",
        "action": "view",
        "flags": flags(skipped=_glanced(item, "msPlayed")),
    }


def _extended(item: Mapping[str, Any]) -> Values:
    track = given(item, "master_metadata_track_name")
    episode = given(item, "episode_name")
    chapter = given(item, "audiobook_chapter_title") or given(item, "audiobook_title")
    if track:
        title = by(track, given(item, "master_metadata_album_artist_name"))
        uri, text = "spotify_track_uri", given(item, "master_metadata_album_album_name")
    elif episode:
        title = by(episode, given(item, "episode_show_name"))
        uri, text = "spotify_episode_uri", ""
    else:
        title, uri, text = chapter, "audiobook_chapter_uri", given(item, "audiobook_title")
    return {
        "timestamp": given(item, "ts"),
        "title": title,
        "text": text if text != title else "",
        "item_id": given(item, uri),
        "action": "view",
        "flags": flags(
            private=item.get("incognito_mode") is True,
            skipped=item.get("skipped") is True or _glanced(item, "ms_played"),
        ),
    }


def _search(item: Mapping[str, Any]) -> Values:
    return {
        "timestamp": given(item, "searchTime").removesuffix("[UTC]"),
        "title": given(item, "searchQuery"),
        "action": "search",
        "flags": "",
    }


_ACCOUNT = tuple(
    ObjectKind(
        frozenset({"endTime", "msPlayed", title}),
        _account,
        {"timestamp": "endTime", "title": title},
    )
    for title in ("trackName", "episodeName", "chapterName", "audiobookName")
)
_EXTENDED = ObjectKind(
    frozenset({"ts", "ms_played", "master_metadata_track_name"}),
    _extended,
    {"timestamp": "ts", "title": "master_metadata_track_name", "item_id": "spotify_track_uri"},
)
_SEARCH = ObjectKind(
    frozenset({"searchTime", "searchQuery"}),
    _search,
    {"timestamp": "searchTime", "title": "searchQuery"},
)


class Spotify(ObjectsAdapter):
    """Reads streaming histories and searches."""

    def __init__(self) -> None:
        super().__init__("spotify", (_EXTENDED, *_ACCOUNT, _SEARCH))
