"""The same report as PDF by fpdf2 (``requirements-study.txt``); figures are lines and dots."""

from __future__ import annotations

from datetime import datetime
from math import isnan
from typing import TYPE_CHECKING, Any

from journeys.errors import ConfigError
from journeys.figures.palette import mark
from journeys.study.analysis import Results, Section
from journeys.study.estimates import Estimate
from journeys.study.report import METHODS, Part, report_rows, stamp

if TYPE_CHECKING:
    from fpdf import FPDF

_WIDTH = 180.0  # millimetres between the margins of A4
_NAMES = 62.0
_ROW = 5.5


def pdf_available() -> bool:
    """Whether fpdf2 is installed."""
    from importlib.util import find_spec

    return find_spec("fpdf") is not None


def report_pdf(
    results: Results,
    *,
    title: str = "Study results",
    design_hash: str = "",
    made: datetime | None = None,
) -> bytes:
    """The report as PDF. Letters outside Latin-1 are written as "?", since no font is shipped.

    Raises:
        ConfigError: fpdf2 is not installed.
    """
    if not pdf_available():
        raise ConfigError(
            "The report as PDF needs fpdf2: pip install -r requirements-study.txt. The report as "
            "HTML needs nothing."
        )
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_margins(15, 15)
    pdf.set_auto_page_break(True, 15)
    pdf.set_title(_latin(title))
    pdf.add_page()
    _words(pdf, title, size=18, bold=True)
    if results.simulated:
        _words(pdf, "SIMULATED EXAMPLE. Nobody gave these answers.", size=12, bold=True)
    design = f" Design {design_hash}." if design_hash else ""
    _words(
        pdf,
        f"{results.participants} participants, {results.trials} scored trials.{design} "
        f"Made {stamp(made)}. Values are followed by their 95% interval; the number at the end of "
        "a line is its query in the list at the end.",
    )
    parts, queries = report_rows(results)
    for part in parts:
        _part(pdf, part)
    if results.steps:
        _words(pdf, "How far participants came", size=13, bold=True)
        for step in results.steps:
            _words(pdf, f"{step.people}  {step.name}")
    _words(pdf, "Methods", size=13, bold=True)
    for words in METHODS:
        _words(pdf, words)
    _words(pdf, "Queries and assumptions", size=13, bold=True)
    for at, (query, assumes) in enumerate(queries, start=1):
        _words(pdf, f"{at}. {query}", size=8)
        _words(pdf, assumes, size=8, indent=5)
    return bytes(pdf.output())


def _words(
    pdf: FPDF, words: str, *, size: float = 10, bold: bool = False, indent: float = 0
) -> None:
    pdf.set_font("Helvetica", "B" if bold else "", size)
    if bold:
        pdf.ln(2)
    pdf.set_x(pdf.l_margin + indent)
    pdf.multi_cell(
        _WIDTH - indent, size * 0.5, _latin(words), new_x="LMARGIN", new_y="NEXT", align="L"
    )
    pdf.ln(1)


def _part(pdf: FPDF, part: Part) -> None:
    if pdf.get_y() > 240:
        pdf.add_page()
    _words(pdf, part.section.title, size=13, bold=True)
    if part.section.note:
        _words(pdf, part.section.note, size=9)
    low, high = _range(part.section)
    groups = list(part.section.groups)
    pdf.set_font("Helvetica", "", 8.5)
    for row, (group, each) in zip(part.rows, part.section.figures, strict=True):
        if pdf.get_y() > 275:
            pdf.add_page()
        y = pdf.get_y()
        pdf.set_xy(pdf.l_margin, y)
        pdf.cell(_NAMES, _ROW, _fitting(pdf, row.name, _NAMES))
        left = pdf.l_margin + _NAMES + 2
        _dot(pdf, each, groups.index(group), left, 44.0, low, high)
        pdf.set_xy(left + 47, y)
        p = f" p {row.p}" if row.p else ""
        words = f"{row.value} {row.interval} n {row.n}{p} ({row.query})"
        pdf.cell(67, _ROW, _fitting(pdf, words, 67))
        pdf.ln(_ROW)
    pdf.ln(2)


def _range(section: Section) -> tuple[float, float]:
    fixed = {"points": (1.0, 5.0), "share": (0.0, 1.0)}
    if section.kind in fixed:
        return fixed[section.kind]
    ends = [end for _, e in section.figures for end in (e.low, e.high, e.value) if not isnan(end)]
    return min([0.0, *ends]), max([0.1, *ends])


def _dot(
    pdf: FPDF, each: Estimate, at: int, left: float, width: float, low: float, high: float
) -> None:
    middle = pdf.get_y() + _ROW / 2

    def place(value: float) -> float:
        return left + width * min(1.0, max(0.0, (value - low) / (high - low)))

    pdf.set_draw_color(200)
    pdf.set_line_width(0.1)
    pdf.line(left, middle, left + width, middle)
    if low < 0 < high:
        pdf.line(place(0), middle - _ROW / 2, place(0), middle + _ROW / 2)
    if isnan(each.value):
        return
    red, green, blue = (int(mark(at).colour[i : i + 2], 16) for i in (1, 3, 5))
    pdf.set_draw_color(red, green, blue)
    pdf.set_fill_color(red, green, blue)
    if not isnan(each.low):
        pdf.set_line_width(0.7)
        pdf.line(place(each.low), middle, place(each.high), middle)
    pdf.ellipse(place(each.value) - 1, middle - 1, 2, 2, style="F")


def _fitting(pdf: Any, words: str, width: float) -> str:
    text = _latin(words)
    if pdf.get_string_width(text) <= width - 2:
        return text
    while text and pdf.get_string_width(text + "...") > width - 2:
        text = text[:-1]
    return text + "..."


def _latin(words: str) -> str:
    return words.encode("latin-1", "replace").decode("latin-1")
