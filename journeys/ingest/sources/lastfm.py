"""Last.fm scrobbles as public exporters write them; Last.fm itself offers no file.

Known are the tables of lastfm.ghan.nl (``uts,utc_time,artist,...``), lastfmstats.com
(``Artist;Album;AlbumId;Track;Date#user``) and of benjaminbenben's lastfm-to-csv (no header), and
the JSON of lastfmstats.com and of the service's own ``user.getRecentTracks``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from journeys.ingest.contract import Context, DataFile, Reading
from journeys.ingest.sources.objects import ObjectKind, ObjectsAdapter, given
from journeys.ingest.sources.rows import (
    HEAD,
    Kind,
    Values,
    first_rows,
    header,
    in_utc,
    read_rows,
)
from journeys.ingest.sources.text import by


def _scrobble(time: str, track: str, artist: str, album: str) -> Values:
    return {
        "timestamp": time,
        "title": by(track, artist),
        "text": album,
        "action": "view",
        "flags": "",
    }


def _row(track: str, artist: str, album: str, time: str) -> Kind:
    """A table with these columns; what the time is called may differ from file to file."""

    def event(row: Mapping[str, str]) -> Values:
        return _scrobble(in_utc(row[time]), row[track], row[artist], row[album])

    mapping = {"timestamp": time, "title": track, "text": album}
    return Kind(
        mapping, event, needed=frozenset({track, artist, time}), more=(artist,), dates=(time,)
    )


def _exported(item: Mapping[str, Any]) -> Values:
    time, track = given(item, "date"), given(item, "track")
    return _scrobble(time, track, given(item, "artist"), given(item, "album"))


def _played(item: Mapping[str, Any]) -> Values:
    """A track as the service itself describes it."""
    date = item.get("date")
    time = given(date, "uts") if isinstance(date, Mapping) else ""
    return _scrobble(time, given(item, "name"), _named(item, "artist"), _named(item, "album"))


def _named(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    if isinstance(value, Mapping):
        return given(value, "#text") or given(value, "name")
    return given(item, key)


_TABLES = (_row("track", "artist", "album", "uts"), _row("track", "artist", "album", "utctime"))
_BARE = _row("column3", "column1", "column2", "column4")
_BARE_TIME = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4},? \d{1,2}:\d\d")

_PLAYED = {"timestamp": "date.uts", "title": "name", "text": "album"}
_OBJECTS = (
    ObjectKind(
        frozenset({"username", "scrobbles"}),
        _exported,
        {"timestamp": "date", "title": "track", "text": "album"},
        "scrobbles.item",
    ),
    ObjectKind(frozenset({"recenttracks.track"}), _played, _PLAYED, "recenttracks.track.item"),
    ObjectKind(frozenset({"track", "@attr"}), _played, _PLAYED, "item.track.item"),
    ObjectKind(frozenset({"artist.#text", "date.uts", "name"}), _played, _PLAYED),
)


class LastFm:
    """Reads scrobbles in tables and JSON; an :class:`~journeys.ingest.contract.Adapter`."""

    name = "lastfm"

    def __init__(self) -> None:
        self._objects = ObjectsAdapter(self.name, _OBJECTS)

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """Whether it is one of the exporters' files."""
        return _table_of(head) is not None or self._objects.detect(head, names)

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """Begin reading; see :class:`~journeys.ingest.contract.Adapter`."""
        kind = _table_of(file.head(HEAD))
        if kind is None:
            return self._objects.read(file, context, first_row)
        return read_rows(file, context, first_row, self.name, kind)


def _table_of(head: bytes) -> Kind | None:
    found = header(head)
    for kind in _TABLES:
        if kind.fits(found):
            return kind
    if {"artist", "albumid", "track"} <= set(found):  # the time's column is called after the user
        time = next((name for name in found if name.startswith("date")), None)
        return _row("track", "artist", "album", time) if time else None
    rows = first_rows(head, 3)
    bare = all(len(row) == 4 and _BARE_TIME.fullmatch(row[3]) for row in rows)
    return _BARE if rows and bare else None
