"""The generic adapter: any table of events, whatever its format, with its columns recognised."""

from __future__ import annotations

import csv
import difflib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from journeys.errors import InputError
from journeys.ingest import recognition, sniff
from journeys.ingest.contract import Batch, Bytes, Cell, Context, DataFile, Reading, ReadLimits
from journeys.ingest.delimited import Delimited, lines_of
from journeys.ingest.encoding import Utf8Stream, detect_encoding
from journeys.ingest.recognition import Match
from journeys.ingest.times import parse_times
from journeys.timeline import COLUMNS

#: What is looked at to learn format and columns.
HEAD = 1 << 20

#: Where the search for that many readable records ends, e.g. behind a record of many megabytes.
SAMPLE_BYTES = 16 << 20

#: More columns than any log has.
MAX_COLUMNS = 1_000

#: Records whose cells decide which column is which.
SAMPLE = 300

_CALLED = {"timestamp": "time", "user_id": "user", "item_id": "item id", "title": "title"}


@dataclass(frozen=True)
class Table:
    """A file understood as a table.

    Attributes:
        format: e.g. ``"csv"``.
        columns: names of the file's columns, each once.
        read: ``(wanted columns, number of the first record) -> batches`` by the file's names.
        notes: filled until the last batch has been read.
        repeated: column names that the file has more than once.
    """

    format: str
    columns: tuple[str, ...]
    read: Callable[[Sequence[str], int], Iterator[Batch]]
    notes: list[str]
    repeated: tuple[str, ...] = ()


class TableAdapter:
    """Reads every table whose columns can be recognised or are named by the user."""

    name = "table"

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """Always true: the last adapter to be asked."""
        return True

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """Begin reading; see :class:`~journeys.ingest.contract.Adapter`."""
        table = open_table(file, context)
        matches = recognise(sample(file, context), context.mapping, table.repeated)
        mapping = {ours: match.column for ours, match in matches.items()}
        require(mapping, table.columns, file.name, untitled=context.untitled)
        unknown = [name for name in context.keep if name not in table.columns]
        if unknown:
            raise InputError(f"{file.name} has no column {unknown[0]!r}{_near(unknown[0], table)}.")
        if "user_id" not in mapping:
            table.notes.append(
                "No column names the user: all events are taken as one person's, 'me'."
            )
        for ours, match in matches.items():
            if match.confidence == "low":
                table.notes.append(
                    f"The {_CALLED.get(ours, ours)} was read from the column {match.column!r} "
                    f"because {match.why}. Choose another if that is wrong."
                )
        wanted = list(dict.fromkeys([*mapping.values(), *context.keep]))
        batches = _renamed(table.read(wanted, first_row), mapping, context.keep)
        return Reading(table.format, mapping, batches, table.notes)


def _renamed(
    batches: Iterator[Batch], mapping: Mapping[str, str], keep: Sequence[str]
) -> Iterator[Batch]:
    for batch in batches:
        columns = {ours: batch.columns[theirs] for ours, theirs in mapping.items()}
        # A kept column that is called like one of ours must not overwrite it.
        extra = {attribute(name): batch.columns[name] for name in keep}
        yield Batch(batch.rows, {**extra, **columns}, batch.rejected)


def attribute(name: str) -> str:
    """What a kept column is called in the log: its own name unless that is one of ours."""
    return f"{name} (as given)" if name in COLUMNS else name


def require(
    mapping: Mapping[str, str], columns: Sequence[str], name: str, *, untitled: bool = False
) -> None:
    """Raise unless time and title are known; with ``untitled``, time and item id.

    Raises:
        InputError: names what is missing and what the file has.
    """
    required = ("timestamp", "item_id" if untitled and "title" not in mapping else "title")
    missing = [_CALLED[c] for c in required if c not in mapping]
    if missing:
        shown = ", ".join(repr(column) for column in columns[:12])
        more = f" and {len(columns) - 12} more" if len(columns) > 12 else ""
        raise InputError(
            f"No column of {name} looks like the {' or the '.join(missing)} of an event. "
            f"It has {shown}{more}: say which is which, or choose another file."
        )


def recognise(
    cells: Mapping[str, Sequence[Cell]], given: Mapping[str, str], repeated: Sequence[str] = ()
) -> dict[str, Match]:
    """The recognised columns with the user's corrections; '' in ``given`` means "not there".

    Raises:
        InputError: a correction names a column that is not there, or a needed name is repeated.
    """
    for ours, theirs in given.items():
        if ours not in COLUMNS:
            raise InputError(f"{ours!r} is no column of a log; the columns are {_list(COLUMNS)}.")
        if theirs and theirs not in cells:
            raise InputError(
                f"The file has no column {theirs!r}; it has {_list(list(cells)[:20])}."
            )
    used = set(given.values())
    found = recognition.recognise({name: c for name, c in cells.items() if name not in used})
    matches = {ours: match for ours, match in found.items() if ours not in given}
    for match in matches.values():
        if match.column in repeated:
            raise InputError(
                f"The file has more than one column {match.column!r}. Rename one of them, or say "
                "which is meant."
            )
    for ours, theirs in given.items():
        if theirs:
            matches[ours] = Match(theirs, "given", "you chose it")
    return {ours: matches[ours] for ours in COLUMNS if ours in matches}


def _list(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _near(name: str, table: Table) -> str:
    close = difflib.get_close_matches(name, table.columns, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; it has {_list(table.columns[:20])}"


def sample(file: DataFile, context: Context, rows: int = SAMPLE) -> dict[str, list[Cell]]:
    """The first cells of every column."""
    partial = Context(context.limits, context.mapping, context.keep, partial=True)
    table = open_table(file, partial)
    cells: dict[str, list[Cell]] = {name: [] for name in table.columns}
    for batch in table.read(table.columns, 1):
        for name, column in cells.items():
            column.extend(batch.columns[name][: rows - len(column)])
        if all(len(column) >= rows for column in cells.values()):
            break
    return cells


class _Head:
    """The first bytes of a file as a stream."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)

    def read(self, size: int = -1, /) -> bytes:
        size = len(self._data) if size < 0 else size
        out, self._data = bytes(self._data[:size]), self._data[size:]
        return out


class _First:
    """A stream that ends after :data:`SAMPLE_BYTES`."""

    def __init__(self, stream: Bytes) -> None:
        self._stream, self._left = stream, SAMPLE_BYTES

    def read(self, size: int = -1, /) -> bytes:
        out = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(out)
        return out


def open_table(file: DataFile, context: Context) -> Table:
    """Learn a file's format and columns from its head.

    With ``context.partial``, reading stops after :data:`SAMPLE_BYTES`.

    Raises:
        InputError: it is no table; the message says what it is and what to do.
    """
    raw = file.head(HEAD)
    if not raw.strip():
        raise InputError(f"{file.name} is empty. Choose a file with a header and some records.")
    if raw.startswith(sniff.PARQUET_MAGIC):
        return _parquet(file, context.limits)
    sniff.refuse_binary(raw, file.name)
    encoding = detect_encoding(raw)
    if "16" not in encoding and "32" not in encoding and sniff.is_binary(raw):
        raise InputError(f"{file.name} is a binary file, not a log. Give CSV, JSON or Parquet.")
    head = Utf8Stream(_Head(raw), encoding).read(-1)
    if sniff.is_binary(head):
        raise InputError(f"{file.name} cannot be read as text. Save it as UTF-8 and try again.")
    if head[:200].lstrip().lower().startswith((b"<!doctype html", b"<html", b"<?xml")):
        raise InputError(f"{file.name} is a web page or XML, not a log. Export it as CSV or JSON.")
    notes: list[str] = []

    sampling = context.partial

    def stream() -> Utf8Stream:
        source = _First(file.open(counted=False)) if sampling else file.open()
        return Utf8Stream(source, encoding)

    whole = len(raw) < HEAD
    context = replace(context, partial=context.partial and not whole)
    kind = sniff.kind_of(head)
    if kind == "delimited":
        return _delimited(file.name, head, whole, stream, context, notes)
    return _json(file.name, kind, head, stream, context, notes)


def _parquet(file: DataFile, limits: ReadLimits) -> Table:
    from journeys.ingest.parquetfile import ParquetTable

    table = ParquetTable(file, limits)
    return Table("parquet", tuple(table.columns), table.batches, [])


def _json(
    name: str,
    kind: sniff.Kind,
    head: bytes,
    stream: Callable[[], Utf8Stream],
    context: Context,
    notes: list[str],
) -> Table:
    from journeys.ingest import jsonfiles

    limits = context.limits
    prefix = "" if kind == "jsonl" else jsonfiles.array_prefix(head)
    if prefix is None:
        raise InputError(f"{name} is JSON without a list of records in it. Choose another file.")

    def records(source: Bytes, first: int, partial: bool) -> Iterator[tuple[int, jsonfiles.Item]]:
        if kind == "jsonl":
            return jsonfiles.records_of_lines(source, limits, first, partial)
        return jsonfiles.records_of_array(source, prefix, limits, first, partial)

    columns: dict[str, None] = {}
    capped = len(head) >= HEAD
    for _, item in records(_Head(head), 1, capped):
        if isinstance(item, Mapping):
            columns.update(dict.fromkeys(jsonfiles.paths(item)))
        if len(columns) > MAX_COLUMNS:  # keys that are data; what is needed comes first
            columns = dict.fromkeys(list(columns)[:MAX_COLUMNS])
            break
    if not columns:
        raise InputError(f"{name} is JSON without a readable record in it. Choose another file.")

    def read(wanted: Sequence[str], first: int) -> Iterator[Batch]:
        source = stream()
        yield from jsonfiles.columnar(records(source, first, context.partial), wanted, limits)
        notes.extend(source.notes())

    return Table(kind, tuple(columns), read, notes)


def _delimited(
    name: str,
    head: bytes,
    whole: bool,
    stream: Callable[[], Utf8Stream],
    context: Context,
    notes: list[str],
) -> Table:
    lines = _first_lines(head, whole, context.limits)
    if not lines:
        raise InputError(
            f"The first line of {name} is longer than {context.limits.record_bytes:,} bytes, so "
            "it is no table. Choose a file with a header line and one record a line."
        )
    skip = 0
    declared = lines[0].strip().strip('"')
    if declared.lower().startswith("sep=") and len(declared) == 5:
        delimiter: str | None = declared[-1]
        lines, skip = lines[1:], 1
    else:
        delimiter = sniff.delimiter_of(lines[:100])
    if delimiter is None:
        raise InputError(
            f"{name} is not a table: its lines have no common columns. Give CSV with a header, "
            "JSON or Parquet."
        )
    first = next((row for row in csv.reader(lines, delimiter=delimiter) if row), [])
    if len(first) > MAX_COLUMNS:
        raise _too_wide(name)
    header = [cell.strip() for cell in first]
    if _is_data(header):
        columns = [f"column {at}" for at in range(1, len(header) + 1)]
        repeated: tuple[str, ...] = ()
        notes.append("The first line is no header, so columns are called 'column 1' and so on.")
    else:
        columns, repeated = _unique(header)
        skip += 1
        if len(lines) == 1 and whole:
            raise InputError(f"{name} has a header but no records. Choose a file with events.")
        if repeated:
            notes.append(f"The header repeats {_list(repeated)}; later ones are numbered.")

    def read(wanted: Sequence[str], first_row: int) -> Iterator[Batch]:
        source = stream()
        rows = Delimited(
            source,
            delimiter,
            columns,
            limits=context.limits,
            skip=skip,
            first_row=first_row,
            partial=context.partial,
        )
        yield from rows.batches(wanted)
        notes.extend(source.notes())

    label = sniff.DELIMITERS.get(delimiter, f"csv with {delimiter}")
    return Table(label, tuple(columns), read, notes, repeated)


def _too_wide(name: str) -> InputError:
    return InputError(
        f"{name} has more than {MAX_COLUMNS:,} columns, so it is no log with one event a record. "
        "Choose another file."
    )


def _first_lines(head: bytes, whole: bool, limits: ReadLimits) -> list[str]:
    """Up to 200 lines of the head that are not blank; none if the first is too long."""
    found: list[str] = []
    for block in lines_of(_Head(head), limits):
        for line in block:
            if line is None:
                return found
            if not whole and not line.endswith("\n"):
                continue
            if line.strip():
                found.append(line)
            if len(found) == 200:
                return found
    return found


def _is_data(header: Sequence[str]) -> bool:
    """Whether a first row holds values rather than names."""
    if any(cell.lower().startswith(("http://", "https://")) for cell in header):
        return True
    return bool((parse_times(list(header)).reasons == "").any())


def _unique(header: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Names with repeats numbered and blanks named, and which names were repeated."""
    counts = Counter(name for name in header if name)
    seen: Counter[str] = Counter()
    names: list[str] = []
    for at, given in enumerate(header, start=1):
        name = given or f"column {at}"
        seen[name] += 1
        while seen[name] > 1 and name in names:
            name = f"{given or 'column'} ({seen[given or name]})"
            seen[name] += 1
        names.append(name)
    return names, tuple(name for name, count in counts.items() if count > 1)
