"""Labels of names as a CSV file, to take elsewhere and to bring back.

``user_id, journey, level, name, namer, rater, fit, specificity``; ``group`` may stand for
``journey``. Several namers of one name are separated by ``|``. Rows without a fit are names that
nobody has labelled yet.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from journeys.errors import InputError
from journeys.evaluation.naming_names import read_rows
from journeys.spreadsheet import write_csv
from journeys.store.labels import Label, LabelRecord

COLUMNS = ("user_id", "journey", "level", "name", "namer", "rater", "fit", "specificity")


def write_labels(target: Path | IO[str], records: Iterable[LabelRecord]) -> int:
    """Write labels, one a row; returns how many."""
    return write_csv(
        target,
        COLUMNS,
        (
            (
                record.pseudonym,
                record.label.journey_id,
                record.label.level,
                record.label.name,
                "|".join(record.label.namers),
                record.label.rater,
                record.label.fit,
                record.label.specificity,
            )
            for record in records
        ),
    )


def labels_csv(records: Iterable[LabelRecord]) -> bytes:
    """The same as the bytes of a file."""
    text = io.StringIO(newline="")
    write_labels(text, records)
    return text.getvalue().encode("utf-8")


def read_labels(path: Path) -> list[LabelRecord]:
    """Read labels. A rater without ``person:`` or ``judge:`` before them is a person.

    Raises:
        InputError: the file cannot be read, lacks a column, or a row is off its scale.
    """
    columns, rows = read_rows(path)
    journey = "group" if "group" in columns and "journey" not in columns else "journey"
    for name in COLUMNS:
        needed = journey if name == "journey" else name
        if needed not in columns:
            raise InputError(
                f"{path.name} has no column {needed!r}; it has {', '.join(columns[:20])}. "
                f"It needs {', '.join(COLUMNS)}."
            )
    found = []
    for number, row in enumerate(rows, start=1):
        if not row["fit"]:
            continue
        try:
            found.append(LabelRecord(row["user_id"], _label(row, row[journey]), 0))
        except ValueError as error:
            raise InputError(f"Row {number:,} of {path.name}: {error}.") from None
    if not found:
        raise InputError(f"{path.name} has no labels in it: no row has a fit.")
    return found


def _label(row: Mapping[str, str], journey: str) -> Label:
    rater = row["rater"]
    if not rater:
        raise ValueError("it has no rater")
    return Label(
        journey_id=journey,
        level=_number(row["level"], "level"),
        name=row["name"],
        namers=tuple(row["namer"].split("|")),
        rater=rater if rater.startswith(("person:", "judge:")) else f"person:{rater}",
        fit=_number(row["fit"], "fit"),
        specificity=row["specificity"].lower(),
    )


def _number(text: str, what: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{what} must be 1 to 5, not {text!r}") from None
