"""An item table beside an event table, and several files as one log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from journeys.columns import with_values
from journeys.errors import InputError
from journeys.ingest import recognition, table
from journeys.ingest.adapters import adapter_for
from journeys.ingest.cleaning import texts
from journeys.ingest.container import Container, Source, open_container
from journeys.ingest.contract import Cell, Context, ItemAdapter, ReadLimits
from journeys.timeline import COLUMNS, ActivityLog, ReadReport, Rejected

#: The attribute that holds an item's categories.
CATEGORIES = "categories"

_CATEGORY_NAMES = (
    "categories", "category", "genres", "genre", "class", "classes", "tags", "tag", "subjects",
    "keywords", "topics", "topic",
)  # fmt: skip
_EXAMPLES = 5


@dataclass(frozen=True)
class ItemTable:
    """Items by their key.

    Attributes:
        key: the column of the file that is the key.
        columns: ours (title, text, url, categories) -> the file's.
        frame: indexed by key, each once; strings, '' where not given.
        repeated: rows left out since an earlier one has the same key.
    """

    key: str
    columns: Mapping[str, str]
    frame: pd.DataFrame
    repeated: int = 0


@dataclass(frozen=True)
class JoinReport:
    """What an item table brought to a log.

    Attributes:
        key: the item table's column by which it was joined.
        columns: ours -> the item table's.
        items: items in the table.
        matched: events whose item is in the table.
        titled: events that got their title from it.
        untitled: events that are still without a title.
        examples: up to five different item ids of those.
    """

    key: str
    columns: Mapping[str, str]
    items: int
    matched: int
    titled: int
    untitled: int
    examples: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """The counts, for the record of the import."""
        return {
            "items": self.items,
            "events_matched": self.matched,
            "events_titled": self.titled,
            "events_without_title": self.untitled,
        }


def read_items(
    source: Source,
    events: pd.Series,
    *,
    key: str = "",
    name: str | None = None,
    limits: ReadLimits | None = None,
) -> ItemTable:
    """Read a table of items: CSV and its relatives, JSON, JSON lines or Parquet.

    Args:
        source: a path or a seekable binary file.
        events: the events' item ids; by them the key is recognised.
        key: the column of the table that holds the items' ids, where the recognised one is wrong.
        name: what the file is called in messages.
        limits: what the file may cost.

    Raises:
        InputError: it is no table, has no such column, or none with a title or with ids of events.
    """
    limits = limits or ReadLimits()
    context = Context(limits)
    with open_container(source, name=name, limits=limits, digest=False) as container:
        if not key and (known := _known_items(container, context)) is not None:
            return known
        member = container.members[0]
        opened = table.open_table(member, context)
        sample = table.sample(member, context, rows=2_000)
        if key and key not in opened.columns:
            shown = ", ".join(repr(column) for column in opened.columns[:12])
            raise InputError(f"The item table has no column {key!r}; it has {shown}.")
        key = key or _key(sample, events)
        chosen = _columns({c: v for c, v in sample.items() if c != key}, container.name)
        wanted = list(dict.fromkeys([key, *chosen.values()]))
        parts: dict[str, list[str]] = {column: [] for column in wanted}
        for batch in opened.read(wanted, 1):
            for column, cells in parts.items():
                cells += texts(batch.columns[column], lines=column == chosen.get("text"))
    index = pd.Index(parts[key], dtype="str")
    frame = pd.DataFrame(
        {ours: pd.Series(parts[theirs], dtype="str").to_numpy() for ours, theirs in chosen.items()},
        index=index,
    )
    frame = frame[index != ""]
    again = frame.index.duplicated()
    return ItemTable(key, chosen, frame[~again].astype("str"), int(again.sum()))


def _known_items(container: Container, context: Context) -> ItemTable | None:
    """The items of a corpus whose adapter knows them, as in the archive it is published in."""
    names = [member.name for member in container.members]
    for member in container.members:
        adapter = adapter_for(member, names)
        if not isinstance(adapter, ItemAdapter):
            continue
        try:
            reading = adapter.items(member, context)
        except InputError:
            continue  # Another file of the same corpus.
        if reading is None:
            continue
        key = reading.mapping["item_id"]
        parts: dict[str, list[str]] = {}
        ids: list[str] = []
        for batch in reading.batches:
            seen = len(ids)
            ids += texts(batch.columns["item_id"])
            for ours in ("title", "text", "url"):
                if ours in batch.columns:
                    column = parts.setdefault(ours, [""] * seen)
                    column += texts(batch.columns[ours], lines=ours == "text")
            for column in parts.values():
                column += [""] * (len(ids) - len(column))
        frame = pd.DataFrame(parts, index=pd.Index(ids, dtype="str"), dtype="str")
        frame = frame[frame.index != ""]
        again = frame.index.duplicated()
        columns = {ours: reading.mapping.get(ours, ours) for ours in parts}
        return ItemTable(key, columns, frame[~again], int(again.sum()))
    return None


def _key(sample: Mapping[str, Sequence[Cell]], events: pd.Series) -> str:
    """The column whose values are most often ids of events."""
    known = set(events.unique().tolist())
    named = recognition.recognise(sample).get("item_id")
    hits = {
        column: len(known.intersection(texts(cells))) * (1.1 if _is(named, column) else 1.0)
        for column, cells in sample.items()
    }
    best = max(hits, key=lambda column: hits[column], default="")
    if best and hits[best]:
        return best
    if named is not None:
        return named.column
    raise InputError(
        "No column of the item table holds ids of the events' items. Say which is the key, and "
        "which column of the events is the item id."
    )


def _is(match: recognition.Match | None, column: str) -> bool:
    return match is not None and match.column == column


def _columns(sample: Mapping[str, Sequence[Cell]], name: str) -> dict[str, str]:
    """Which columns hold title, text, address and categories."""
    plain = {recognition.plain(column): column for column in reversed(list(sample))}
    category = next((plain[known] for known in _CATEGORY_NAMES if known in plain), None)
    rest = {column: cells for column, cells in sample.items() if column != category}
    found = recognition.recognise(rest)
    chosen = {ours: found[ours].column for ours in ("title", "text", "url") if ours in found}
    if "title" not in chosen:
        shown = ", ".join(repr(column) for column in list(sample)[:12])
        raise InputError(f"No column of {name} looks like the items' titles. It has {shown}.")
    return chosen | ({CATEGORIES: category} if category else {})


def join_items(log: ActivityLog, items: ItemTable) -> tuple[ActivityLog, JoinReport]:
    """Give the events what their items have and they have not.

    A title, text or address that an event has stays. Categories become an attribute, and the text
    of an event that has none and whose item has no description.
    """
    frame = log.frame
    place = items.frame.index.get_indexer(pd.Index(frame["item_id"]))
    there = place >= 0
    new: dict[str, pd.Series] = {}
    untitled = (frame["title"] == "").to_numpy()
    for ours in items.columns:
        values = items.frame[ours].to_numpy(dtype=object)
        if ours == CATEGORIES:
            told = np.full(len(frame), "", dtype=object)
            told[there] = values[place[there]]
            new[ours] = pd.Series(told, dtype="str")
        else:
            fill = there & (frame[ours] == "").to_numpy()
            new[ours] = with_values(frame[ours], fill, values[place[fill]].tolist())
    if CATEGORIES in new:
        text = new.get("text", frame["text"])
        empty = (text == "").to_numpy() & (new[CATEGORIES] != "").to_numpy()
        new["text"] = with_values(text, empty, new[CATEGORIES][empty].tolist())
    joined = ActivityLog(frame.assign(**new), log.report, sorted_=True)
    left = (joined.frame["title"] == "").to_numpy()
    examples = tuple(dict.fromkeys(frame["item_id"][left].head(200).tolist()))[:_EXAMPLES]
    report = JoinReport(
        key=items.key,
        columns=items.columns,
        items=len(items.frame),
        matched=int(there.sum()),
        titled=int((untitled & ~left).sum()),
        untitled=int(left.sum()),
        examples=examples,
    )
    return joined, report


def one_log(logs: Sequence[ActivityLog]) -> ActivityLog:
    """Several logs as one: sorted again, and what is in more than one of them (same person, time
    and item) kept once. Its report has the records of all, in the order given.

    Raises:
        InputError: there is no log.
    """
    if not logs:
        raise InputError("No file was given. Name at least one.")
    if len(logs) == 1:
        return logs[0]
    names = dict.fromkeys(name for log in logs for name in log.frame.columns if name not in COLUMNS)
    frames = [log.frame.assign(**{n: "" for n in names if n not in log.frame.columns})
              for log in logs]  # fmt: skip
    together = pd.concat([frame[[*COLUMNS, *names]] for frame in frames], ignore_index=True)
    together = together.astype(dict.fromkeys(names, "str"))
    order = together.sort_values(["user_id", "timestamp"], kind="stable").index.to_numpy()
    ordered = together.take(order).reset_index(drop=True)
    again = ordered.duplicated(["user_id", "timestamp", "item_id"]).to_numpy()
    # Where each row went; a repeat went to the row of its first occurrence.
    keys = ordered.groupby(["user_id", "timestamp", "item_id"], sort=False).ngroup().to_numpy()
    kept = np.flatnonzero(~again)
    place_of_group = np.empty(len(kept), dtype=np.int64)
    place_of_group[keys[kept]] = np.arange(len(kept))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = place_of_group[keys]
    starts = np.cumsum([0, *(len(log) for log in logs)])
    report = _together([log.report for log in logs], place, starts)
    return ActivityLog(ordered.take(kept).reset_index(drop=True), report, sorted_=True)


def _together(reports: Sequence[ReadReport], place: np.ndarray, starts: np.ndarray) -> ReadReport:
    """The report of all files; records are numbered on from file to file."""
    events, rows, last = [], [], 0
    rejected: list[Rejected] = []
    for report, start in zip(reports, starts, strict=False):
        events.append(place[report.record_event + start])
        rows.append(report.record_row + last)
        rejected += [replace(record, row=record.row + last) for record in report.rejected]
        read = int(report.record_row.max()) if len(report.record_row) else 0
        last += max([read, *(record.row for record in report.rejected)], default=0)
    return ReadReport(
        format=", ".join(dict.fromkeys(report.format for report in reports)),
        mapping=reports[0].mapping,
        rejected=tuple(rejected),
        record_event=np.concatenate(events),
        record_row=np.concatenate(rows),
        notes=tuple(dict.fromkeys(note for report in reports for note in report.notes)),
        sha256=reports[0].sha256,
    )
