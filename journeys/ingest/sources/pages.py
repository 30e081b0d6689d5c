"""Visits to pages, as every browser's history has them."""

from __future__ import annotations

from dataclasses import dataclass

from journeys.ingest.contract import Cell, RawRecord
from journeys.ingest.times import NOT_UNDERSTOOD
from journeys.timeline import Rejected

#: Addresses of the browser itself, which are no pages of the web.
_OWN = (
    "about:", "chrome:", "chrome-extension:", "moz-extension:", "edge:", "brave:", "qute:",
    "view-source:", "devtools:", "data:", "blob:", "javascript:", "safari-web-extension:",
)  # fmt: skip

OWN_PAGE = "a page of the browser itself"


@dataclass
class PageReader:
    """Makes events of a browser's visits.

    Attributes:
        source: what the events are called, e.g. ``"firefox"``.
        untitled: visits without a title, for which the address stands in.
    """

    source: str
    untitled: int = 0

    def visit(
        self, row: int, when: int | None, url: str, title: str, text: str = ""
    ) -> RawRecord | Rejected:
        """The event of a visit.

        Args:
            when: microseconds since 1970-01-01 UTC; None if it could not be read.
        """
        if when is None:
            return Rejected(row, NOT_UNDERSTOOD, url[:80])
        if url.lower().startswith(_OWN):
            return Rejected(row, OWN_PAGE, url[:80])
        if not title.strip():
            self.untitled += 1
            title = url
        values: dict[str, Cell] = {
            "timestamp": when,
            "title": title,
            "text": text,
            "url": url,
            "action": "visit",
            "source": self.source,
        }
        return RawRecord(row, values)

    def notes(self) -> list[str]:
        """What the user should know once all visits are read."""
        if not self.untitled:
            return []
        return [f"{self.untitled:,} visits have no title; the page's address stands in for it."]
