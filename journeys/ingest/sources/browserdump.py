"""Merged browser histories as ``browserexport`` writes them, one visit an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from journeys.ingest.sources.objects import ObjectKind, ObjectsAdapter, given
from journeys.ingest.sources.rows import Values


def _visit(item: Mapping[str, Any]) -> Values:
    about = item.get("metadata")
    about = about if isinstance(about, Mapping) else {}
    title, description = given(about, "title"), given(about, "description")
    return {
        "timestamp": given(item, "dt"),
        "title": title or given(item, "url"),
        "text": description if description != title else "",
        "url": given(item, "url"),
        "action": "view",
        "source": "browser",
        "flags": "",
    }


class BrowserDump(ObjectsAdapter):
    """Reads dumps in JSON and JSON lines."""

    def __init__(self) -> None:
        mapping = {"timestamp": "dt", "title": "metadata.title", "url": "url"}
        needed = frozenset({"dt", "url", "metadata"})
        super().__init__("browser dump", (ObjectKind(needed, _visit, mapping),))
