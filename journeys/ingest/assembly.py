"""Batches of records become one log: cleaned, checked, sorted, without repeats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from journeys.ingest import cleaning
from journeys.ingest.contract import Batch, Cell, ReadLimits
from journeys.ingest.times import parse_times
from journeys.timeline import COLUMNS, DEFAULT_ACTION, Rejected

NO_USER = "no user"
NO_TITLE = "no title"

#: The user of a log that names none.
ME = "me"

_EXCERPT = 80


@dataclass(frozen=True)
class Assembled:
    """What became of the records.

    Attributes:
        frame: readable events sorted by user, time, input order; repeats left out.
        record_event, record_row: as in :class:`journeys.timeline.ReadReport`.
        rejected: in input order.
        notes: sentences for the user.
    """

    frame: pd.DataFrame
    record_event: np.ndarray
    record_row: np.ndarray
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]


@dataclass
class _Columns:
    """Growing columns, packed a batch at a time so that few cells live as Python objects."""

    parts: dict[str, list[pa.Array]] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)

    def add(self, columns: Mapping[str, Sequence[str]], size: int) -> None:
        if not size:
            return
        for name, values in columns.items():
            if name not in self.parts:  # first seen in a later batch: empty before
                self.parts[name] = [_packed([""] * earlier) for earlier in self.sizes]
            self.parts[name].append(_packed(values))
        for name, known in self.parts.items():
            if name not in columns:
                known.append(_packed([""] * size))
        self.sizes.append(size)

    def take(self, name: str) -> pd.Series:
        """The whole column; its batches are let go."""
        return _strings(self.parts.pop(name, []))


def _packed(values: Sequence[str]) -> pa.Array:
    # The system's allocator gives memory back; pyarrow's own keeps some 150 MB of a large log.
    return pa.array(values, pa.large_string(), memory_pool=pa.system_memory_pool())


def _strings(parts: Sequence[pa.Array]) -> pd.Series:
    return pd.Series(pa.chunked_array(parts, pa.large_string()), dtype="str")


def assemble(
    batches: Iterable[Batch], *, timezone: str, limits: ReadLimits, untitled: bool = False
) -> Assembled:
    """Read all batches into one log.

    Args:
        batches: columns by our names, others being attributes. Without ``user_id`` all events
            belong to the user :data:`ME`.
        timezone: zone of times that do not say theirs.
        untitled: a record may lack a title if it names an item.

    Raises:
        InputError: the zone is unknown, or a batch could not be read.
    """
    columns = _Columns()
    rows: list[np.ndarray] = []
    rejected: list[Rejected] = []
    cuts = {"title": 0, "text": 0}
    for batch in batches:
        rejected.extend(batch.rejected)
        if not len(batch):
            continue
        ready = _clean(batch, limits, cuts)
        known = ready["item_id"] if untitled else ready["title"]
        good = np.array([bool(u and t) for u, t in zip(ready["user_id"], known, strict=True)])
        if not good.all():
            rejected.extend(_incomplete(batch.rows, ready, good))
            keep = np.flatnonzero(good).tolist()
            ready = {name: [values[at] for at in keep] for name, values in ready.items()}
        columns.add(ready, int(good.sum()))
        rows.append(batch.rows[good])
    row = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    notes = [
        f"{count:,} {name}s longer than {limit:,} characters were cut."
        for name, count, limit in (
            ("title", cuts["title"], limits.title_chars),
            ("text", cuts["text"], limits.text_chars),
        )
        if count
    ]
    raw_times = columns.take("timestamp")
    times = parse_times(raw_times, timezone)
    good = times.reasons == ""
    rejected.extend(
        Rejected(int(row[at]), str(times.reasons[at]), raw_times.iloc[at][:_EXCERPT])
        for at in np.flatnonzero(~good)
    )
    del raw_times
    rejected.sort(key=lambda record: record.row)
    frame, record_event = _sorted_once(columns, times.micros[good], np.flatnonzero(good))
    notes.extend(times.notes)
    return Assembled(frame, record_event, row[good], tuple(rejected), tuple(notes))


def _clean(batch: Batch, limits: ReadLimits, cuts: dict[str, int]) -> dict[str, list[str]]:
    """The batch's columns as clean text, with what our columns fall back to."""
    size = len(batch)
    ready: dict[str, list[str]] = {}
    for name, cells in batch.columns.items():
        if name == "timestamp":
            ready[name] = [_time_text(cell) for cell in cells]
        else:
            ready[name] = cleaning.texts(cells, lines=name == "text")
    ready.setdefault("user_id", [ME] * size)
    ready.setdefault("timestamp", [""] * size)
    ready.setdefault("title", [""] * size)
    cuts["title"] += cleaning.cut(ready["title"], limits.title_chars)
    for name, values in ready.items():
        if name not in ("title", "timestamp", "user_id", "item_id"):
            shortened = cleaning.cut(values, limits.text_chars)
            cuts["text"] += shortened if name == "text" else 0
    if "action" in ready:
        ready["action"] = [action or DEFAULT_ACTION for action in ready["action"]]
    urls = ready.get("url") or [""] * size
    ids = ready.get("item_id") or [""] * size
    ready["item_id"] = [
        item or url or (cleaning.title_id(title) if title else "")
        for item, url, title in zip(ids, urls, ready["title"], strict=True)
    ]
    return ready


def _time_text(cell: Cell) -> str:
    """A time as text, exactly: 1.6e9 must not become '1600000000.0' cut short."""
    if isinstance(cell, str):
        return cleaning.one_line(cell)
    if cell is None or isinstance(cell, bool) or cell != cell:
        return ""
    return repr(cell)


def _incomplete(
    rows: np.ndarray, ready: dict[str, list[str]], good: np.ndarray
) -> Iterable[Rejected]:
    for at in np.flatnonzero(~good):
        reason = NO_TITLE if ready["user_id"][at] else NO_USER
        shown = ready["title"][at] or ready["item_id"][at]
        yield Rejected(int(rows[at]), reason, shown[:_EXCERPT])


def _sorted_once(
    columns: _Columns, micros: np.ndarray, kept: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray]:
    """The frame in its final order, and for each record the row it became.

    A record repeats an earlier one if user, time and item are the same.
    """
    if not len(kept):
        empty = {name: _strings([]) for name in COLUMNS}
        empty["timestamp"] = pd.Series([], dtype="datetime64[us, UTC]")
        return pd.DataFrame(empty), np.zeros(0, dtype=np.int64)
    everything = len(kept) == sum(columns.sizes)

    def column(name: str) -> pd.Series:
        values = columns.take(name)
        return values if everything else values.iloc[kept].reset_index(drop=True)

    users, items = column("user_id"), column("item_id")
    user = _codes(users)
    item = pd.factorize(items)[0]
    order = np.lexsort((item, micros, user))  # stable: input order among equals
    same = np.zeros(len(order), dtype=bool)
    same[1:] = (
        (user[order][1:] == user[order][:-1])
        & (micros[order][1:] == micros[order][:-1])
        & (item[order][1:] == item[order][:-1])
    )
    group = np.cumsum(~same) - 1
    first = order[~same]
    final = np.lexsort((first, micros[first], user[first]))
    place = np.empty(len(final), dtype=np.int64)
    place[final] = np.arange(len(final))
    record_event = np.empty(len(order), dtype=np.int64)
    record_event[order] = place[group]
    chosen = first[final]
    data: dict[str, pd.Series] = {
        "user_id": users.iloc[chosen].reset_index(drop=True),
        "timestamp": pd.Series(
            pd.DatetimeIndex(micros[chosen].astype("datetime64[us]")).tz_localize("UTC")
        ),
        "item_id": items.iloc[chosen].reset_index(drop=True),
    }
    del users, items
    for name in list(columns.parts):
        data[name] = column(name).iloc[chosen].reset_index(drop=True)
    return pd.DataFrame(data), record_event


def _codes(values: pd.Series) -> np.ndarray:
    """Integers that sort as the strings do (by code point)."""
    codes, unique = pd.factorize(values)
    words = np.asarray(unique, dtype=object)
    rank = np.empty(len(words), dtype=np.int64)
    rank[np.argsort(words, kind="stable")] = np.arange(len(words))
    return rank[codes]
