"""A look at the head of a file, so that a person can correct how it will be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from journeys.errors import InputError
from journeys.ingest import table
from journeys.ingest.assembly import assemble
from journeys.ingest.cleaning import as_text
from journeys.ingest.container import Container, Member, Source, open_container
from journeys.ingest.contract import Batch, Context, ReadLimits
from journeys.ingest.reading import LIMITS
from journeys.ingest.recognition import REQUIRED, Match
from journeys.ingest.table import SAMPLE, Table
from journeys.ingest.times import zone
from journeys.timeline import Rejected


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
        InputError: it is no table. That columns are missing is no error here.
    """
    zone(timezone)
    context = Context(limits, dict(mapping or {}), partial=True)
    with open_container(source, name=name, limits=limits, digest=False) as container:
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
    """The first few hundred records."""
    left = SAMPLE
    for batch in opened.read(opened.columns, 1):
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
