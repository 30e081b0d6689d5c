"""A study's tables as one archive for R and Python, and back.

The archive holds each table as CSV and as Parquet, the codebook as Markdown and as CSV, and the
design as JSON. Pseudonyms stay; the keys that lead from them to people are never in it.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from journeys.errors import InputError
from journeys.spreadsheet import unsafe_cell, write_csv
from journeys.study.longformat import (
    TABLES,
    StudyData,
    codebook,
    codebook_rows,
    study_data,
    typed,
)

if TYPE_CHECKING:
    import pandas as pd

#: A study of a thousand participants takes a few megabytes; what is far beyond is no export.
MOST_BYTES = 512 * 2**20

_STAMP = (1980, 1, 1, 0, 0, 0)
_SIMULATED = "SIMULATED.txt"


def write_bundle(data: StudyData, design: Mapping[str, Any] | str | None = None) -> bytes:
    """The archive; equal tables and design give equal bytes.

    Args:
        design: the study's design, written to ``design.json`` as it is.
    """
    files: dict[str, bytes] = {}
    for name, frame in data.tables().items():
        files[f"{name}.csv"] = table_csv(frame)
        files[f"{name}.parquet"] = table_parquet(frame)
    files["codebook.md"] = codebook().encode()
    text = io.StringIO()
    write_csv(text, ("table", "column", "kind", "meaning", "values"), codebook_rows())
    files["codebook.csv"] = text.getvalue().encode()
    if design is not None:
        words = design if isinstance(design, str) else json.dumps(design, indent=2, sort_keys=True)
        files["design.json"] = words.encode()
    if data.simulated:
        files[_SIMULATED] = b"These answers are simulated. Nobody gave them.\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            info = zipfile.ZipInfo(path, _STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def table_csv(frame: pd.DataFrame) -> bytes:
    """A table as CSV that a spreadsheet shows and never runs."""
    import pandas as pd

    cells = frame.copy()
    for name in cells.columns:
        if isinstance(cells[name].dtype, pd.DatetimeTZDtype):
            cells[name] = cells[name].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    rows = (
        [None if pd.isna(cell) else cell for cell in row]
        for row in cells.itertuples(index=False, name=None)
    )
    text = io.StringIO()
    write_csv(text, [str(name) for name in frame.columns], rows)
    return text.getvalue().encode()


def table_parquet(frame: pd.DataFrame) -> bytes:
    """A table as Parquet."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def read_bundle(content: bytes) -> StudyData:
    """A study's tables from an archive, or the table of answers alone from a CSV or Parquet file.

    Raises:
        InputError: it is neither, or does not hold what the codebook says.
    """
    if content[:4] == b"PK\x03\x04":
        return _from_archive(content)
    return study_data(answers=_table(content, "answers", "The file"))


def _from_archive(content: bytes) -> StudyData:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
                raise InputError("The archive is far larger than a study's export can be.")
            names = set(archive.namelist())
            found = {}
            for table in TABLES:
                for path in (f"{table}.parquet", f"{table}.csv"):
                    if path in names:
                        found[table] = _table(archive.read(path), table, path)
                        break
    # zipfile raises NotImplementedError for a compression it does not know, RuntimeError for a
    # password.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise InputError("The archive cannot be read. Export the study again.") from error
    if "answers" not in found:
        raise InputError(
            "The archive holds no answers.csv or answers.parquet. Give the export of a study."
        )
    return study_data(simulated=_SIMULATED in names, **found)


def _table(content: bytes, table: str, name: str) -> pd.DataFrame:
    import pandas as pd

    if content[:4] == b"PAR1":
        try:
            return typed(pd.read_parquet(io.BytesIO(content)), table)
        except (OSError, ValueError) as error:
            raise InputError(f"{name} is not a Parquet file that can be read.") from error
    try:
        text = content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{name} is not a CSV file in UTF-8, a Parquet file or a zip.") from error
    if not rows:
        raise InputError(f"{name} is empty.")
    width = len(rows[0])
    for number, row in enumerate(rows[1:], start=2):
        if row and len(row) != width:
            raise InputError(f"Line {number} of {name} has {len(row)} cells and not {width}.")
    cells = [[unsafe_cell(cell) or None for cell in row] for row in rows[1:] if row]
    return typed(pd.DataFrame(cells, columns=rows[0], dtype=object), table)
