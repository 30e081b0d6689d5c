"""Letterboxd: watched films, diary, ratings, reviews, and the lists of likes and of plans.

A film is the same item in all files: its name and year, as the address of a diary entry is that
of the entry. Watched, likes and watchlist have the same columns, so there the file's name says
which of the three it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from journeys.errors import InputError
from journeys.ingest.contract import Context, DataFile, Reading
from journeys.ingest.sources.rows import HEAD, Event, Kind, RowsAdapter, Values, read_rows
from journeys.ingest.sources.text import joined, without_tags

#: A part of a file's name -> what its films are, where the columns do not say.
_BY_NAME = {"watchlist": "save", "films": "like", "likes": "like"}


def _film(action: str) -> Event:
    def event(row: Mapping[str, str]) -> Values:
        name = row["name"]
        film = f"{name} ({row['year']})" if name and row["year"].isdecimal() else name
        review = action == "create"
        return {
            "timestamp": row["date"] if review else row["watcheddate"] or row["date"],
            "title": film,
            # A review is a work of its own and must not pass for a repeat of the diary's entry.
            "item_id": row["letterboxduri"] if review else f"letterboxd:{film}",
            "text": joined([without_tags(row["review"]), row["tags"]]),
            "url": row["letterboxduri"],
            "action": action,
            "rating": row["rating"],
            "flags": "",
        }

    return event


def _kind(action: str, *telling: str) -> Kind:
    mapping = {"timestamp": "date", "title": "name", "url": "letterboxduri"}
    needed = frozenset({*mapping.values(), *telling})
    more = ("year", "watcheddate", "review", "tags", "rating")
    dates = ("date", "watcheddate")
    return Kind(mapping, _film(action), needed=needed, more=more, dates=dates)


class Letterboxd(RowsAdapter):
    """Reads the tables of a data export."""

    def __init__(self) -> None:
        kinds = (
            _kind("create", "review"),
            _kind("view", "watcheddate"),
            _kind("rate", "rating"),
            _kind("view"),
        )
        super().__init__("letterboxd", kinds)

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """Begin reading; see :class:`~journeys.ingest.contract.Adapter`."""
        kind = self.kind_of(file.head(HEAD))
        if kind is None:
            raise InputError(f"{file.name} is no table of {self.name}.")
        if kind == self._kinds[-1]:
            name = file.name.lower()
            action = next((does for part, does in _BY_NAME.items() if part in name), "view")
            kind = replace(kind, event=_film(action))
        return read_rows(file, context, first_row, self.name, kind)
