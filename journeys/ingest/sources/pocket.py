"""Pocket: the CSV parts of its last exports, the HTML export before them, and its API's JSON.

The API's ``/v3/get`` is what backup tools kept (``{"list": {id: item}}``). Tags are separated by
``|`` in the tables and by ``,`` in the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any

import ijson

from journeys.errors import InputError
from journeys.ingest.contract import Batch, Context, DataFile, RawRecord, Reading, batched
from journeys.ingest.delimited import lines_of
from journeys.ingest.encoding import Utf8Stream, detect_encoding
from journeys.ingest.guarded import Guarded
from journeys.ingest.jsonfiles import OVERSIZE
from journeys.ingest.sources.keys import json_keys
from journeys.ingest.sources.objects import given
from journeys.ingest.sources.rows import HEAD, Kind, Values, as_head, header, read_rows
from journeys.ingest.sources.text import joined
from journeys.timeline import Rejected

_MARK = 'time_added="'
_LINK = re.compile(r"<a\s([^<>]*)>([^<]*)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r'(?<![\w-])([a-z_]+)="([^"]*)"', re.IGNORECASE)
_EXCERPT = 80


def _saved(
    time: str, title: str, url: str, tags: Sequence[str], text: str = "", favourite: bool = False
) -> Values:
    return {
        "timestamp": time,
        "title": title or url,
        "text": joined([text, ", ".join(tag.strip() for tag in tags if tag.strip())]),
        "url": url,
        "action": "like" if favourite else "save",
        "source": Pocket.name,
        "flags": "",
    }


def _row(row: Mapping[str, str]) -> Values:
    return _saved(row["timeadded"], row["title"], row["url"], row["tags"].split("|"))


def _item(item: Mapping[str, Any]) -> Values:
    tags = item.get("tags")
    return _saved(
        given(item, "time_added").removesuffix("0") and given(item, "time_added"),
        given(item, "resolved_title") or given(item, "given_title"),
        given(item, "resolved_url") or given(item, "given_url"),
        [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, Mapping) else [],
        given(item, "excerpt"),
        given(item, "favorite") == "1",
    )


_TABLE = Kind(
    {"timestamp": "timeadded", "title": "title", "url": "url"},
    _row,
    needed=frozenset({"timeadded", "title", "url", "status"}),
    more=("tags",),
)


class Pocket:
    """Reads all three; an :class:`~journeys.ingest.contract.Adapter`."""

    name = "pocket"

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """Whether it is one of Pocket's files."""
        return _TABLE.fits(header(head)) or _is_page(head) or _is_answer(head)

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """Begin reading; see :class:`~journeys.ingest.contract.Adapter`."""
        head = file.head(HEAD)
        if _TABLE.fits(header(head)):
            return read_rows(file, context, first_row, self.name, _TABLE)
        notes: list[str] = []

        def batches() -> Iterator[Batch]:
            raw = file.open(counted=not context.partial)
            stream = Utf8Stream(raw, detect_encoding(head))
            read = _page if _is_page(head) else _answer
            yield from batched(read(stream, context, first_row))
            notes.extend(stream.notes())

        mapping = {"timestamp": "time_added", "title": "title", "url": "url"}
        kind = "html" if _is_page(head) else "json"
        return Reading(f"{self.name} ({kind})", mapping, batches(), notes)


def _is_page(head: bytes) -> bool:
    text = as_head(head)
    return text.lstrip().startswith("<") and _MARK in text


def _is_answer(head: bytes) -> bool:
    keys = json_keys(head)
    return "list" in keys and any(
        key.startswith("list.") and key.endswith((".given_url", ".resolved_url")) for key in keys
    )


def _page(stream: Utf8Stream, context: Context, first_row: int) -> Iterator[RawRecord | Rejected]:
    """The page's links, of which each stands on a line.

    Patterns do for a page that a machine wrote; a parser of HTML takes minutes for a line of a
    megabyte of nested elements.
    """
    row = first_row
    for lines in lines_of(stream, context.limits):
        for line in lines:
            if line is None:
                yield Rejected(row, f"longer than {context.limits.record_bytes:,} bytes")
                row += 1
                continue
            for link, words in _LINK.findall(line):
                about = {name.lower(): unescape(value) for name, value in _ATTRIBUTE.findall(link)}
                time, url = about.get("time_added", ""), about.get("href", "")
                tags = about.get("tags", "").split(",")
                yield RawRecord(row, _saved(time, unescape(words).strip(), url, tags))
                row += 1


def _answer(stream: Utf8Stream, context: Context, first_row: int) -> Iterator[RawRecord | Rejected]:
    """The items under ``list``; what comes before broken JSON is kept."""
    guarded = Guarded(stream, context.limits.record_bytes * OVERSIZE)
    row = first_row
    items = ijson.kvitems(guarded, "list", use_float=True)
    while True:
        try:
            _, item = next(items)
        except StopIteration:
            return
        except (ijson.JSONError, InputError, OverflowError, ValueError) as error:
            if not context.partial:
                yield Rejected(row, "the JSON is broken here", str(error)[:_EXCERPT])
            return
        guarded.record(item)
        if isinstance(item, Mapping):
            yield RawRecord(row, _item(item))
        else:
            yield Rejected(row, "not a JSON object", str(item)[:_EXCERPT])
        row += 1
