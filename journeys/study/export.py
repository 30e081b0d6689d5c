"""Ratings as a CSV file with its codebook."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from journeys.journey import LEVELS
from journeys.spreadsheet import safe_cell
from journeys.store.ratings import IDENTIFICATION, SPECIFICITY, RatingRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Column:
    """A column of the export: its name, what the codebook says of it, and its value."""

    name: str
    kind: str
    meaning: str
    value: Callable[[RatingRecord], str | int | None]


def _scale(labels: Sequence[str]) -> str:
    return "; ".join(f"{number} = {text}" for number, text in enumerate(labels, start=1))


def _label(labels: Sequence[str], number: int | None) -> str:
    return "" if number is None else labels[number - 1]


#: The columns in order: the file and its codebook both come from here.
COLUMNS = (
    Column(
        "run_id",
        "integer",
        "The discovery whose journeys were looked at when the answers were given. An answer is "
        "here once, also where later discoveries show it with the same journey.",
        lambda r: r.run_id,
    ),
    Column(
        "person",
        "text",
        "Pseudonym of the person whose journey it is: a keyed hash of the user id in the log. "
        "The key stays with the installation, so the pseudonym is the same in all its exports.",
        lambda r: r.pseudonym,
    ),
    Column(
        "journey_id",
        "text",
        "First made from the person and the journey's events; a later discovery keeps the id of "
        "a journey that it finds again, so that answers of several discoveries can be matched.",
        lambda r: r.journey_id,
    ),
    Column(
        "journey_rank",
        "integer",
        "1 is the person's strongest journey in that run.",
        lambda r: r.journey_rank,
    ),
    Column("journey_events", "integer", "Events that the journey has.", lambda r: r.journey_events),
    Column(
        "active",
        "yes or no",
        "`no`: the journey was merged away or emptied by hand after it was rated; its rank and "
        "events are those it had.",
        lambda r: "yes" if r.active else "no",
    ),
    Column(
        "rater",
        "text",
        "Who answered. `local` is the person at the keyboard of the installation, who need not "
        "be the person whose journey it is.",
        lambda r: r.rater,
    ),
    Column(
        "level",
        "integer 1 to 5",
        f"Specificity of the name that was shown: {_scale(LEVELS)}.",
        lambda r: r.answer.level,
    ),
    Column(
        "name_shown",
        "text",
        "The name that the answers are about, as it was shown.",
        lambda r: r.answer.name_shown,
    ),
    Column(
        "namer",
        "text",
        "What had made that name: `keyphrase`, a language model, or `person` for a name given "
        "by hand.",
        lambda r: r.answer.namer,
    ),
    Column(
        "identification",
        "integer 1 to 5, or empty",
        '"How closely does this describe something you are pursuing?" '
        f"{_scale(IDENTIFICATION)}. Empty: not answered.",
        lambda r: r.answer.identification,
    ),
    Column(
        "identification_label",
        "text",
        "The same answer in words.",
        lambda r: _label(IDENTIFICATION, r.answer.identification),
    ),
    Column(
        "specificity",
        "text, or empty",
        '"How specific is the name?" '
        + "; ".join(f"`{key}` = {text}" for key, text in SPECIFICITY.items())
        + ". Empty: not answered.",
        lambda r: r.answer.specificity,
    ),
    Column(
        "own_words",
        "text",
        '"I would say:", in the rater\'s own words. Empty: nothing was written. Free text: read '
        "it before you pass the file on, since people write names and addresses.",
        lambda r: r.answer.own_words,
    ),
    Column(
        "created_at",
        "time",
        "When this journey was first rated, ISO 8601, UTC.",
        lambda r: iso(r.created_at),
    ),
    Column(
        "updated_at",
        "time",
        "When the answers were last changed, ISO 8601, UTC. Only the last answers are kept.",
        lambda r: iso(r.updated_at),
    ),
)


def iso(microseconds: int) -> str:
    """ISO 8601 in UTC with microseconds, from microseconds since 1970-01-01 UTC."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def ratings_csv(records: Sequence[RatingRecord]) -> bytes:
    """One row a rating, as RFC 4180 has it, in UTF-8 with a header.

    Text that a spreadsheet could run is neutralised.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.name for column in COLUMNS])
    for record in records:
        writer.writerow([_cell(column.value(record)) for column in COLUMNS])
    return text.getvalue().encode("utf-8", "backslashreplace")


def codebook() -> str:
    """What every column means, in Markdown."""
    rows = "\n".join(f"| `{c.name}` | {c.kind} | {c.meaning} |" for c in COLUMNS)
    return (
        "# Codebook of ratings.csv\n\n"
        "One row a rating: what one rater said of one journey, about the name shown at the time. "
        "UTF-8, comma-separated, the first row names the columns.\n\n"
        "| column | kind | meaning |\n|---|---|---|\n"
        f"{rows}\n\n"
        "People are known by pseudonyms only. A text cell that a spreadsheet could take for a "
        "formula (it begins with `=`, `+`, `-`, `@` or the like) has an apostrophe put before it; "
        "take it away before you compare texts.\n"
    )


def ratings_zip(records: Sequence[RatingRecord]) -> bytes:
    """``ratings.csv`` and ``codebook.md`` in one archive; equal records give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("ratings.csv", ratings_csv(records)),
            ("codebook.md", codebook().encode()),
        ):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()


def _cell(value: str | int | None) -> str:
    if value is None:
        return ""
    return safe_cell(value) if isinstance(value, str) else str(value)
