"""Kindle: ``My Clippings.txt``, in whatever language the device speaks.

A clipping is a line with the book, a line that says what was done where and when, a blank line and
the words, up to a line of ten equals signs. The words for highlight, note, bookmark and clip are
known in the languages that the devices have; of a clipping in another language the date is read,
and what has words counts as a highlight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from journeys.ingest.contract import Batch, Context, DataFile, RawRecord, Reading, batched
from journeys.ingest.delimited import lines_of
from journeys.ingest.encoding import Utf8Stream, detect_encoding
from journeys.ingest.localdates import DateReader
from journeys.ingest.sources.rows import HEAD, as_head
from journeys.ingest.sources.text import by
from journeys.ingest.times import MISSING, NOT_UNDERSTOOD
from journeys.timeline import Rejected

_END = "=========="
_DASHES = ("-", "–", "—")

#: What a clipping is -> how the devices' languages say it (de, es, fr, it, pt, nl, ru, ja, zh, ko).
_HIGHLIGHT = (
    "highlight", "markierung", "subrayado", "resaltado", "surlign", "evidenziazione", "destaque",
    "markering", "выделен", "ハイライト", "标注", "標註", "하이라이트",
)  # fmt: skip
_BOOKMARK = (
    "bookmark", "lesezeichen", "marcador", "signet", "segnalibro", "bladwijzer", "закладк",
    "ブックマーク", "书签", "書籤", "북마크",
)  # fmt: skip
_NOTE = ("note", "notiz", "nota", "notitie", "заметк", "メモ", "笔记", "筆記", "메모")
_ACTIONS = ((_HIGHLIGHT, "save"), (_BOOKMARK, "view"), (_NOTE, "create"))

_BAR = re.compile(r"\s*[|｜]\s*")
_HOURS = re.compile(r"(\d{1,2})h(\d\d)min")  # as older devices say it in Portuguese
_EXCERPT = 80


class Kindle:
    """Reads clippings; an :class:`~journeys.ingest.contract.Adapter`."""

    name = "kindle"

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """Whether the file begins with a clipping."""
        text = as_head(head)
        if f"\n{_END}" not in text:
            return False
        lines = (line.strip(" \r\t\ufeff") for line in text.split("\n"))
        _, about = [*islice((line for line in lines if line), 2), "", ""][:2]
        return about.startswith(_DASHES) and any(char.isdigit() for char in about)

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """Begin reading; see :class:`~journeys.ingest.contract.Adapter`."""
        encoding = detect_encoding(file.head(HEAD))
        notes: list[str] = []

        def batches() -> Iterator[Batch]:
            stream = Utf8Stream(file.open(counted=not context.partial), encoding)
            yield from batched(_clippings(stream, context, first_row))
            notes.extend(stream.notes())

        mapping = {"timestamp": "date added", "title": "book", "text": "clipping"}
        return Reading("kindle clippings", mapping, batches(), notes)


def _clippings(
    stream: Utf8Stream, context: Context, first_row: int
) -> Iterator[RawRecord | Rejected]:
    dates = DateReader()
    row = first_row
    longest = context.limits.record_bytes
    held: list[str] = []
    size = 0
    for lines in lines_of(stream, context.limits):
        for line in lines:
            if line is not None and line.startswith(_END) and not line.strip().strip("="):
                if held:
                    yield (
                        _clipping(row, held, dates) if size <= longest else _too_long(row, longest)
                    )
                    row += 1
                held, size = [], 0
            elif (
                held or line is None or line.strip(" \ufeff\n")
            ):  # blank lines before it say nothing
                size += len(line) if line is not None else longest + 1
                if size <= longest and line is not None:
                    held.append(line.rstrip("\n"))
                elif not held:
                    held.append("")
    if held and not context.partial:
        yield _clipping(row, held, dates) if size <= longest else _too_long(row, longest)


def _too_long(row: int, longest: int) -> Rejected:
    return Rejected(row, f"longer than {longest:,} bytes")


def _clipping(row: int, lines: Sequence[str], dates: DateReader) -> RawRecord | Rejected:
    book = lines[0].strip(" \ufeff")
    if len(lines) < 2 or not lines[1].lstrip().startswith(_DASHES):
        return Rejected(row, "not a clipping", " ".join(lines)[:_EXCERPT])
    about = lines[1].strip()
    *place, added = _BAR.split(about)
    time = dates.read(_HOURS.sub(r"\1:\2", added))
    if time is None:
        found = any(char.isdigit() for char in added) and bool(place)
        return Rejected(row, NOT_UNDERSTOOD if found else MISSING, about[:_EXCERPT])
    words = "\n".join(lines[2:]).strip()
    unseen = words.startswith("<") and words.endswith(">")  # "<You have reached the limit ...>"
    where = " | ".join(place).lstrip("-–— ")
    return RawRecord(
        row,
        {
            "timestamp": time.iso(),
            "title": _title(book),
            "text": "" if unseen else words,
            # A note and what it is a note on have the same book and, often, the same second.
            "item_id": f"kindle:{book}, {where}",
            "action": _action(where, words),
            "source": Kindle.name,
            "flags": "removed" if unseen else "",
        },
    )


def _action(where: str, words: str) -> str:
    """Highlights are kept, notes are the reader's own, and a bookmark shows that they read."""
    said = where.lower()
    known = (action for names, action in _ACTIONS if any(name in said for name in names))
    return next(known, "save" if words else "view")


def _title(book: str) -> str:
    """A book's line, "Title (Author)", as its title and author; an author may have brackets."""
    if not book.endswith(")"):
        return book
    depth = 0
    for at in range(len(book) - 1, 0, -1):
        depth += {")": 1, "(": -1}.get(book[at], 0)
        if not depth:
            authors = (_name(author) for author in book[at + 1 : -1].split(";"))
            return by(book[:at].strip(), ", ".join(author for author in authors if author))
    return book


def _name(author: str) -> str:
    """An author's name the usual way round."""
    last, comma, first = author.partition(",")
    turned = comma and first.strip() and "," not in first
    return f"{first.strip()} {last.strip()}" if turned else author.strip()
