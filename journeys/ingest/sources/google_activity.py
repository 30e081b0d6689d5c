"""Google's activity logs: "My Activity" of all products, in JSON and in HTML.

YouTube's history has the same form and is read by :mod:`~journeys.ingest.sources.google_youtube`,
which differs in what it recognises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from journeys.ingest.contract import Context, DataFile, RawRecord, Reading, batched
from journeys.ingest.encoding import Utf8Stream, detect_encoding
from journeys.ingest.localdates import DateReader
from journeys.ingest.sources.google_html import MARK, entries
from journeys.ingest.sources.google_records import Entry, EntryReader
from journeys.ingest.sources.streams import json_records, opening, row_size
from journeys.timeline import Rejected

NO_ENTRY = "not an entry of an activity log"

#: Names that an entry has; two of three are asked of a file's first entry.
_NAMES = (b'"header"', b'"titleUrl"', b'"activityControls"', b'"products"')
_HEADER = re.compile(rb'"header"\s*:\s*"((?:[^"\\]|\\.){0,200})"')
_HTML_HEADER = re.compile(rb"mdl-typography--title[^>]{0,40}>([^<]{0,200})<")


class GoogleActivity:
    """Reads ``MyActivity.json`` and ``MyActivity.html``, whatever they are called."""

    name = "google activity"

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """See :class:`~journeys.ingest.contract.Adapter`."""
        return first_header(head) is not None

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """See :class:`~journeys.ingest.contract.Adapter`."""
        head = file.head(4096)
        html = opening(head).startswith(b"<")
        notes: list[str] = []
        stream = Utf8Stream(file.open(), detect_encoding(head))
        reader = EntryReader()

        def records() -> Iterator[RawRecord | Rejected]:
            found = (
                _html_entries(stream, context, first_row, notes)
                if html
                else _json_entries(stream, context, first_row)
            )
            for row, entry in found:
                if isinstance(entry, Rejected):
                    yield entry
                else:
                    yield RawRecord(row, reader.event(entry))
            notes.extend([*reader.notes(), *stream.notes()])

        kind = f"{self.name} ({'html' if html else 'json'})"
        return Reading(kind, {}, batched(records(), row_size(context)), notes)


def first_header(head: bytes) -> str | None:
    """The header of the first entry in a file's first bytes; None if it is no activity log."""
    text = opening(head)
    if text.startswith(b"<"):
        if MARK not in text:
            return None
        found = _HTML_HEADER.search(text)
    else:
        if not text.startswith(b"[") or text[1:].lstrip()[:1] != b"{":
            return None
        if b'"time"' not in text or sum(name in text for name in _NAMES) < 2:
            return None
        found = _HEADER.search(text)
    return found[1].decode("utf-8", "replace").strip() if found else None


def _json_entries(
    stream: Utf8Stream, context: Context, first_row: int
) -> Iterator[tuple[int, Entry | Rejected]]:
    for row, item in json_records(stream, "item", context, first_row):
        if isinstance(item, Rejected):
            yield row, item
        elif not isinstance(item.get("title"), str) or "time" not in item:
            yield row, Rejected(row, NO_ENTRY, str(item)[:80])
        else:
            yield row, _entry(item)


def _entry(item: Mapping[str, Any]) -> Entry:
    header = item.get("header")
    if not isinstance(header, str):
        header = next(iter(_texts(item.get("products"))), "")
    lines = _names(item.get("subtitles"))
    described = item.get("description")
    if isinstance(described, str) and described and not header.startswith("YouTube"):
        lines = (*lines, described)
    url = item.get("titleUrl")
    return Entry(
        header=header,
        title=item["title"],
        url=url if isinstance(url, str) else "",
        time=str(item["time"]),
        lines=lines,
        details=_names(item.get("details")),
    )


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    named = [item.get("name") for item in value if isinstance(item, Mapping)]
    return tuple(name for name in named if isinstance(name, str) and name)


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _html_entries(
    stream: Utf8Stream, context: Context, first_row: int, notes: list[str]
) -> Iterator[tuple[int, Entry | Rejected]]:
    dates = DateReader()
    zoneless = 0
    for row, item in enumerate(entries(stream, context.limits), first_row):
        if isinstance(item, str):
            yield row, Rejected(row, item)
            continue
        when = dates.read(item.time)
        if when is None:
            yield row, item
            continue
        zoneless += when.offset is None
        yield (
            row,
            Entry(
                item.header, item.title, item.url, when.iso(), item.lines, item.details, item.words
            ),
        )
    if zoneless:
        notes.append(
            f"{zoneless:,} times name no time zone that is known and were read in that of "
            f"{context.timezone}."
        )
