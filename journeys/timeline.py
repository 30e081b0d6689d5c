"""The one structure that every view reads: events, timelines, and the log that holds them.

An :class:`ActivityLog` keeps the events of many users in columns, sorted by user, then time,
then input order. A :class:`Timeline` is one user's slice of it, without a copy.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

#: Columns of ``ActivityLog.frame``, all always present. Strings are never null: '' is "not given".
COLUMNS = ("user_id", "timestamp", "item_id", "title", "text", "url", "action", "source")

#: What an event is taken for when the log does not say.
DEFAULT_ACTION = "view"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a user did at a time. ``timestamp`` is timezone-aware, in UTC."""

    user_id: str
    timestamp: datetime
    item_id: str
    title: str
    text: str = ""
    url: str = ""
    action: str = DEFAULT_ACTION
    source: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read: its 1-based number in the file, why, and a short excerpt."""

    row: int
    reason: str
    excerpt: str = ""


@dataclass(frozen=True)
class ReadReport:
    """How a log was read.

    Attributes:
        format: what the file was recognised as, e.g. ``"csv"`` or ``"jsonl in zip"``.
        mapping: our column name -> the column of the file it was read from.
        rejected: the records kept out, in input order.
        record_event: shape ``(readable records,)``, int64. For each readable record in input
            order, the row of ``ActivityLog.frame`` it became; a duplicate points at its twin.
        record_row: shape ``(readable records,)``, int64; the record's 1-based number in the file.
        notes: sentences for the user, e.g. how ambiguous dates were read.
        sha256: hex digest of the file's bytes as read ('' when built in memory).
    """

    format: str
    mapping: Mapping[str, str]
    rejected: tuple[Rejected, ...]
    record_event: np.ndarray
    record_row: np.ndarray
    notes: tuple[str, ...] = ()
    sha256: str = ""

    @property
    def duplicates(self) -> int:
        """Readable records that repeat an earlier one (same user, time and item)."""
        return len(self.record_event) - len(np.unique(self.record_event))

    def rejected_by_reason(self) -> dict[str, int]:
        """Reason -> number of rejected records, most frequent first."""
        counts: dict[str, int] = {}
        for row in self.rejected:
            counts[row.reason] = counts.get(row.reason, 0) + 1
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True)
class Timeline:
    """One user's events in order of time; a view into the log's frame."""

    user_id: str
    frame: pd.DataFrame
    start: int
    """Row of ``ActivityLog.frame`` at which this timeline begins."""

    def __len__(self) -> int:
        return len(self.frame)

    def __iter__(self) -> Iterator[Event]:
        extra = [name for name in self.frame.columns if name not in COLUMNS]
        columns = (self.frame[name].tolist() for name in (*COLUMNS, *extra))
        for values in zip(*columns, strict=True):
            fields = dict(zip(COLUMNS, values, strict=False))
            fields["timestamp"] = fields["timestamp"].to_pydatetime()
            attributes = dict(zip(extra, values[len(COLUMNS) :], strict=True))
            yield Event(**fields, attributes=attributes)

    @property
    def titles(self) -> list[str]:
        return self.frame["title"].tolist()

    @cached_property
    def times(self) -> np.ndarray:
        """Shape ``(events,)``, int64 microseconds since 1970-01-01 UTC; not to be written to."""
        times = self.frame["timestamp"].astype("int64").to_numpy()
        times.flags.writeable = False
        return times

    def texts(self) -> list[str]:
        """What is embedded for each event; see :func:`embedding_text`."""
        return [
            embedding_text(title, text)
            for title, text in zip(
                self.frame["title"].tolist(), self.frame["text"].tolist(), strict=True
            )
        ]


class ActivityLog:
    """The events of many users.

    Args:
        frame: one row an event with at least ``user_id``, ``timestamp`` and ``title``; missing
            optional columns are filled in. ``timestamp`` must be timezone-aware.
            Columns beyond :data:`COLUMNS` are kept as attributes.
        report: how the log was read; made up when the frame was built in memory.
        sorted_: the caller vouches that rows are already sorted by user, time, input order.
    """

    def __init__(
        self, frame: pd.DataFrame, report: ReadReport | None = None, *, sorted_: bool = False
    ) -> None:
        frame = _complete(frame).reset_index(drop=True)
        if not sorted_:
            frame = frame.sort_values(["user_id", "timestamp"], kind="stable")
        became = np.argsort(frame.index.to_numpy(), kind="stable").astype(np.int64)
        frame = frame.reset_index(drop=True)
        self.frame = frame
        rows = np.arange(len(frame), dtype=np.int64)
        self.report = report or ReadReport("memory", {}, (), became, rows + 1)
        codes, names = pd.factorize(frame["user_id"])  # a million ids are not a million objects
        changed = np.flatnonzero(codes[1:] != codes[:-1]) + 1 if len(codes) else rows
        self._starts = np.concatenate([rows[:1], changed]).astype(np.int64)
        self._ends = np.append(self._starts[1:], len(frame)).astype(np.int64)
        self._users = [str(names[codes[start]]) for start in self._starts]

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def users(self) -> Sequence[str]:
        """User ids, sorted."""
        return self._users

    def timeline(self, user_id: str) -> Timeline:
        """The events of one user.

        Raises:
            KeyError: the log has no such user.
        """
        at = bisect_left(self._users, user_id)
        if at >= len(self._users) or self._users[at] != user_id:
            raise KeyError(f"user {user_id!r} is not in this log of {len(self._users)} users")
        return self._timeline(at)

    def timelines(self) -> Iterator[Timeline]:
        """Every user's timeline, by user id."""
        return (self._timeline(at) for at in range(len(self._users)))

    def _timeline(self, at: int) -> Timeline:
        start, end = int(self._starts[at]), int(self._ends[at])
        return Timeline(self._users[at], self.frame.iloc[start:end], start)


def embedding_text(title: str, text: str, limit: int = 1000) -> str:
    """The text that stands for an event: its title and, where there is one, its text.

    Cut at ``limit`` characters, beyond which the embedder (256 tokens) would not look anyway.
    """
    return f"{title}. {text}"[:limit] if text else title[:limit]


def _complete(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with every column of :data:`COLUMNS`, strings without nulls."""
    for needed in ("user_id", "timestamp", "title"):
        if needed not in frame.columns:
            raise ValueError(f"the log lacks the column {needed!r}; it has {list(frame.columns)!r}")
    if not isinstance(frame["timestamp"].dtype, pd.DatetimeTZDtype):
        raise ValueError("timestamps must be timezone-aware; use pandas.to_datetime(..., utc=True)")
    columns: dict[str, Any] = {}
    for name in COLUMNS:
        if name == "timestamp":
            columns[name] = frame[name].dt.tz_convert("UTC").dt.as_unit("us")
        elif name in frame.columns:
            columns[name] = frame[name].astype("str").fillna("")
        elif name == "item_id":
            columns[name] = frame["title"].astype("str").fillna("")
        else:
            default = DEFAULT_ACTION if name == "action" else ""
            columns[name] = pd.Series(default, index=frame.index, dtype="str")
    for name in frame.columns:
        if name not in columns:
            columns[name] = frame[name]
    return pd.DataFrame(columns, index=frame.index)
