"""JSON lines, and JSON arrays of objects read as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import ijson
import numpy as np

from journeys.errors import InputError
from journeys.ingest.contract import Batch, Bytes, Cell, ReadLimits
from journeys.ingest.delimited import lines_of
from journeys.ingest.guarded import Guarded
from journeys.ingest.salvage import BROKEN, salvaged
from journeys.timeline import Rejected

#: Records turned into columns at a time.
RECORDS = 10_000

#: How deep nested objects are offered as columns, e.g. ``metadata.title``.
DEPTH = 4

_EXCERPT = 80

#: A JSON array has no line ends to go on at, so a huge record is read before it is judged; beyond
#: this many times the record limit the file is given up.
OVERSIZE = 16

#: How deep the list of records may be.
_NESTING = 32

#: Bytes parsed at a time, which is how closely the guard can watch.
_BUFFER = 16 << 10

Item = Mapping[str, Any] | Rejected


def records_of_lines(
    stream: Bytes, limits: ReadLimits, first_row: int = 1, partial: bool = False
) -> Iterator[tuple[int, Item]]:
    """Each JSON line with its record number; blank lines do not count."""
    row = first_row
    blocks = lines_of(stream, limits)
    block = next(blocks, None)
    while block is not None:
        following = next(blocks, None)
        for at, line in enumerate(block):
            if line is not None and not line.strip():
                continue
            last = following is None and at == len(block) - 1
            if partial and last and (line is None or not line.endswith("\n")):
                return
            yield row, _parse_line(row, line, limits)
            row += 1
        block = following


def _parse_line(row: int, line: str | None, limits: ReadLimits) -> Item:
    if line is None:
        return Rejected(row, f"longer than {limits.record_bytes:,} bytes")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return Rejected(row, "not valid JSON", line.strip()[:_EXCERPT])
    if not isinstance(value, dict):
        return Rejected(row, "not a JSON object", line.strip()[:_EXCERPT])
    return value


def array_prefix(head: bytes) -> str | None:
    """Where the first array of objects is, in ijson's notation; None if the head shows none.

    ``""`` stands for objects one after the other without an array around them.
    """
    path: list[str | None] = []  # of each open object its present key, of each open array None
    try:
        for event, value in ijson.basic_parse(_Once(head), multiple_values=True, use_float=True):
            if event == "map_key":
                path[-1] = value
            elif event == "start_map":
                if path and path[-1] is None:
                    return ".".join("item" if part is None else part for part in path)
                path.append("")
            elif event == "start_array":
                path.append(None)
            elif event in ("end_map", "end_array"):
                path.pop()
                if not path:
                    return "" if event == "end_map" else None
            if len(path) > _NESTING:
                return None
    except ijson.JSONError:
        pass
    return None


class _Once:
    """Bytes as a stream, for a head that ends in the middle."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int = -1, /) -> bytes:
        if size == 0:
            return b""
        out, self._data = self._data, b""
        return out


def records_of_array(
    stream: Bytes,
    prefix: str,
    limits: ReadLimits,
    first_row: int = 1,
    partial: bool = False,
    oversize: int = OVERSIZE,
) -> Iterator[tuple[int, Item]]:
    """Each element of the array at ``prefix`` with its record number.

    What comes before broken JSON is kept; the break is one rejected record, and reading goes on
    at the next object that begins as the last good one did.

    Args:
        partial: the stream is only a head, so its end is no break.
        oversize: the file is given up at a record of so many times the record limit.
    """
    guarded = Guarded(stream, limits.record_bytes * oversize)
    row = first_row
    key = ""
    items = ijson.items(guarded, prefix, multiple_values=True, buf_size=_BUFFER)
    while True:
        try:
            value = next(items)
        except StopIteration:
            return
        except (ijson.JSONError, InputError, OverflowError, ValueError) as error:
            if not partial:
                yield row, Rejected(row, BROKEN, _one_line(error))
                rest = salvaged(stream, guarded.window, guarded.since, key, limits)
                for at, item in enumerate(rest, row + 1):
                    yield at, replace(item, row=at) if isinstance(item, Rejected) else item
            return
        guarded.record(value)
        if isinstance(value, dict):
            key = next(iter(value), key)
            yield row, value
        else:
            yield row, Rejected(row, "not a JSON object", str(value)[:_EXCERPT])
        row += 1


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:_EXCERPT]


def columnar(
    records: Iterator[tuple[int, Item]], wanted: Sequence[str], limits: ReadLimits
) -> Iterator[Batch]:
    """The wanted columns of a stream of objects; nested ones by dotted path."""
    rows: list[int] = []
    columns: dict[str, list[Cell]] = {name: [] for name in wanted}
    rejected: list[Rejected] = []
    seen = 0
    for row, item in records:
        seen += 1
        if isinstance(item, Rejected):
            rejected.append(item)
        else:
            cells = [cell(item, name) for name in wanted]
            if any(isinstance(c, str) and len(c) > limits.record_bytes for c in cells):
                rejected.append(Rejected(row, f"longer than {limits.record_bytes:,} bytes"))
            else:
                rows.append(row)
                for name, value in zip(wanted, cells, strict=True):
                    columns[name].append(value)
        if seen == RECORDS:
            yield Batch(np.array(rows, dtype=np.int64), columns, tuple(rejected))
            rows, rejected, seen = [], [], 0
            columns = {name: [] for name in wanted}
    if seen:
        yield Batch(np.array(rows, dtype=np.int64), columns, tuple(rejected))


def cell(item: Mapping[str, Any], path: str) -> Cell:
    """A value by name, or by dotted path where there is no such name."""
    if path in item:
        return as_cell(item[path])
    value: Any = item
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return as_cell(value)


def as_cell(value: Any) -> Cell:
    """Lists and objects as compact JSON; scalars as they are."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Decimal):  # what ijson makes of fractions
        return float(value)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    except RecursionError:
        return None


def _plain(value: Any) -> float | str:
    return float(value) if isinstance(value, Decimal) else str(value)


def paths(item: Mapping[str, Any], depth: int = DEPTH) -> Iterator[str]:
    """Every column an object offers: its names, and dotted paths into nested objects."""
    for name, value in item.items():
        if isinstance(value, Mapping) and value and depth > 1:
            for inner in paths(value, depth - 1):
                yield f"{name}.{inner}"
        else:
            yield str(name)
