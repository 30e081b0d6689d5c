"""From a file to an :class:`~journeys.timeline.ActivityLog`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from journeys.errors import NoUsableRows
from journeys.ingest.assembly import Assembled, assemble
from journeys.ingest.container import Container, Progress, Source, open_container
from journeys.ingest.contract import Context, ReadLimits
from journeys.ingest.deadline import Deadline
from journeys.ingest.members import Parts
from journeys.ingest.times import zone
from journeys.timeline import ActivityLog, ReadReport

#: The default limits; one value, as the dataclass is frozen.
LIMITS = ReadLimits()


def read_log(
    source: Source,
    *,
    mapping: Mapping[str, str] | None = None,
    timezone: str = "UTC",
    name: str | None = None,
    keep: Sequence[str] = (),
    on_progress: Progress | None = None,
    limits: ReadLimits = LIMITS,
    untitled: bool = False,
) -> ActivityLog:
    """Read an activity log.

    The export of a platform or a browser, whole as it was downloaded, or any table: CSV and its
    relatives, JSON, JSON lines or Parquet; plain, gzip or in a zip. All is recognised from content,
    a table's columns by name and content. Only a time and a title are required; without a user
    column all events are one person's, called ``"me"``.

    Args:
        source: a path, or a seekable binary file, which is left open and at its start.
        mapping: our column -> column of the file, where the recognised one is wrong; ``""`` says
            that the file has no such column. If it names any, the file is read as a table.
        timezone: IANA name of the zone of times that do not say theirs.
        name: what the file is called in messages.
        keep: further columns of the file to keep as attributes, as text. All others are dropped.
        on_progress: called with bytes read and bytes in all.
        limits: what the file may cost.
        untitled: events may lack a title if they name an item, as an item table will give it; see
            :func:`journeys.ingest.joining.join_items`.

    Returns:
        The log; its ``report`` says what was read how, and which records were rejected.

    Raises:
        NoUsableRows: no record could be read; names the most frequent reason.
        InputError: the file cannot be used; says why and what to do.
    """
    zone(timezone)
    deadline = Deadline(limits.seconds)
    on_progress = deadline.on_progress(on_progress)
    columns, kept = dict(mapping or {}), tuple(dict.fromkeys(keep))
    context = Context(limits, columns, kept, False, timezone, untitled)
    with open_container(source, name=name, limits=limits, on_progress=on_progress) as container:
        parts = Parts(container, context)
        result = assemble(
            deadline.each(parts.batches()), timezone=timezone, limits=limits, untitled=untitled
        )
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
