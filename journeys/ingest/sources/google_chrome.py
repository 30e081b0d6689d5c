"""Chrome's history in Google Takeout: ``BrowserHistory.json`` (old) or ``History.json`` (new)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from journeys.ingest.contract import Context, DataFile, RawRecord, Reading, batched
from journeys.ingest.encoding import Utf8Stream, detect_encoding
from journeys.ingest.sources.pages import PageReader
from journeys.ingest.sources.streams import json_records, micros, opening, row_size
from journeys.timeline import Rejected

_KEY = "Browser History"
_NOT_A_VISIT = "not a visit to a page"
_OPENING = re.compile(rb'\{\s*"(?:Browser History|Typed Url|Session)"\s*:\s*\[')


class GoogleChrome:
    """Reads the list of visits in a Takeout of Chrome."""

    name = "chrome history"

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """See :class:`~journeys.ingest.contract.Adapter`."""
        text = opening(head)
        if not _OPENING.match(text):
            return False
        return b'"Browser History"' in text or b'"Typed Url"' in text

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """See :class:`~journeys.ingest.contract.Adapter`."""
        notes: list[str] = []
        stream = Utf8Stream(file.open(), detect_encoding(file.head(4096)))
        pages = PageReader("chrome")

        def records() -> Iterator[RawRecord | Rejected]:
            for row, item in json_records(stream, f"{_KEY}.item", context, first_row):
                yield item if isinstance(item, Rejected) else _visit(row, item, pages)
            notes.extend([*pages.notes(), *stream.notes()])

        return Reading(f"{self.name} (json)", {}, batched(records(), row_size(context)), notes)


def _visit(row: int, item: Mapping[str, Any], pages: PageReader) -> RawRecord | Rejected:
    url = item.get("url")
    if not isinstance(url, str) or "time_usec" not in item:
        return Rejected(row, _NOT_A_VISIT, str(item)[:80])
    title = item.get("title")
    when = micros(item["time_usec"])
    return pages.visit(row, when, url, title if isinstance(title, str) else "")
