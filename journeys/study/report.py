"""The results of a study as one HTML page that needs nothing else, with methods and queries.

Everything a person wrote is escaped by the template. The figures are Plotly's, whose code stands
once in the page, so it opens without a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from math import isnan
from typing import Any

from journeys.figures.study import funnel_figure, interval, number, section_figure
from journeys.study.analysis import Results, Section
from journeys.study.estimates import Estimate

METHODS = (
    "The participant is the unit. Each participant's own mean or share is taken first, then the "
    "mean over participants, each counting the same. Foils and repeated trials count only where "
    "the table says so; an answer that is missing is left out and never filled in.",
    "Identification is answered on five points. Names that describe a participant very or "
    "extremely closely (4 or 5) count as names they identify with. Specificity is too broad, right "
    "or too specific.",
    "Preferred levels: a Bayesian ordinal probit of the specificity answers, with identification, "
    "a share of answers that have nothing to do with the level, and a normal prior fitted to the "
    "group (Kontsevich & Tyler 1999; Watson 2017; Prins 2013). In the adaptive arm the next level "
    "is the one whose answer is expected to tell most about the preferred level.",
    "Conditions are compared within participants where most saw both, else between them by Welch's "
    "test; with more than two conditions p-values are Holm's. The mixed model has random "
    "intercepts of participants, and of journeys within them where journeys were rated more than "
    "once; its tests are cluster-robust (CR2) with Satterthwaite's degrees of freedom. Both are "
    "shown; the design should say beforehand which one decides.",
    "Journeys that participants put in words before they saw any are matched to those found in two "
    "ways, by the participants themselves and by closeness of meaning to the names shown; both "
    "stand side by side with how often they say the same.",
    "How often the intervals hold the truth was measured on simulated studies "
    "(benchmarks/study_coverage.py; docs/results-study.md).",
)


@dataclass(frozen=True)
class Row:
    """A line of a table; ``query`` is its number in the list of queries, from 1."""

    name: str
    value: str
    interval: str
    n: str
    answers: str
    p: str
    query: int


@dataclass(frozen=True)
class Part:
    """A section with its lines and its figure as HTML."""

    section: Section
    rows: list[Row]
    figure: str = ""


def report_rows(results: Results) -> tuple[list[Part], list[tuple[str, str]]]:
    """The tables of a report, and its queries with their assumptions, each once, in order."""
    queries: dict[tuple[str, str], int] = {}
    parts = []
    for section in results.sections:
        rows = []
        for group, each in section.figures:
            key = (each.query, each.assumes)
            rows.append(_row(section, group, each, queries.setdefault(key, len(queries) + 1)))
        parts.append(Part(section, rows))
    return parts, list(queries)


def assumptions(queries: list[tuple[str, str]]) -> list[str]:
    """What the queries' figures assume, each once, in order."""
    return list(dict.fromkeys(assumes for _, assumes in queries))


FUNNEL_HEAD = ("Step", "People", "Of the invited", "Of the step before")


def funnel_rows(results: Results) -> list[tuple[str, str, str, str]]:
    """The drop-out funnel, in the columns of :data:`FUNNEL_HEAD`."""
    return [
        (step.name, f"{step.people:,}", number(step.of_all, "share"),
         number(step.of_before, "share"))
        for step in results.steps
    ]  # fmt: skip


def _row(section: Section, group: str, each: Estimate, query: int) -> Row:
    return Row(
        name=f"{group}: {each.name}" if group else each.name,
        value=number(each.value, section.kind),
        # What others published has no number of participants here, and no interval.
        interval=interval(each.low, each.high, section.kind) if each.n else "",
        n=f"{each.n:,}",
        answers=f"{each.answers:,}",
        p="" if isnan(each.p) else ("< .001" if each.p < 0.001 else f"{each.p:.3f}"),
        query=query,
    )


def report_html(
    results: Results,
    *,
    title: str = "Study results",
    design_hash: str = "",
    made: datetime | None = None,
) -> bytes:
    """The report as one self-contained HTML page in UTF-8."""
    from jinja2 import Environment
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    parts, queries = report_rows(results)
    drawn = [
        Part(part.section, part.rows, Markup(_html(section_figure(part.section))))  # noqa: S704 - drawn by Plotly
        if part.rows
        else part
        for part in parts
    ]
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(
        files("journeys.study").joinpath("report.html").read_text(encoding="utf-8")
    )
    page = template.render(
        title=title,
        results=results,
        parts=drawn,
        funnel=Markup(_html(funnel_figure(results.steps))) if results.steps else "",  # noqa: S704
        methods=METHODS,
        queries=queries,
        assumptions=assumptions(queries),
        funnel_head=FUNNEL_HEAD,
        funnel_rows=funnel_rows(results),
        design_hash=design_hash,
        made=stamp(made),
        script=Markup(f"<script>{get_plotlyjs()}</script>"),  # noqa: S704 - Plotly's own file
    )
    return page.encode("utf-8", "replace")


def stamp(made: datetime | None) -> str:
    """When a report was made, in UTC."""
    return f"{made or datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def _html(figure: Any) -> str:
    from plotly.io import to_html

    figure.update_layout(template="plotly_white")
    return str(
        to_html(figure, include_plotlyjs=False, full_html=False, config={"displayModeBar": False})
    )
