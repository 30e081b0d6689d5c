"""CSV files that a spreadsheet shows as text and never runs.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return, or with the
full-width form of such a character, is taken by spreadsheet programs for a formula. Such a cell
gets an apostrophe in front, as OWASP's page on CSV injection advises. A cell that begins with
apostrophes before one of these gets one more, so that :func:`unsafe_cell` restores every value.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: Leading white space is passed over, because some programs trim it before they look.
_FORMULA = re.compile(r"'*[ \u00a0\u3000]*[\t\r\n=+\-@\uff1d\uff0b\uff0d\uff20\u2212]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def safe_cell(value: str) -> str:
    """The value with an apostrophe in front if a spreadsheet might run it.

    Plain numbers such as ``-1.5`` stay, and so does everything that begins with a letter or digit.
    """
    if _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def unsafe_cell(value: str) -> str:
    """The inverse of :func:`safe_cell`: ``unsafe_cell(safe_cell(v)) == v`` for every ``v``."""
    if value.startswith("'") and _FORMULA.match(value):
        return value[1:]
    return value


def write_csv(
    target: str | Path | IO[str], header: Sequence[str], rows: Iterable[Sequence[object]]
) -> int:
    r"""Write a CSV file in UTF-8 with ``\n`` line ends, every text cell made safe.

    Args:
        target: a path, or a text file opened with ``newline=""``.
        header: the column names.
        rows: cells; None is written as an empty cell, numbers as they are.

    Returns:
        The number of rows written, without the header.
    """
    with _opened(target) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([safe_cell(name) for name in header])
        count = 0
        for row in rows:
            writer.writerow([_cell(value) for value in row])
            count += 1
    return count


def _cell(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    # A lone surrogate cannot be written as UTF-8.
    text = str(value)
    return safe_cell(text.encode("utf-8", "replace").decode("utf-8"))


@contextmanager
def _opened(target: str | Path | IO[str]) -> Iterator[IO[str]]:
    if isinstance(target, str | Path):
        with open(target, "w", encoding="utf-8", newline="") as file:
            yield file
    else:
        yield target
