"""A participant's copy of what the study holds of them: JSON, a table, and a page to read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from io import StringIO
from typing import Any

from journeys.spreadsheet import safe_cell
from journeys.study.answers import Correction, TrialRecord
from journeys.study.design import StudyDesign

#: What would tell which trials are made up or compared, before the debriefing does.
_HIDDEN = frozenset({"kind", "condition", "namer", "prompts", "journey_id", "run_id"})

_COLUMNS = (
    "position", "name_shown", "recalled", "identification", "specificity", "wish", "ongoing",
    "since", "own_words",
)  # fmt: skip


def copy_json(data: Mapping[str, Any], *, debriefed: bool) -> bytes:
    """Everything, as the store gives it; before the debriefing without what is kept blind."""
    whole: Any = data if debriefed else _without(data, _HIDDEN)
    return json.dumps(whole, ensure_ascii=False, indent=2, default=str).encode()


def copy_csv(records: Sequence[TrialRecord]) -> bytes:
    """The answers, a row a journey shown; cells are safe to open in a spreadsheet."""
    import csv

    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for record in records:
        said = record.answers.to_dict()
        row = [record.shown.trial + 1, record.shown.name, *(said[key] for key in _COLUMNS[2:])]
        writer.writerow(["" if cell is None else safe_cell(str(cell)) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def copy_html(
    design: StudyDesign,
    *,
    stated: Sequence[str],
    records: Sequence[TrialRecord],
    corrections: Sequence[Correction],
    before: Mapping[str, int],
    after: Mapping[str, int],
) -> bytes:
    """A page that reads without anything else: no script, no link, every word escaped."""
    parts = [f"<h1>{escape(design.title)}</h1><p>Your copy of your answers.</p>"]
    if stated:
        parts.append(f"<h2>{escape(design.texts.stated)}</h2>{_list(stated)}")
    parts += [_answered(design, record) for record in records]
    if corrections:
        parts.append("<h2>What you corrected</h2>" + _list([_corrected(c) for c in corrections]))
    for title, answers in (("Before", before), ("After", after)):
        lines = [
            f"{item.text} {design.texts.agreement_scale[answers[item.key] - 1]}"
            for item in design.items
            if item.key in answers
        ]
        if lines:
            parts.append(f"<h2>{title} the journeys</h2>{_list(lines)}")
    body = "\n".join(parts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(design.title)}</title>"
        "<style>body{font:1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}"
        f"</style></head><body>\n{body}\n</body></html>"
    ).encode()


def _answered(design: StudyDesign, record: TrialRecord) -> str:
    texts, answers = design.texts, record.answers
    lines = []
    if answers.identification is not None:
        lines.append(
            f"{texts.identification} {texts.identification_scale[answers.identification - 1]}"
        )
    if answers.specificity is not None:
        scale = dict(zip(("broad", "right", "specific"), texts.specificity_scale, strict=True))
        lines.append(f"{texts.specificity} {scale[answers.specificity]}")
    if answers.wish is not None:
        lines.append(f"{texts.wish} {texts.wish_scale[answers.wish - 1]}")
    if answers.ongoing is not None:
        lines.append(f"{texts.ongoing} {answers.ongoing}")
    if answers.since:
        lines.append(f"{texts.since} {answers.since}")
    if answers.own_words:
        lines.append(f"{texts.own_words} {answers.own_words}")
    return f"<h2>{record.shown.trial + 1}. {escape(record.shown.name)}</h2>{_list(lines)}"


def _corrected(correction: Correction) -> str:
    if correction.kind == "missing":
        return f"Missing: {correction.words}"
    if correction.kind == "log":
        return f"Wrong with the log: {correction.words}"
    if correction.kind == "merge":
        return "Two journeys are one."
    return f"{len(correction.events)} items do not belong to a journey."


def _list(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _without(value: Any, hidden: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(held, hidden) for key, held in value.items() if key not in hidden}
    if isinstance(value, (list, tuple)):
        return [_without(held, hidden) for held in value]
    return value
