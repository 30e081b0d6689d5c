"""Bookmarks as every browser exports them: Netscape's bookmark file, a page of nested lists.

A bookmark is an event at the time when it was added, in the folders above it. The page is cut at
its list items, so that memory is bounded by the longest of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborHTMLParser

from journeys.ingest.contract import (
    Bytes,
    Cell,
    Context,
    DataFile,
    RawRecord,
    Reading,
    ReadLimits,
    batched,
)
from journeys.ingest.encoding import Utf8Stream, detect_encoding
from journeys.ingest.sources.pages import OWN_PAGE
from journeys.ingest.sources.streams import fragment, opening, row_size
from journeys.timeline import Rejected

_BLOCK = 256 << 10

#: Where an item or a list begins or ends.
_CUT = re.compile(rb"<(?=dt\b|/dl\b|dl\b)", re.IGNORECASE)
_DOCTYPE = b"<!doctype netscape-bookmark-file-1"

#: Folders that are kept open; a file of more is broken.
_DEPTH = 100

#: Folders that every browser has and that say nothing.
_ROOTS = frozenset({"bookmarks bar", "bookmarks menu", "bookmarks toolbar", "other bookmarks"})


class Bookmarks:
    """Reads a bookmark file of any browser."""

    name = "bookmarks"

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """See :class:`~journeys.ingest.contract.Adapter`."""
        return opening(head)[:1024].lower().find(_DOCTYPE) >= 0

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """See :class:`~journeys.ingest.contract.Adapter`."""
        notes: list[str] = []
        stream = Utf8Stream(file.open(), detect_encoding(file.head(64 << 10)))

        def records() -> Iterator[RawRecord | Rejected]:
            row = first_row
            for item in _items(stream, context.limits):
                if isinstance(item, str):
                    yield Rejected(row, item)
                elif not item["timestamp"]:
                    yield Rejected(row, "no time", str(item["title"])[:80])
                elif str(item["url"]).lower().startswith(("javascript:", "place:", "data:")):
                    yield Rejected(row, OWN_PAGE, str(item["title"])[:80])
                else:
                    yield RawRecord(row, item)
                row += 1
            notes.extend(stream.notes())

        return Reading(self.name, {}, batched(records(), row_size(context)), notes)


def _items(stream: Bytes, limits: ReadLimits) -> Iterator[dict[str, Cell] | str]:
    """The bookmarks; the reason in place of one that cannot be read."""
    folders: list[str] = []
    heading = ""
    for piece in _pieces(stream, limits.record_bytes):
        if piece is None:
            yield f"longer than {limits.record_bytes:,} bytes"
            continue
        start = piece[:4].lower()
        if start == b"<dl>" or start[:3] == b"<dl":
            if len(folders) < _DEPTH:
                folders.append(heading)
            heading = ""
        elif start == b"</dl":
            if folders:
                folders.pop()
        elif start[:3] == b"<dt":
            tree = fragment(piece)
            if tree is None:
                yield "not a bookmark"
                continue
            folder, link = tree.css_first("h3"), tree.css_first("a")
            if link is not None:
                yield _bookmark(tree, [name for name in folders if name])
            elif folder is not None:
                heading = " ".join(folder.text().split())[:200]


def _bookmark(tree: LexborHTMLParser, folders: Sequence[str]) -> dict[str, Cell]:
    link = tree.css_first("a")
    url = (link.attributes.get("href") if link else None) or ""
    title = " ".join(link.text().split()) if link else ""
    tags = (link.attributes.get("tags") if link else None) or ""
    described = tree.css_first("dd")
    where = " / ".join(name for name in folders if name.lower() not in _ROOTS)
    said = " ".join(described.text().split()) if described is not None else ""
    return {
        "timestamp": _seconds((link.attributes.get("add_date") if link else None) or ""),
        "title": title or url,
        "text": "; ".join(part for part in (said, where, ", ".join(_tags(tags))) if part),
        "url": url,
        "action": "bookmark",
        "source": "bookmarks",
    }


def _tags(text: str) -> list[str]:
    return [tag for part in text.split(",") if (tag := part.strip())]


def _seconds(text: str) -> int | None:
    """A time since 1970 in seconds; some tools write milliseconds or microseconds."""
    if not text.isascii() or not text.isdigit() or len(text) > 16 or int(text) == 0:
        return None
    return int(text)


def _pieces(stream: Bytes, longest: int) -> Iterator[bytes | None]:
    """The page cut before each item and list; None for a piece that is too long."""
    rest = b""
    too_long = False
    while more := stream.read(_BLOCK):
        rest += more
        cuts = [match.start() for match in _CUT.finditer(rest, 1)]
        begin = 0
        for cut in cuts:
            yield None if too_long else rest[begin:cut]
            too_long, begin = False, cut
        rest = rest[begin:]
        if len(rest) > longest:
            too_long, rest = True, rest[-8:]
    if rest:
        yield None if too_long else rest
