"""The same report as PDF by fpdf2 (``requirements-study.txt``); figures are lines and dots."""

from __future__ import annotations

from datetime import datetime
from math import isnan
from typing import TYPE_CHECKING

from journeys.errors import ConfigError
from journeys.figures.palette import mark
from journeys.figures.study import UNITS, number
from journeys.study.analysis import Results, Section
from journeys.study.estimates import Estimate
from journeys.study.report import (
    FUNNEL_HEAD,
    METHODS,
    Part,
    assumptions,
    funnel_rows,
    report_rows,
    stamp,
)
from journeys.study.report_fonts import Letters, use_fonts

if TYPE_CHECKING:
    from fpdf import FPDF

_WIDTH = 180.0  # millimetres between the margins of A4
_NAMES, _PLOT, _SAID = 66.0, 42.0, 68.0
_ROW, _LINE = 5.5, 3.8
_LAST_ROW, _LAST_HEADING = 280.0, 245.0


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
    """The report as PDF, in the fonts of this machine (:mod:`journeys.study.report_fonts`).

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
    letters = use_fonts(pdf)
    pdf.set_title(title)
    pdf.add_page()
    _words(pdf, letters, title, size=18, bold=True)
    if results.simulated:
        _words(pdf, letters, "SIMULATED EXAMPLE. Nobody gave these answers.", size=12, bold=True)
    design = f" Design {design_hash}." if design_hash else ""
    _words(
        pdf,
        letters,
        f"{results.participants} participants, {results.trials} scored trials.{design} "
        f"Made {stamp(made)}. Values are followed by their 95% interval; the number at the end of "
        "a line is its query in the list at the end.",
    )
    parts, queries = report_rows(results)
    for part in parts:
        _part(pdf, letters, part)
    if results.steps:
        _words(pdf, letters, "How far participants came", size=13, bold=True)
        _funnel(pdf, letters, results)
    _words(pdf, letters, "Methods", size=13, bold=True)
    for words in METHODS:
        _words(pdf, letters, words)
    _words(pdf, letters, "Queries, on the tables of the export", size=13, bold=True)
    listed = assumptions(queries)
    for at, (query, assumes) in enumerate(queries, start=1):
        _words(pdf, letters, f"{at}. {query} (A{listed.index(assumes) + 1})", size=8)
    _words(pdf, letters, "Assumptions", size=13, bold=True)
    for at, words in enumerate(listed, start=1):
        _words(pdf, letters, f"A{at}. {words}", size=8)
    if letters.missing:
        _words(
            pdf,
            letters,
            f"{letters.missing} letters stand as ? here, since this machine has no font for them. "
            "The report as HTML shows them.",
            size=9,
        )
    return bytes(pdf.output())


def _funnel(pdf: FPDF, letters: Letters, results: Results) -> None:
    pdf.set_font(letters.family, "", 8.5)
    widths = (80.0, 25.0, 35.0, 40.0)
    for row in (FUNNEL_HEAD, *funnel_rows(results)):
        if pdf.get_y() > _LAST_ROW:
            pdf.add_page()
        for cell, width in zip(row, widths, strict=True):
            pdf.cell(width, _ROW, cell)
        pdf.ln(_ROW)
    _words(pdf, letters, "Counted are all who were invited, also those who withdrew.", size=8.5)


def _words(
    pdf: FPDF,
    letters: Letters,
    words: str,
    *,
    size: float = 10,
    bold: bool = False,
    indent: float = 0,
) -> None:
    pdf.set_font(letters.family, "B" if bold else "", size)
    if bold:
        pdf.ln(2)
    pdf.set_x(pdf.l_margin + indent)
    pdf.multi_cell(
        _WIDTH - indent, size * 0.5, letters.shown(words), new_x="LMARGIN", new_y="NEXT", align="L"
    )
    pdf.ln(1)


def _part(pdf: FPDF, letters: Letters, part: Part) -> None:
    if pdf.get_y() > _LAST_HEADING:
        pdf.add_page()
    _words(pdf, letters, part.section.title, size=13, bold=True)
    if part.section.note:
        _words(pdf, letters, part.section.note, size=9)
    low, high = _range(part.section)
    groups = list(part.section.groups)
    pdf.set_font(letters.family, "", 8)
    for row, (group, each) in zip(part.rows, part.section.figures, strict=True):
        p = f", p {row.p}" if row.p else ""
        said = f"{row.value} {row.interval}, n {row.n}{p} ({row.query})"
        cells = ((_NAMES, letters.shown(row.name)), (_SAID, letters.shown(said)))
        height = max(_height(pdf, width, words) for width, words in cells) + 1
        if pdf.get_y() + height > _LAST_ROW:
            pdf.add_page()
        y = pdf.get_y()
        left = pdf.l_margin + _NAMES + 2
        _dot(pdf, each, groups.index(group), left, y + height / 2, low, high)
        for (width, words), x in zip(cells, (pdf.l_margin, left + _PLOT + 2), strict=True):
            pdf.set_xy(x, y)
            pdf.multi_cell(width, _LINE, words, align="L")
        pdf.set_xy(pdf.l_margin, y + height)
    if part.rows:
        _axis(pdf, letters, part.section, low, high)
    pdf.ln(2)


def _height(pdf: FPDF, width: float, words: str) -> float:
    return float(str(pdf.multi_cell(width, _LINE, words, align="L", dry_run=True, output="HEIGHT")))


def _axis(pdf: FPDF, letters: Letters, section: Section, low: float, high: float) -> None:
    """Both ends of the scale, and what it counts."""
    pdf.set_font_size(7)
    pdf.set_text_color(90)
    y, left = pdf.get_y(), pdf.l_margin + _NAMES + 2
    pdf.set_xy(left - 2, y)
    pdf.cell(_PLOT / 2, 3, number(low, section.kind))
    pdf.set_xy(left + _PLOT / 2 + 2, y)
    pdf.cell(_PLOT / 2, 3, number(high, section.kind), align="R")
    pdf.set_xy(left + _PLOT + 2, y)
    pdf.cell(_SAID, 3, letters.shown(section.unit or UNITS.get(section.kind, "")))
    pdf.set_text_color(0)
    pdf.ln(4)


def _range(section: Section) -> tuple[float, float]:
    fixed = {"points": (1.0, 5.0), "share": (0.0, 1.0)}
    if section.kind in fixed:
        return fixed[section.kind]
    ends = [end for _, e in section.figures for end in (e.low, e.high, e.value) if not isnan(end)]
    return min([0.0, *ends]), max([0.1, *ends])


def _dot(
    pdf: FPDF, each: Estimate, at: int, left: float, middle: float, low: float, high: float
) -> None:
    def place(value: float) -> float:
        return left + _PLOT * min(1.0, max(0.0, (value - low) / (high - low)))

    pdf.set_draw_color(200)
    pdf.set_line_width(0.1)
    pdf.line(left, middle, left + _PLOT, middle)
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
