"""Exported cells are text to every spreadsheet, and lose nothing."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.spreadsheet import safe_cell, unsafe_cell, write_csv

DANGEROUS = [
    "=1+1",
    "+SUM(A1)",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "＋1",
    "－1+1",
    "＠x",
    "  =1",
    '=HYPERLINK("http://evil.example","click")',
]


@pytest.mark.parametrize("value", DANGEROUS)
def test_formulas_are_neutralised(value: str) -> None:
    assert safe_cell(value) == f"'{value}"


@pytest.mark.parametrize(
    "value", ["", "u_01c999f2", "jbranchaud/til:ruby/a.md", "-1.5", "+3", "1e-5", "a=b", "'quoted'"]
)
def test_ordinary_values_stay(value: str) -> None:
    assert safe_cell(value) == value


@given(st.text())
def test_every_value_is_restored(value: str) -> None:
    assert unsafe_cell(safe_cell(value)) == value


@given(st.text(alphabet="'=+-@\t\r ＝1a"))
def test_no_cell_begins_like_a_formula(value: str) -> None:
    safe = safe_cell(value).lstrip(" ")
    is_number = safe.lstrip("+-").isdigit()
    assert is_number or not safe.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))


def test_a_written_file_reads_back(tmp_path: Path) -> None:
    rows = [["u1", 'say "hi"', 3, None], ["u2", "two\nlines", 1.5, "=1+1"], ["u3", "\ud800", 0, ""]]
    path = tmp_path / "out.csv"
    assert write_csv(path, ["user_id", "title", "n", "note"], rows) == 3
    raw = path.read_bytes()
    assert b"\r" not in raw
    with path.open(encoding="utf-8", newline="") as file:
        read = list(csv.reader(file))
    assert read == [
        ["user_id", "title", "n", "note"],
        ["u1", 'say "hi"', "3", ""],
        ["u2", "two\nlines", "1.5", "'=1+1"],
        ["u3", "?", "0", ""],
    ]


def test_an_open_file_is_written_and_left_open() -> None:
    buffer = io.StringIO(newline="")
    write_csv(buffer, ["=a"], [["é"]])
    assert buffer.getvalue() == "'=a\né\n"
