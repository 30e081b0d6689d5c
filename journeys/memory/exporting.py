"""A person's notes as files: CSV for a spreadsheet, JSON for a program."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from journeys.memory.notes import Item, Summary, shift_to_dict, summary_to_dict
from journeys.memory.records import NoteRecord, PartitionRecord
from journeys.spreadsheet import write_csv

_HEADER = (
    "person", "partition", "from", "to", "version", "teller", "what", "name", "earlier_name",
    "share_before", "share_now", "said_by", "evidence", "journey",
)  # fmt: skip

#: Between titles in a cell.
_BETWEEN = " | "


def notes_csv(
    person: str,
    records: Sequence[PartitionRecord],
    notes: Sequence[NoteRecord],
    items: Mapping[int, Sequence[Item]],
) -> str:
    """A row a statement, every version; cells that a spreadsheet could run are neutralised.

    Args:
        person: the pseudonym.
        items: number of the partition -> its events, for the titles of the evidence.
    """
    titles = {item.event_id: item.title for each in items.values() for item in each}
    spans = {record.number: record for record in records}
    out = io.StringIO(newline="")

    def rows() -> Iterator[Sequence[object]]:
        for note in notes:
            record = spans[note.number]
            lead = (
                person, note.number, _day(record.first_at), _day(record.last_at), note.version,
                note.teller,
            )  # fmt: skip
            if isinstance(note.note, Summary):
                by = note.note.by
                yield (*lead, "summary", note.note.text, "", None, None, by, "", "")
                for one in note.note.interests:
                    shown = _BETWEEN.join(titles.get(each, "") for each in one.evidence)
                    yield (*lead, "interest", one.name, "", None, round(one.share, 4), by, shown,
                           one.journey)  # fmt: skip
                continue
            if note.note.text:
                yield (*lead, "shift", note.note.text, "", None, None, "model", "", "")
            for change in note.note.changes:
                shown = _BETWEEN.join(titles.get(each, "") for each in change.evidence)
                yield (*lead, change.kind, change.name, change.earlier, round(change.before, 4),
                       round(change.now, 4), change.by, shown, change.journey)  # fmt: skip

    write_csv(out, _HEADER, rows())
    return out.getvalue()


def notes_json(
    person: str,
    records: Sequence[PartitionRecord],
    notes: Sequence[NoteRecord],
    items: Mapping[int, Sequence[Item]],
) -> str:
    """Partitions with every version of their notes; evidence by the numbers of its events."""
    parts = [
        {
            "number": record.number,
            "from": _moment(record.first_at),
            "to": _moment(record.last_at),
            "events": [
                {"id": item.event_id, "title": item.title, "at": _moment(item.at),
                 "journey": item.journey}
                for item in items.get(record.number, ())
            ],
            "late": record.n_late,
            "notes": [_note(note) for note in notes if note.number == record.number],
        }
        for record in records
    ]  # fmt: skip
    return json.dumps({"person": person, "partitions": parts}, ensure_ascii=False, indent=1)


def _note(note: NoteRecord) -> dict[str, Any]:
    summary = isinstance(note.note, Summary)
    content = summary_to_dict(note.note) if isinstance(note.note, Summary) else shift_to_dict(
        note.note
    )  # fmt: skip
    return {
        "kind": "summary" if summary else "shift",
        "version": note.version,
        "teller": note.teller,
        "told_at": _moment(note.created_at),
        "calls": note.cost.calls,
        "prompt_tokens": note.cost.prompt_tokens,
        "completion_tokens": note.cost.completion_tokens,
        "seconds": round(note.cost.seconds, 3),
        **content,
    }


def _moment(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat()


def _day(microseconds: int) -> str:
    return f"{datetime.fromtimestamp(microseconds / 1e6, UTC):%Y-%m-%d}"
