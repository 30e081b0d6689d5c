"""What a source of events gives, and what it may cost: the contract of every adapter.

Errors are values. A record that cannot be read becomes a :class:`~journeys.timeline.Rejected`
beside the readable ones; only a file that cannot be used at all raises. Records travel in
columnar batches, so that a table of a million rows is not a million objects. An adapter for which
speed does not matter writes a generator of :class:`RawRecord` and wraps it in :func:`batched`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

import numpy as np

from journeys.timeline import Rejected

#: What a cell may be before it is cleaned; None and '' both mean "not given".
Cell = str | int | float | bool | None

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class ReadLimits:
    """What a file may cost before reading it is refused. All sizes in bytes.

    Attributes:
        file_bytes: size of the file as given.
        uncompressed_bytes: total that may come out of it, counted while it streams.
        ratio: how many times larger than the file that total may be. Not enforced before
            ``ratio_from`` bytes have come out, as a small repetitive log packs very well.
        members: number of files in an archive.
        database_bytes: size of a database within an archive, which has to be held in memory.
        record_bytes: size of one record; a longer one is rejected and reading goes on after it.
        title_chars, text_chars: longer titles and texts are cut, with a note.
        seconds: that reading may take, looked at between blocks and batches; None: any.
    """

    file_bytes: int = 2048 * MEBIBYTE
    uncompressed_bytes: int = 2048 * MEBIBYTE
    ratio: float = 200.0
    ratio_from: int = 32 * MEBIBYTE
    members: int = 20_000
    database_bytes: int = 512 * MEBIBYTE
    record_bytes: int = MEBIBYTE
    title_chars: int = 2_000
    text_chars: int = 20_000
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as a source has it: its 1-based number and its values by our column names."""

    row: int
    values: Mapping[str, Cell]


@dataclass(frozen=True)
class Batch:
    """Some consecutive records in columns.

    Attributes:
        rows: shape ``(records,)``, int64, the 1-based record numbers.
        columns: column name -> one cell a record. A missing column is one that is not given.
        rejected: records of the same stretch of the file that could not be read.
    """

    rows: np.ndarray
    columns: Mapping[str, Sequence[Cell]]
    rejected: tuple[Rejected, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Context:
    """How a source is to be read; the same for every adapter.

    Attributes:
        limits: what reading may cost.
        mapping: our column -> column of the file, as corrected by the user.
        keep: further columns of the file that are kept as attributes.
        partial: only the first records are wanted and the file may be cut after some megabytes,
            so an unfinished last record is no error.
        timezone: the zone in which times are read that do not say theirs; for notes.
        untitled: titles may be absent, as an item table will give them.
    """

    limits: ReadLimits = field(default_factory=ReadLimits)
    mapping: Mapping[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    partial: bool = False
    timezone: str = "UTC"
    untitled: bool = False


@dataclass(frozen=True)
class Reading:
    """What an adapter makes of a file.

    Attributes:
        format: e.g. ``"csv"``; stands in the report.
        mapping: our column -> where in the file it comes from.
        batches: the records, by our column names; consumed once.
        notes: sentences for the user; an adapter may add to the list until the last batch.
    """

    format: str
    mapping: Mapping[str, str]
    batches: Iterator[Batch]
    notes: list[str]


class Bytes(Protocol):
    """A readable stream of bytes."""

    def read(self, size: int = -1, /) -> bytes: ...


class DataFile(Protocol):
    """One file as given, or one member of an archive. May be opened any number of times."""

    @property
    def name(self) -> str: ...

    def head(self, size: int) -> bytes:
        """The first bytes, at most ``size``."""
        ...

    def open(self, *, counted: bool = True) -> Bytes:
        """A new stream from the first byte. Damage ends it early instead of raising.

        What is read counts against the limits and as progress unless ``counted`` is false.
        """
        ...

    def seekable(self) -> BinaryIO | None:
        """The file itself at its first byte where it may be read in any order; not to be closed."""
        ...

    @property
    def path(self) -> Path | None:
        """Where the file lies, if it is not packed and was given by its path."""
        ...


class Adapter(Protocol):
    """One kind of source. Add a module that satisfies this and list it in ``adapters.py``."""

    @property
    def name(self) -> str: ...

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """Whether this adapter reads such a file.

        Args:
            head: its first bytes; content decides.
            names: its name and those of its archive's other members, as weak further evidence.
        """
        ...

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """Begin reading; records are numbered from ``first_row``.

        Raises:
            InputError: the file cannot be used at all; the message says why and what to do.
        """
        ...


@runtime_checkable
class ItemAdapter(Protocol):
    """An adapter of a corpus that is published with a table of its items."""

    def items(self, file: DataFile, context: Context) -> Reading | None:
        """Begin reading the items, by ``item_id``; None if the file has none."""
        ...


def batched(records: Iterable[RawRecord | Rejected], size: int = 10_000) -> Iterator[Batch]:
    """Columnar batches of records that come one at a time."""
    source = iter(records)
    while some := list(islice(source, size)):
        good = [record for record in some if isinstance(record, RawRecord)]
        names = dict.fromkeys(name for record in good for name in record.values)
        yield Batch(
            np.array([record.row for record in good], dtype=np.int64),
            {name: [record.values.get(name) for record in good] for name in names},
            tuple(record for record in some if isinstance(record, Rejected)),
        )
