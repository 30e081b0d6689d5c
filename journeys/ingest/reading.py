"""From a file to an :class:`~journeys.timeline.ActivityLog`, and a look at it before that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from journeys.errors import InputError, NoUsableRows
from journeys.ingest.adapters import ADAPTERS, adapter_for
from journeys.ingest.assembly import Assembled, assemble
from journeys.ingest.container import Container, Member, Progress, Source, open_container
from journeys.ingest.contract import Adapter, Batch, Context, Reading, ReadLimits
from journeys.ingest.times import zone
from journeys.timeline import ActivityLog, ReadReport

#: The default limits; one value, as the dataclass is frozen.
LIMITS = ReadLimits()

#: Columns by which files of an archive are told to be parts of one log.
_SHAPE = ("user_id", "timestamp", "title")


def read_log(
    source: Source,
    *,
    mapping: Mapping[str, str] | None = None,
    timezone: str = "UTC",
    name: str | None = None,
    keep: Sequence[str] = (),
    on_progress: Progress | None = None,
    limits: ReadLimits = LIMITS,
) -> ActivityLog:
    """Read an activity log.

    CSV and its relatives, JSON, JSON lines or Parquet; plain, gzip or in a zip; recognised from
    content. Columns are recognised by name and content. Only a time and a title are required;
    without a user column all events are one person's, called ``"me"``.

    Args:
        source: a path, or a seekable binary file, which is left open and at its start.
        mapping: our column -> column of the file, where the recognised one is wrong; ``""`` says
            that the file has no such column.
        timezone: IANA name of the zone of times that do not say theirs.
        name: what the file is called in messages.
        keep: further columns of the file to keep as attributes, as text. All others are dropped.
        on_progress: called with bytes read and bytes in all.
        limits: what the file may cost.

    Returns:
        The log; its ``report`` says what was read how, and which records were rejected.

    Raises:
        NoUsableRows: no record could be read; names the most frequent reason.
        InputError: the file cannot be used; says why and what to do.
    """
    zone(timezone)
    context = Context(limits, dict(mapping or {}), tuple(dict.fromkeys(keep)))
    with open_container(source, name=name, limits=limits, on_progress=on_progress) as container:
        parts = _Parts(container, context)
        result = assemble(parts.batches(), timezone=timezone, limits=limits)
        if not len(result.frame):
            raise _nothing_usable(container, result, parts.damage())
        if on_progress is not None:
            on_progress(container.size, container.size)
        report = ReadReport(
            format=parts.format,
            mapping=parts.first.mapping,
            rejected=result.rejected,
            record_event=result.record_event,
            record_row=result.record_row,
            notes=tuple(dict.fromkeys([*parts.notes(), *result.notes])),
            sha256=container.sha256,
        )
    return ActivityLog(result.frame, report, sorted_=True)


@dataclass
class _Parts:
    """The data files of a container that make up one log, read one after the other."""

    container: Container
    context: Context
    adapters: Sequence[Adapter] = ADAPTERS
    readings: list[Reading] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._names = [member.name for member in self.container.members]
        problems: list[InputError] = []
        for at, member in enumerate(self.container.members):
            try:
                self.first = self._open(member, 1)
            except InputError as error:
                problems.append(error)
                continue
            self.left_out += [f"{name} was left out: it is no log." for name in self._names[:at]]
            self._rest = self.container.members[at + 1 :]
            return
        if len(problems) == 1:
            raise problems[0]
        raise InputError(
            f"None of the {len(problems):,} files in {self.container.name} can be read as a log. "
            f"The first: {problems[0]}"
        )

    def _open(self, member: Member, first_row: int) -> Reading:
        adapter = adapter_for(member, self._names, self.adapters)
        return adapter.read(member, self.context, first_row)

    @property
    def format(self) -> str:
        packing = self.container.packing
        return f"{self.first.format} in {packing}" if packing else self.first.format

    def batches(self) -> Iterator[Batch]:
        """All records, numbered through."""
        last = 0
        for batch in self._numbered(self.first):
            last = max(last, _last_row(batch))
            yield batch
        for member in self._rest:
            try:
                reading = self._open(member, last + 1)
            except InputError:
                self.left_out.append(f"{member.name} was left out: it is no log.")
                continue
            if any(reading.mapping.get(c) != self.first.mapping.get(c) for c in _SHAPE):
                self.left_out.append(f"{member.name} was left out: its columns are others.")
                continue
            for batch in self._numbered(reading):
                last = max(last, _last_row(batch))
                yield batch

    def _numbered(self, reading: Reading) -> Iterator[Batch]:
        self.readings.append(reading)
        return reading.batches

    def damage(self) -> list[str]:
        return [note for member in self.container.members for note in member.damage]

    def notes(self) -> list[str]:
        """Everything the user should know, once the batches have been read."""
        notes = [note for reading in self.readings for note in reading.notes]
        return [*notes, *self.left_out, *self.damage()]


def _last_row(batch: Batch) -> int:
    read = int(batch.rows[-1]) if len(batch) else 0
    return max(read, batch.rejected[-1].row if batch.rejected else 0)


def _nothing_usable(container: Container, result: Assembled, damage: Sequence[str]) -> NoUsableRows:
    if damage:
        return NoUsableRows(f"{damage[0]} Nothing in that part is usable; download it again.")
    rejected = result.rejected
    if not rejected:
        return NoUsableRows(f"{container.name} has no records. Choose a file with events.")
    report = ReadReport("", {}, rejected, result.record_event, result.record_row)
    reason, count = next(iter(report.rejected_by_reason().items()))
    example = next(record for record in rejected if record.reason == reason)
    shown = f", e.g. {example.excerpt!r} in record {example.row:,}" if example.excerpt else ""
    return NoUsableRows(
        f"None of the {len(rejected):,} records of {container.name} can be used; the most frequent "
        f"reason is '{reason}' ({count:,}{shown}). Check which column is which."
    )
