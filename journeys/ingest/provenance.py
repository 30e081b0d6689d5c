"""Where a stored log comes from and what was done to it, for the person, the paper and the audit.

A record holds counts and settings only: no title, no name of a file (which may be a person's), no
user id, no domain that somebody left out. The hash says whether two imports were of the same file.
"""

from __future__ import annotations

import platform
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from journeys.ingest.joining import JoinReport
from journeys.ingest.preparing import TOPICS, Prepared
from journeys.ingest.rules import FLAGS, ImportRules
from journeys.timeline import ReadReport

#: The shape of the record; raised when a field changes its meaning.
SCHEMA = 1

_LIBRARIES = ("pandas", "pyarrow", "phonenumberslite")

#: Column -> type and meaning.
_MEANING = {
    "user_id": ("text", "whose event it is; a pseudonym wherever it is stored"),
    "timestamp": ("time, UTC, microseconds", "when it happened"),
    "item_id": ("text", "what it was done to; its address or a hash of its title without an id"),
    "title": ("text", "the item's title, or what was searched for or said"),
    "text": ("text", "the item's description or the body of what was said"),
    "url": ("text", "the item's address"),
    "action": ("text", "what was done: view, search, like, save, rate, create, ..."),
    "source": ("text", "where it was done"),
    FLAGS: ("text, comma-joined", "what the source's file marks: ad, removed, private, ..."),
    TOPICS: ("text, comma-joined", "sensitive topics that words of the event name; may be wrong"),
}


@dataclass(frozen=True)
class SourceFile:
    """One file as it was read. ``size`` in bytes; ``report`` as :func:`read_log` made it."""

    report: ReadReport
    size: int


def provenance(
    prepared: Prepared,
    files: Sequence[SourceFile],
    *,
    timezone: str = "UTC",
    join: JoinReport | None = None,
    profile: str = "",
    at: datetime | None = None,
) -> dict[str, Any]:
    """The record of an import, as JSON can hold it.

    Args:
        prepared: what is kept, and how it came about.
        files: every file that was read.
        timezone: zone of times that did not say theirs.
        join: what an item table brought, where one was given.
        profile: name of the profile that was used.
        at: when; now if not given.
    """
    report, frame = prepared.report, prepared.log.frame
    rejected: Counter[str] = Counter()
    for file in files:
        rejected.update(file.report.rejected_by_reason())
    times = frame["timestamp"]
    return {
        "schema": SCHEMA,
        "imported_at": (at or datetime.now(UTC)).isoformat(timespec="seconds"),
        "product": _versions(),
        "files": [
            {
                "format": file.report.format,
                "bytes": file.size,
                "sha256": file.report.sha256,
                "columns": dict(file.report.mapping),
            }
            for file in files
        ],
        "timezone": timezone,
        "profile": profile,
        "counts": {
            "records": sum(
                len(file.report.record_event) + len(file.report.rejected) for file in files
            ),
            "rejected": sum(rejected.values()),
            "repeated_records": sum(file.report.duplicates for file in files),
            "events_read": report.read,
            "left_out": sum(report.left_out.values()),
            "deleted_by_hand": report.deleted,
            "events_kept": report.kept,
            "people": len(prepared.log.users),
        },
        "first_event": times.min().isoformat() if len(frame) else None,
        "last_event": times.max().isoformat() if len(frame) else None,
        "rejected_by_reason": dict(rejected.most_common()),
        "left_out_by_rule": report.left_out,
        "redacted_by_kind": report.redacted,
        "redacted_by_column": dict(report.redacted_columns),
        "sensitive_topics": {count.topic: count.events for count in report.topics},
        "events_by_source": _shares(frame["source"].tolist()),
        "events_by_action": _shares(frame["action"].tolist()),
        "items_joined": join.counts() if join else None,
        "rules": _told(prepared.rules),
        "dictionary": data_dictionary(prepared, files[0].report.mapping if files else {}),
    }


def data_dictionary(
    prepared: Prepared, mapping: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """A row a column: name, type, meaning, where it was read from, how many events have it, and
    how many different values there are."""
    frame = prepared.log.frame
    rows = []
    for name in frame.columns:
        kind, meaning = _MEANING.get(name, ("text", "kept from the file as it was given"))
        values = frame[name]
        filled = int((values != "").sum()) if kind.startswith("text") else int(values.notna().sum())
        rows.append(
            {
                "column": str(name),
                "type": kind,
                "meaning": meaning,
                "read_from": (mapping or {}).get(str(name), ""),
                "filled": filled,
                "distinct": int(values.nunique()),
            }
        )
    return rows


def as_markdown(record: Mapping[str, Any]) -> str:
    """The record as a page to read, keep beside the data, or put into an appendix."""
    counts = record["counts"]
    lines = [
        "# Provenance of an import",
        "",
        f"Imported {record['imported_at']} with "
        + ", ".join(f"{name} {number}" for name, number in record["product"].items())
        + ".",
        "",
        "## Files",
        "",
        *_table(
            ("format", "bytes", "sha256"),
            [(file["format"], f"{file['bytes']:,}", file["sha256"]) for file in record["files"]],
        ),
        "",
        f"Times without a zone were read as {record['timezone']}."
        + (f" Profile: {_cell(record['profile'])}." if record["profile"] else ""),
        "",
        "## Counts",
        "",
        *_table(
            ("what", "how many"),
            [(name.replace("_", " "), f"{n:,}") for name, n in counts.items()],
        ),
        "",
        f"Events from {record['first_event']} to {record['last_event']}.",
    ]
    for title, key, head in (
        ("Records that could not be read", "rejected_by_reason", "reason"),
        ("Left out by rule", "left_out_by_rule", "rule"),
        ("Redacted by kind", "redacted_by_kind", "kind"),
        ("Events redacted by column", "redacted_by_column", "column"),
        ("Events flagged with a sensitive topic", "sensitive_topics", "topic"),
        ("Events by source", "events_by_source", "source"),
        ("Events by action", "events_by_action", "action"),
        ("Item table", "items_joined", "what"),
    ):
        values = record.get(key)
        if values:
            lines += ["", f"## {title}", ""]
            lines += _table((head, "how many"), [(k, f"{n:,}") for k, n in values.items()])
    lines += ["", "## Rules", ""]
    lines += _table(("rule", "value"), [(k, _written(v)) for k, v in record["rules"].items()])
    lines += ["", "## Data dictionary", ""]
    lines += _table(
        ("column", "type", "meaning", "read from", "filled", "distinct"),
        [
            (
                row["column"],
                row["type"],
                row["meaning"],
                row["read_from"],
                f"{row['filled']:,}",
                f"{row['distinct']:,}",
            )
            for row in record["dictionary"]
        ],
    )
    return "\n".join(lines) + "\n"


def _told(rules: ImportRules) -> dict[str, Any]:
    """The rules as they may be told: which domains somebody hides is theirs to know."""
    return rules.to_dict() | {"domains": f"{len(rules.domains)} left out"}


def _versions() -> dict[str, str]:
    names = ("interest-journeys", *_LIBRARIES)
    return {name: _version(name) for name in names} | {"python": platform.python_version()}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # run from a checkout
        return "checkout"


def _shares(values: Sequence[str]) -> dict[str, int]:
    return dict(Counter(value or "not given" for value in values).most_common(50))


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; cells of a file cannot break out of it."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(_cell(cell) for cell in cells) + " |"

    return [line(header), "|" + "---|" * len(header), *(line(row) for row in rows)]


def _cell(text: str) -> str:
    """Text of an upload that no viewer takes for a link, an image or HTML."""
    plain = " ".join(str(text).split())
    return re.sub(r"([\\|`\[\]()!])", r"\\\1", plain).replace("<", "&lt;")
