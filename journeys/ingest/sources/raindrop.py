"""Raindrop.io: the CSV export of bookmarks, with the notes and tags that a person gave them."""

from __future__ import annotations

from collections.abc import Mapping

from journeys.ingest.sources.rows import Kind, RowsAdapter, Values
from journeys.ingest.sources.text import joined


def _bookmark(row: Mapping[str, str]) -> Values:
    return {
        "timestamp": row["created"],
        "title": row["title"] or row["url"],
        "text": joined([row["note"], row["excerpt"], row["highlights"], row["tags"]]),
        "url": row["url"],
        "action": "like" if row["favorite"].lower() == "true" else "save",
        "flags": "",
    }


class Raindrop(RowsAdapter):
    """Reads the CSV export."""

    def __init__(self) -> None:
        bookmarks = Kind(
            {"timestamp": "created", "title": "title", "text": "excerpt", "url": "url"},
            _bookmark,
            needed=frozenset({"title", "url", "created", "folder", "excerpt"}),
            more=("note", "tags", "highlights", "favorite"),
            dates=("created",),
        )
        super().__init__("raindrop", (bookmarks,))
