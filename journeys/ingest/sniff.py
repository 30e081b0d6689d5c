"""What a file is, from its first bytes and never from its name."""

from __future__ import annotations

import csv
import json
from typing import Literal

from journeys.errors import InputError
from journeys.ingest.container import GZIP_MAGIC, ZIP_MAGIC

Kind = Literal["delimited", "json", "jsonl", "parquet"]

PARQUET_MAGIC = b"PAR1"
DELIMITERS = {",": "csv", "\t": "tsv", ";": "csv with ;", "|": "csv with |"}

#: Magic bytes of what people upload by mistake -> what it is, and what to do.
_NOT_A_LOG = (
    (b"%PDF", "a PDF", "Export the log as CSV or JSON."),
    (b"\x89PNG", "an image", "Choose the log itself."),
    (b"\xff\xd8\xff", "an image", "Choose the log itself."),
    (b"GIF8", "an image", "Choose the log itself."),
    (b"SQLite format 3\x00", "a SQLite database", "Export the table as CSV."),
    (b"\xd0\xcf\x11\xe0", "an old Office file", "Save the sheet as CSV."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it or pack it as zip."),
    (b"Rar!", "a RAR archive", "Unpack it or pack it as zip."),
    (b"BZh", "a bzip2 archive", "Unpack it or pack it as zip or gzip."),
    (b"\xfd7zXZ", "an xz archive", "Unpack it or pack it as zip or gzip."),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it or pack it as zip or gzip."),
    (ZIP_MAGIC, "an archive inside an archive", "Unpack it and give the data file."),
    (GZIP_MAGIC, "an archive inside an archive", "Unpack it and give the data file."),
)


def refuse_binary(head: bytes, name: str) -> None:
    """Raise for what is plainly no text.

    Raises:
        InputError: names what the file is and what to do.
    """
    for magic, what, remedy in _NOT_A_LOG:
        if head.startswith(magic):
            raise InputError(f"{name} is {what}, not a log. {remedy}")
    if head[257:262] == b"ustar":
        raise InputError(f"{name} is a tar archive. Unpack it and give the data file.")


def is_binary(text: bytes) -> bool:
    """Whether decoded text (as UTF-8) has more control characters than any log would."""
    if not text:
        return False
    control = sum(text.count(bytes([code])) for code in range(32) if code not in b"\t\n\r\f\x1b")
    return control + text.count(b"\xef\xbf\xbd") > 0.05 * len(text)


def kind_of(text: bytes) -> Kind:
    """Delimited text, JSON or JSON lines, from the head of a file as UTF-8."""
    start = text.lstrip()[:1]
    if start not in (b"{", b"["):
        return "delimited"
    lines = [line.strip() for line in text.split(b"\n")[:3] if line.strip()]
    if start == b"{" and _is_object(lines[0]):
        if len(lines) > 1 and lines[1].startswith(b"{"):
            return "jsonl"
        return "json" if _holds_records(json.loads(lines[0])) else "jsonl"
    if start == b"{" and len(lines) > 1 and any(_is_object(line) for line in lines[1:]):
        return "jsonl"  # a broken first record does not hide the others
    return "json"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _holds_records(value: object, depth: int = 8) -> bool:
    """Whether an array of objects is in the value, not too deep."""
    if isinstance(value, dict) and depth:
        return any(_holds_records(item, depth - 1) for item in value.values())
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def delimiter_of(lines: list[str]) -> str | None:
    """The delimiter under which most lines have as many cells as the first; None if none has two.

    Args:
        lines: the first lines of the file, header included.
    """
    best, best_score = None, (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        width = len(rows[0]) if rows else 0
        if width < 2:
            continue
        same = sum(len(row) == width for row in rows) / len(rows)
        if (same, width) > best_score:
            best, best_score = delimiter, (same, width)
    return best
