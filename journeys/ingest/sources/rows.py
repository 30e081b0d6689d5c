"""What the exports have in common that are tables: recognised by their header, read row by row.

A source says which columns a kind of file needs and what event a row is. Finding the columns
whatever their order, case or delimiter, decoding, dates that do not begin with the year, and
counting what cannot be read happen here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from journeys.errors import InputError
from journeys.ingest import sniff
from journeys.ingest.cleaning import as_text
from journeys.ingest.contract import Batch, Cell, Context, DataFile, Reading
from journeys.ingest.recognition import plain
from journeys.ingest.sources.dates import iso_dates
from journeys.ingest.table import Table, open_table
from journeys.timeline import Rejected

#: How much of a file is looked at to recognise it.
HEAD = 64 << 10

#: How many different dates or profiles are looked at to understand a column.
DIFFERENT = 50_000

#: What a record says about its event, by our column names.
Values = Mapping[str, Cell]

#: A row by the plain names of its columns in; its event, or why there is none, out.
Event = Callable[[Mapping[str, str]], Values | str]

_EXCERPT = 80
_NO_ZONE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?")


@dataclass(frozen=True)
class Kind:
    """One kind of table that a source exports.

    Attributes:
        mapping: our column -> :func:`~journeys.ingest.recognition.plain` name of the file's, for
            the report and, together with ``more``, what is read of the file.
        event: the event of a row.
        needed: plain names by which a header is recognised; default: those of ``mapping``.
        more: further columns that ``event`` looks at where the file has them.
        only: the header has no other column than those in ``needed``.
        dates: columns whose dates may begin with the day or the month.
        person: a column that tells several people apart; ignored where it names only one.
    """

    mapping: Mapping[str, str]
    event: Event
    needed: frozenset[str] = frozenset()
    more: tuple[str, ...] = ()
    only: bool = False
    dates: tuple[str, ...] = ()
    person: str = ""

    def fits(self, header: Sequence[str]) -> bool:
        """Whether this kind of file has such a header."""
        needed = self.needed or frozenset(self.mapping.values())
        return needed == frozenset(header) if self.only else needed <= frozenset(header)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Plain names of the columns that are read."""
        person = (self.person,) if self.person else ()
        return tuple(dict.fromkeys([*self.mapping.values(), *self.more, *person]))


class RowsAdapter:
    """A source whose files are tables; an :class:`~journeys.ingest.contract.Adapter`.

    Args:
        name: of the source; stands in the column ``source`` of its events.
        kinds: the kinds of files, the more particular ones first.
    """

    def __init__(self, name: str, kinds: Sequence[Kind]) -> None:
        self.name = name
        self._kinds = tuple(kinds)

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """Whether the header is one of this source's."""
        return self.kind_of(head) is not None

    def kind_of(self, head: bytes) -> Kind | None:
        """Which kind of file begins like this."""
        found = header(head)
        return next((kind for kind in self._kinds if kind.fits(found)), None)

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """Begin reading; see :class:`~journeys.ingest.contract.Adapter`."""
        kind = self.kind_of(file.head(HEAD))
        if kind is None:
            raise InputError(f"{file.name} is no table of {self.name}.")
        return read_rows(file, context, first_row, self.name, kind)


def read_rows(file: DataFile, context: Context, first_row: int, source: str, kind: Kind) -> Reading:
    """Read a table whose kind is known.

    Raises:
        InputError: it cannot be read as a table.
    """
    table = open_table(file, context)
    looked = tuple(dict.fromkeys([*kind.dates, *((kind.person,) if kind.person else ())]))
    seen = _different(file, context, looked) if looked else {}
    iso: dict[str, Mapping[str, str]] = {}
    for name in kind.dates:
        iso[name], notes = iso_dates(seen[name])
        table.notes.extend(notes)
    people = sorted(seen[kind.person] - {""}) if kind.person else []
    if len(people) > 1:
        table.notes.append(f"The file has {len(people):,} profiles; each is taken as one person.")

    def event(row: Mapping[str, str]) -> Values | str:
        dated = {name: known.get(row[name], row[name]) for name, known in iso.items()}
        outcome = kind.event({**row, **dated})
        if isinstance(outcome, str):
            return outcome
        user = {"user_id": row[kind.person]} if len(people) > 1 else {}
        return {"source": source, **user, **outcome}

    names = find_columns(table, kind.wanted)
    mapping = {ours: names[theirs] for ours, theirs in kind.mapping.items() if theirs in names}
    if len(people) > 1:
        mapping["user_id"] = names[kind.person]
    batches = _events(table, kind.wanted, event, first_row)
    return Reading(f"{source} ({table.format})", mapping, batches, table.notes)


def header(head: bytes) -> tuple[str, ...]:
    """The plain column names of delimited text; none if it is no such text.

    >>> header(b"Start Time,Title\\n2024-01-01,x\\n")
    ('starttime', 'title')
    """
    rows = first_rows(head, 1)
    return tuple(plain(name) for name in rows[0]) if rows else ()


def first_rows(head: bytes, count: int) -> list[list[str]]:
    """The cells of the first rows of delimited text; none if it is no such text."""
    text = as_head(head)
    if text.lstrip()[:1] in ("", "<", "{", "["):
        return []
    lines = [line for line in text.splitlines()[: count + 2] if line.strip()]
    delimiter: str | None = None
    if lines and (declared := lines[0].strip('" ').lower()).startswith("sep="):
        delimiter, lines = declared[4:5], lines[1:]
    delimiter = delimiter or (sniff.delimiter_of(lines[:1]) if lines else None)
    if not delimiter:
        return []
    try:
        rows = list(csv.reader(lines[:count], delimiter=delimiter))
    except csv.Error:
        return []
    return [[cell.strip() for cell in row] for row in rows]


def as_head(head: bytes) -> str:
    """The first bytes of a text file as text, for recognising it and for no more."""
    some = head[:HEAD]
    if some.startswith((b"\xff\xfe", b"\xfe\xff")):
        return some.decode("utf-16", "replace")
    return some.decode("utf-8-sig", "replace")


def find_columns(table: Table, wanted: Sequence[str]) -> dict[str, str]:
    """Plain name -> the file's name, of the wanted columns that the table has."""
    names = {plain(name): name for name in reversed(table.columns)}  # the first of equals wins
    return {name: names[name] for name in wanted if name in names}


def columnar(rows: Sequence[int], values: Sequence[Values], rejected: Sequence[Rejected]) -> Batch:
    """Records that were read one by one as a batch."""
    names = dict.fromkeys(name for record in values for name in record)
    return Batch(
        np.array(rows, dtype=np.int64),
        {name: [record.get(name) for record in values] for name in names},
        tuple(sorted(rejected, key=lambda record: record.row)),
    )


def in_utc(time: str) -> str:
    """A time that does not say its zone, but is known to be in UTC."""
    return f"{time}Z" if _NO_ZONE.fullmatch(time) else time


def flags(**flag: bool) -> str:
    """The names of what is true, joined by commas.

    >>> flags(ad=True, removed=False, private=True)
    'ad,private'
    """
    return ",".join(name for name, true in flag.items() if true)


def _events(table: Table, wanted: Sequence[str], event: Event, first_row: int) -> Iterator[Batch]:
    found = find_columns(table, wanted)
    blank = dict.fromkeys(wanted, "")
    for batch in table.read(list(found.values()), first_row):
        columns = [batch.columns[name] for name in found.values()]
        rows: list[int] = []
        values: list[Values] = []
        rejected = list(batch.rejected)
        for row, *cells in zip(batch.rows.tolist(), *columns, strict=True):
            given = {name: as_text(cell).strip() for name, cell in zip(found, cells, strict=True)}
            outcome = event({**blank, **given})
            if isinstance(outcome, str):
                shown = " ".join(" ".join(given.values()).split())
                rejected.append(Rejected(row, outcome, shown[:_EXCERPT]))
            else:
                rows.append(row)
                values.append(outcome)
        yield columnar(rows, values, rejected)


def _different(file: DataFile, context: Context, wanted: Sequence[str]) -> dict[str, set[str]]:
    """The different cells of some columns, by plain name, in the file's first megabytes.

    What a date or a profile means is a fact about the whole column, so it is looked at beforehand.
    """
    table = open_table(file, replace(context, partial=True))
    found = find_columns(table, wanted)
    cells: dict[str, set[str]] = {name: set() for name in wanted}
    for batch in table.read(list(found.values()), 1) if found else ():
        for name, theirs in found.items():
            if len(cells[name]) < DIFFERENT:
                cells[name].update(as_text(cell).strip() for cell in batch.columns[theirs])
    return cells
