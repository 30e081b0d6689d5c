"""Pinboard: the JSON export of bookmarks (also what its API gives)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from journeys.ingest.sources.objects import ObjectKind, ObjectsAdapter, given
from journeys.ingest.sources.rows import Values, flags
from journeys.ingest.sources.text import joined


def _bookmark(item: Mapping[str, Any]) -> Values:
    return {
        "timestamp": given(item, "time"),
        "title": given(item, "description") or given(item, "href"),  # a title is called so here
        "text": joined([given(item, "extended"), given(item, "tags")]),
        "url": given(item, "href"),
        "action": "save",
        "flags": flags(private=given(item, "shared") == "no"),
    }


class Pinboard(ObjectsAdapter):
    """Reads the JSON export."""

    def __init__(self) -> None:
        mapping = {"timestamp": "time", "title": "description", "text": "extended", "url": "href"}
        needed = frozenset({*mapping.values(), "toread"})
        super().__init__("pinboard", (ObjectKind(needed, _bookmark, mapping),))
