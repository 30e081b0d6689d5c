"""A look at the head of a file, so that a person can correct how it will be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from journeys.errors import InputError
from journeys.ingest import table
from journeys.ingest.assembly import Assembled, assemble
from journeys.ingest.cleaning import as_text
from journeys.ingest.container import Container, Member, Source, open_container
from journeys.ingest.contract import Batch, Context, ReadLimits
from journeys.ingest.members import Parts
from journeys.ingest.reading import LIMITS
from journeys.ingest.recognition import REQUIRED, Match
from journeys.ingest.table import SAMPLE, Table
from journeys.ingest.times import zone
from journeys.timeline import Rejected

#: Files of an archive that are looked into.
_PARTS = 20


@dataclass(frozen=True)
class Preview:
    """The head of a file and how it would be read.

    Attributes:
        name: the data file, which in an archive is not the file that was given.
        format: e.g. ``"csv"``, ``"jsonl in zip"``.
        columns: the file's columns.
        rows: the first records as text, one cell a column.
        matches: our column -> the file's column with confidence and why.
        missing: our required columns that were not found; without a user all events are one
            person's, so only time and title must be there.
        records: records looked at.
        readable: how many of them can be read with this mapping; 0 while columns are missing.
        rejected: the others, with why.
        notes: sentences for the user.
        known: whether it is the export of a known source. Then ``columns`` are ours, ``rows`` the
            first records as they will be, and there is no column to correct.
        parts: the data files that are read, each with how it was recognised; of a known source
            only.
        sources: how many of the records looked at are of which source; of a known source only.
    """

    name: str
    format: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    matches: Mapping[str, Match]
    missing: tuple[str, ...]
    records: int
    readable: int
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]
    known: bool = False
    parts: tuple[tuple[str, str], ...] = ()
    sources: Mapping[str, int] = field(default_factory=dict)

    @property
    def mapping(self) -> dict[str, str]:
        """Our column -> the file's column; pass it on to ``read_log``."""
        return {ours: match.column for ours, match in self.matches.items()}


def preview_log(
    source: Source,
    *,
    mapping: Mapping[str, str] | None = None,
    rows: int = 20,
    timezone: str = "UTC",
    name: str | None = None,
    limits: ReadLimits = LIMITS,
) -> Preview:
    """Look at the head of a file.

    Args:
        source: a path or a seekable binary file, which is left open and at its start.
        mapping: corrections, as for ``read_log``.
        rows: records to show.
        timezone: zone of times that do not say theirs.
        name: what the file is called in messages.
        limits: what the file may cost.

    Raises:
        InputError: it is no known export and no table. That columns are missing is no error here.
    """
    zone(timezone)
    context = Context(limits, dict(mapping or {}), partial=True, timezone=timezone)
    with open_container(source, name=name, limits=limits, digest=False) as container:
        known = _known(container, context)
        if known is not None:
            return _of_known(known, rows, timezone, limits)
        member, opened = _first_table(container, context)
        batches = list(_first_records(opened))
        cells = {c: [v for b in batches for v in b.columns[c]] for c in opened.columns}
        matches = table.recognise(cells, context.mapping)
        chosen = {ours: match.column for ours, match in matches.items()}
        missing = tuple(ours for ours in REQUIRED if ours not in chosen)
        repeated = tuple(m.column for m in matches.values() if m.column in opened.repeated)
        notes = list(opened.notes)
        unreadable = [record for batch in batches for record in batch.rejected]
        if set(missing) - {"user_id"} or (repeated and not context.mapping):
            readable, rejected = 0, tuple(unreadable)
        else:
            ours = [
                Batch(b.rows, {o: b.columns[t] for o, t in chosen.items()}, b.rejected)
                for b in batches
            ]
            result = assemble(ours, timezone=timezone, limits=limits)
            readable, rejected = len(result.record_row), result.rejected
            notes += result.notes
        shown = [[as_text(v)[:200] for v in column[:rows]] for column in cells.values()]
        packing = f" in {container.packing}" if container.packing else ""
        return Preview(
            name=member.name,
            format=opened.format + packing,
            columns=opened.columns,
            rows=tuple(zip(*shown, strict=True)),
            matches=matches,
            missing=missing,
            records=sum(len(b) for b in batches) + len(unreadable),
            readable=readable,
            rejected=rejected,
            notes=tuple(dict.fromkeys(notes)),
        )


def _known(container: Container, context: Context) -> Parts | None:
    """The files of known sources; None if there are none."""
    try:
        return Parts(container, context, tables=False)
    except InputError:
        return None


def _of_known(found: Parts, rows: int, timezone: str, limits: ReadLimits) -> Preview:
    """The first records of each file of a known source, as they will be in the log."""
    shares: list[tuple[str, str, list[Batch]]] = []
    last = 0
    for name, reading in islice(found.parts(), _PARTS):
        part = [_renumbered(batch, last) for batch in _first(reading.batches)]
        last += sum(len(batch) + len(batch.rejected) for batch in part)
        shares.append((name, reading.format, part))
    batches = [batch for _, _, part in shares for batch in part]
    result = assemble(batches, timezone=timezone, limits=limits)
    frame = result.frame
    # Some of each file, as the first one may have thousands.
    each = max(1, rows // len(shares))
    wanted = {int(row) for _, _, part in shares for batch in part[:1] for row in batch.rows[:each]}
    places = [
        event
        for event, row in zip(result.record_event, result.record_row, strict=True)
        if int(row) in wanted
    ]
    columns = tuple(name for name in frame.columns if name != "user_id")
    shown = frame.iloc[places[:rows]]
    cells = [[as_text(str(value))[:200] for value in shown[name]] for name in columns]
    return Preview(
        name=shares[0][0] if len(shares) == 1 else found.container.name,
        format=found.format,
        columns=columns,
        rows=tuple(zip(*cells, strict=True)),
        matches={},
        missing=(),
        records=len(result.record_row) + len(result.rejected),
        readable=len(result.record_row),
        rejected=result.rejected,
        notes=tuple(dict.fromkeys([*found.notes(), *result.notes])),
        known=True,
        parts=tuple((name, kind) for name, kind, _ in shares),
        sources=_sources(result),
    )


def _sources(result: Assembled) -> dict[str, int]:
    if "source" not in result.frame.columns:
        return {}
    return dict(Counter(result.frame["source"].iloc[result.record_event].tolist()))


def _renumbered(batch: Batch, last: int) -> Batch:
    """The batch with record numbers that follow those of the files before."""
    rejected = tuple(replace(record, row=record.row + last) for record in batch.rejected)
    return Batch(batch.rows + last, batch.columns, rejected)


def _first_table(container: Container, context: Context) -> tuple[Member, Table]:
    """The data file that ``read_log`` would begin with."""
    found: list[tuple[Member, Table]] = []
    problem: InputError | None = None
    for member in container.members:
        try:
            opened = table.open_table(member, context)
        except InputError as error:
            problem = problem or error
            continue
        matches = table.recognise(table.sample(member, context), {})
        if {"timestamp", "title"} <= matches.keys():
            return member, opened
        found.append((member, opened))
    if found:
        return found[0]
    raise problem or InputError(f"{container.name} has no data file in it.")


def _first_records(opened: Table) -> Iterator[Batch]:
    """The first few hundred records of a table."""
    return _first(opened.read(opened.columns, 1))


def _first(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The first few hundred records."""
    left = SAMPLE
    for batch in batches:
        part = batch.rows[:left]
        last = part[-1] if len(batch) > left else np.iinfo(np.int64).max
        yield Batch(
            part,
            {name: cells[:left] for name, cells in batch.columns.items()},
            tuple(record for record in batch.rejected if record.row <= last),
        )
        left -= len(part)
        if left <= 0:
            return
