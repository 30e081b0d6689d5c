"""The long format: what a study's analysis reads and its export writes, with the codebook.

Five tables of one study, each a pandas frame whose columns, types and allowed values are given
by :data:`TABLES`. The codebook, the checks and the types all come from there, so none of them can
say something else.

* ``answers``: one row a rated trial;
* ``stated``: one row a journey that a participant put in words themselves;
* ``participants``: one row an invited participant;
* ``third_party``: one row a name of a journey and somebody other than the participant who
  judged it;
* ``funnel``: one row a step of the path, with how many came to it.

A missing answer is missing (``<NA>``, an empty cell), never a zero. pandas is imported when a table
is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from journeys.errors import InputError
from journeys.journey import LEVELS

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "integer", "number", "yes or no", "time"]

#: pandas types that hold a missing value as one.
_DTYPES = {
    "text": "string",
    "integer": "Int64",
    "number": "Float64",
    "yes or no": "boolean",
    "time": "datetime64[us, UTC]",
}


@dataclass(frozen=True)
class Column:
    """A column: its name, type, meaning, and what it may hold.

    Attributes:
        values: value -> its meaning; empty where any value of the kind will do.
        needed: the analysis cannot do without the column, and no row may lack it.
    """

    name: str
    kind: Kind
    meaning: str
    values: dict[object, str] = field(default_factory=dict)
    needed: bool = False


_PARTICIPANT = Column(
    "participant",
    "text",
    "Pseudonym of the participant in this study; the key that leads back is kept apart.",
    needed=True,
)
_LEVELS: dict[object, str] = dict(enumerate(LEVELS, start=1))
_POINTS: dict[object, str] = {
    1: "not at all", 2: "slightly", 3: "moderately", 4: "very", 5: "extremely"
}  # fmt: skip
_FIT: dict[object, str] = {
    1: "wrong", 2: "mostly wrong", 3: "half right", 4: "right", 5: "just so"
}  # fmt: skip
_SPECIFICITY: dict[object, str] = {-1: "too broad", 0: "right", 1: "too specific"}

ANSWERS = (
    _PARTICIPANT,
    Column("journey", "text", "Id of the journey shown; unique within a participant.", needed=True),
    Column("trial", "integer", "Place of the trial in the participant's order, from 1."),
    Column("condition", "text", "Namer or extractor behind the name, as the design calls it.",
           needed=True),
    Column("arm", "text", "How the level was chosen.",
           {"fixed": "by the balanced plan", "adaptive": "from the answers before"}),
    Column("level", "integer", "Specificity of the name shown.", _LEVELS, needed=True),
    Column("name_shown", "text", "The name as it was shown. Free text."),
    Column("identification", "integer",
           "How closely the name describes something the participant is pursuing.", _POINTS),
    Column("specificity", "integer", "The participant's judgement of the name.", _SPECIFICITY),
    Column("wish_more", "integer", "What the participant wishes for.",
           {1: "much less of it", 2: "less", 3: "as it is", 4: "more", 5: "much more of it"}),
    Column("ongoing", "yes or no", "Still pursued, the participant says."),
    Column("since", "text", "Since when, in the participant's words or as a date. Free text."),
    Column("own_words", "text", '"I would say:". Free text: read it before you pass it on.'),
    Column("remembers", "yes or no", "Recall gate: remembers the items shown as cues."),
    Column("repeat_of", "integer",
           "The trial that this one repeats as a check; missing: none. Its own number: what it "
           "repeats was not answered."),
    Column("is_foil", "yes or no", "The journey was made up, as a check."),
    Column("items_shown", "integer",
           "Items of the journey that could be marked: its least sure ones where it has many."),
    Column("items_marked", "integer", "Of those, marked as not belonging."),
    Column("merged_with", "text",
           "Ids of the journeys that the participant says are the same, a space between."),
    Column("journey_days", "number",
           "From the journey's first to its last event in the log, in days, breaks included."),
    Column("recall_ms", "integer", "From showing the items to the recall answer, milliseconds."),
    Column("response_ms", "integer",
           "From showing the name to its identification, milliseconds; missing: not identified."),
    Column("saved_at", "time", "When the answers were last saved, UTC."),
    Column("prompt", "text", "Id of the prompt set behind the name; missing: none."),
    Column("model", "text", "Model and version behind the name."),
)  # fmt: skip

STATED = (
    _PARTICIPANT,
    Column("stated", "integer", "Number of the statement within the participant, from 1.",
           needed=True),
    Column("words", "text", "The journey in the participant's own words. Free text."),
    Column("when", "text", "When it was said.",
           {"before": "before anything was shown", "missing": "named as missing after the trials"}),
    Column("match", "text",
           "The journey that it is, the participant says: a journey's id; `none`: not among those "
           "shown. Missing: the participant was not asked or did not say."),
    Column("match_by_meaning", "text",
           "The journey shown whose name is closest in meaning, each journey once, if close "
           "enough: its id; `none`: no name is close enough. Missing: not computed."),
    Column("cosine", "number",
           "Cosine of the words and the closest name of that journey, or of the closest of all."),
)  # fmt: skip

PARTICIPANTS = (
    _PARTICIPANT,
    Column("arm", "text", "How levels were chosen.",
           {"fixed": "by the balanced plan", "adaptive": "from the answers before"}),
    Column("trust_before", "number", "Trust in the system before: mean of its items, 1 to 5."),
    Column("trust_after", "number", "Trust in the system after: mean of its items, 1 to 5."),
    Column("risk_before", "number", "Perceived risk to privacy before: mean of its items, 1 to 5."),
    Column("risk_after", "number", "Perceived risk to privacy after: mean of its items, 1 to 5."),
    Column("invited_at", "time", "Invitation made, UTC."),
    Column("opened_at", "time", "Link first opened, UTC."),
    Column("consented_at", "time", "Consent given, UTC."),
    Column("stated_at", "time", "Journeys said in own words, UTC."),
    Column("log_at", "time", "Log uploaded or confirmed, UTC."),
    Column("rated_at", "time", "First trial rated, UTC."),
    Column("finished_at", "time", "Reached the end, UTC."),
    Column("total_seconds", "number", "From consent to the end, pauses included."),
    Column("active_seconds", "number",
           "Without pauses of more than ten minutes between two saved answers or steps."),
    Column("preferred_level", "number",
           "Mean of the posterior of the preferred level, 1 to 5; missing: no answer says."),
    Column("preferred_low", "number", "Lower end of its central 95% interval."),
    Column("preferred_high", "number", "Upper end of it."),
    Column("looks_random", "yes or no", "The answers look as if given at random."),
    Column("log_remark", "text", "What the participant says is wrong with their log. Free text."),
    Column("consent_version", "text", "Version of the consent text agreed to."),
)  # fmt: skip

THIRD_PARTY = (
    Column("rater", "text", "Pseudonym of the rater.", needed=True),
    Column("unit", "text", "What was rated: a name of a journey at a level.", needed=True),
    Column("journey", "text", "The journey it is a name of.", needed=True),
    Column("participant", "text", "Pseudonym of the participant whose journey it is."),
    Column("level", "integer", "Specificity that was asked of the name.", _LEVELS),
    Column("name", "text", "The name that was judged. Free text."),
    Column("specificity", "integer",
           "The rater's judgement of the name at its level; missing: the name is wrong.",
           _SPECIFICITY),
    Column("fit", "integer", "How well the name fits the items.", _FIT),
)  # fmt: skip

FUNNEL = (
    Column("step", "text", "A step of the path, in order; the first is the invitation.",
           needed=True),
    Column("people", "integer",
           "How many came to it, also those who withdrew and left no answers.", needed=True),
)  # fmt: skip

#: Table -> its columns, in order.
TABLES: dict[str, tuple[Column, ...]] = {
    "answers": ANSWERS,
    "stated": STATED,
    "participants": PARTICIPANTS,
    "third_party": THIRD_PARTY,
    "funnel": FUNNEL,
}


@dataclass(frozen=True)
class StudyData:
    """A study's tables, as :func:`typed` makes them."""

    answers: pd.DataFrame
    stated: pd.DataFrame
    participants: pd.DataFrame
    third_party: pd.DataFrame
    funnel: pd.DataFrame
    #: Made by :mod:`journeys.study.simulation`: nobody answered.
    simulated: bool = False

    def tables(self) -> dict[str, pd.DataFrame]:
        """Table -> frame, in the order of :data:`TABLES`."""
        return {name: getattr(self, name) for name in TABLES}


#: Columns that hold what somebody wrote, and names made of somebody's titles.
WORDS = {"answers": ("own_words", "since"), "stated": ("words",), "participants": ("log_remark",)}
NAMES = {"answers": ("name_shown",), "third_party": ("name",)}


def without(data: StudyData, columns: Mapping[str, Sequence[str]]) -> StudyData:
    """The tables with such columns left empty, e.g. :data:`WORDS` for who may not read them."""
    import pandas as pd

    frames = {
        table: frame.assign(
            **{
                name: pd.Series(pd.NA, index=frame.index, dtype="string")
                for name in columns.get(table, ())
            }
        )
        for table, frame in data.tables().items()
    }
    return StudyData(**frames, simulated=data.simulated)


def study_data(simulated: bool = False, **frames: pd.DataFrame | None) -> StudyData:
    """A study's tables, checked and typed; a table that is not given is empty.

    Raises:
        InputError: see :func:`typed`.
    """
    if unknown := set(frames) - set(TABLES):
        raise InputError(f"There is no table {sorted(unknown)[0]!r} in the long format.")
    tables = {name: typed(frames.get(name), name) for name in TABLES}
    return StudyData(**tables, simulated=simulated)


def empty(table: str) -> pd.DataFrame:
    """A table without rows."""
    import pandas as pd

    return pd.DataFrame({c.name: pd.Series(dtype=_DTYPES[c.kind]) for c in TABLES[table]})


def from_rows(table: str, rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    """A typed table from rows; columns that a row lacks are missing in it.

    Times are ISO 8601, or microseconds since 1970-01-01 UTC as the store keeps them.
    """
    import pandas as pd

    return typed(pd.DataFrame(list(rows), columns=[c.name for c in TABLES[table]]), table)


def typed(frame: pd.DataFrame | None, table: str) -> pd.DataFrame:
    """A table with the columns, order and types of the codebook; others are left out.

    Raises:
        InputError: a needed column or cell is missing, or a value is not one of the codebook's.
    """
    if frame is None or (frame.empty and not len(frame.columns)):
        return empty(table)
    import pandas as pd

    columns = TABLES[table]
    if absent := [c.name for c in columns if c.needed and c.name not in frame.columns]:
        raise InputError(
            f"The table of {table} lacks the column {absent[0]!r}. The codebook of an export "
            "names all columns."
        )
    given = {}
    for column in columns:
        if column.name in frame.columns:
            given[column.name] = _cells(frame[column.name], column, table)
        else:
            given[column.name] = pd.Series(pd.NA, index=frame.index, dtype=_DTYPES[column.kind])
    return pd.DataFrame(given, index=frame.index).reset_index(drop=True)


def _cells(cells: Any, column: Column, table: str) -> Any:
    import pandas as pd

    where = f"Column {column.name!r} of {table}"
    try:
        if column.kind == "time":
            numbers = cells.infer_objects()
            if pd.api.types.is_numeric_dtype(numbers) and numbers.notna().any():
                made = pd.to_datetime(numbers.astype("Int64"), utc=True, unit="us")
            else:
                made = pd.to_datetime(cells, utc=True, format="ISO8601")
            made = made.astype("datetime64[us, UTC]")
        elif column.kind == "yes or no":
            made = _flags(cells)
        elif column.kind == "text":
            made = cells.astype("string").replace("", pd.NA)
        else:
            made = pd.to_numeric(cells).astype(_DTYPES[column.kind])
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{where} holds something that is not {_ARTICLE[column.kind]}.") from error
    if column.needed and made.isna().any():
        row = int(made.isna().to_numpy().argmax()) + 1
        raise InputError(f"{where} is empty in row {row}; every row needs it.")
    if column.values:
        wrong = made.notna() & ~made.isin(list(column.values))
        if wrong.any():
            found = str(made[wrong].iloc[0])[:40]
            allowed = ", ".join(map(str, column.values))
            raise InputError(f"{where} holds {found!r}; it may hold {allowed}.")
    return made


_ARTICLE = {
    "text": "a text",
    "integer": "a whole number",
    "number": "a number",
    "yes or no": "yes or no (true, false, 1 or 0)",
    "time": "a time in ISO 8601",
}

_FLAGS = {"true": True, "yes": True, "1": True, "1.0": True,
          "false": False, "no": False, "0": False, "0.0": False}  # fmt: skip


def _flags(cells: Any) -> Any:
    import pandas as pd

    if str(cells.dtype) in ("bool", "boolean"):
        return cells.astype("boolean")
    words = cells.astype("string").str.lower().replace("", pd.NA)
    if (words.notna() & ~words.isin(list(_FLAGS))).any():
        raise ValueError("neither yes nor no")
    return words.map(_FLAGS).astype("boolean")


def codebook() -> str:
    """What every column of every table means, in Markdown."""
    parts = [
        "# Codebook\n\nUTF-8; in CSV files an empty cell is a missing answer, times are ISO 8601 "
        "in UTC, and a text that a spreadsheet could take for a formula has an apostrophe put "
        "before it (take it away before you compare texts). Parquet files hold the texts as "
        "they are, with types."
    ]
    for table, columns in TABLES.items():
        rows = "\n".join(f"| `{c.name}` | {c.kind} | {c.meaning} | {_values(c)} |" for c in columns)
        parts.append(
            f"## {table}\n\n| column | kind | meaning | values |\n|---|---|---|---|\n{rows}"
        )
    return "\n\n".join(parts) + "\n"


def codebook_rows() -> list[tuple[str, str, str, str, str]]:
    """The codebook as rows (table, column, kind, meaning, values), for a file of its own."""
    return [
        (table, c.name, c.kind, c.meaning, _values(c))
        for table, columns in TABLES.items()
        for c in columns
    ]


def _values(column: Column) -> str:
    return "; ".join(f"{value} = {meaning}" for value, meaning in column.values.items())
