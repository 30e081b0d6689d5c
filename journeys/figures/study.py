"""A study's figures: values with their intervals, one row each, and the drop-out funnel."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from journeys.figures.labels import label
from journeys.figures.palette import GRID, OUTLINE, mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from journeys.study.analysis import Section
    from journeys.study.checking import Step
    from journeys.study.power import Power

_RANGES = {"points": [0.8, 5.2], "share": [-0.03, 1.03]}

#: Kind of a section -> what its axis counts.
UNITS = {
    "points": "Points, 1 (not at all) to 5 (extremely)",
    "share": "Share",
    "difference": "Difference, in points of the scale of 5",
    "alpha": "Alpha: 1 is full agreement, 0 is chance",
    "minutes": "Minutes",
    "seconds": "Seconds",
}


def section_figure(section: Section, *, ink: str | None = None) -> Any:
    """Dots with 95 % intervals, a row a figure; series side by side in colour and symbol.

    Args:
        ink: colour of the words, for a page that is dark or light; None for Plotly's own.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    names = list(dict.fromkeys(each.name for _, each in section.figures))
    place = {name: at for at, name in enumerate(names)}
    series = len(section.groups)
    for at, (group, estimates) in enumerate(section.groups.items()):
        kept = [each for each in estimates if not isnan(each.value)]
        look = mark(at)
        shift = (at - (series - 1) / 2) * min(0.22, 0.7 / max(series, 1))
        figure.add_trace(
            go.Scatter(
                x=[each.value for each in kept],
                y=[place[each.name] + shift for each in kept],
                mode="markers",
                name=label(group),
                showlegend=series > 1,
                marker={
                    "color": look.colour,
                    "symbol": ("circle", "square", "diamond", "triangle-up", "cross")[at % 5],
                    "size": 11,
                    "line": {"width": 1, "color": OUTLINE},
                },
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [0 if isnan(e.high) else e.high - e.value for e in kept],
                    "arrayminus": [0 if isnan(e.low) else e.value - e.low for e in kept],
                    "color": look.colour,
                    "thickness": 2.5,
                    "width": 0,
                },
                hovertext=[
                    f"{label(each.name)}<br>{number(each.value, section.kind)} "
                    f"{interval(each.low, each.high, section.kind)}<br>{each.n} participants"
                    for each in kept
                ],
                hoverinfo="text",
            )
        )
    if section.kind == "difference":
        figure.add_vline(x=0, line={"color": OUTLINE, "dash": "dot"})
    figure.update_layout(
        height=110 + max(1, len(names)) * (34 + 10 * (series - 1)),
        margin={"l": 0, "r": 12, "t": 8, "b": 8},
        dragmode=False,
        hovermode="closest",
        legend={"orientation": "h", "y": -0.15, "yanchor": "top", "font": {"color": ink}},
        xaxis={
            "title": {
                "text": section.unit or UNITS.get(section.kind, ""),
                "font": {"color": ink, "size": 12},
            },
            "rangemode": "tozero" if section.kind in ("minutes", "seconds") else None,
            "range": _RANGES.get(section.kind),
            "tickformat": ".0%" if section.kind == "share" else None,
            "fixedrange": True,
            "gridcolor": GRID,
            "zeroline": False,
            "tickfont": {"color": ink},
        },
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": [label(name) for name in names],
            "range": [len(names) - 0.5, -0.5],
            "fixedrange": True,
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
            "tickfont": {"color": ink, "size": 13},
        },
    )
    return figure


def funnel_figure(steps: Sequence[Step], *, ink: str | None = None) -> Any:
    """A bar a step, with how many came to it."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Bar(
            x=[step.people for step in steps],
            y=[step.name for step in steps],
            orientation="h",
            text=[f"{step.people} ({number(step.of_all, 'share')})" for step in steps],
            textposition="outside",
            cliponaxis=False,
            marker={"color": mark(0).colour},
            hoverinfo="skip",
            textfont={"color": ink},
        )
    )
    figure.update_layout(
        height=40 + 32 * len(steps),
        margin={"l": 0, "r": 80, "t": 4, "b": 4},
        dragmode=False,
        bargap=0.35,
        xaxis={"visible": False, "fixedrange": True},
        yaxis={
            "autorange": "reversed",
            "fixedrange": True,
            "automargin": True,
            "tickfont": {"color": ink, "size": 13},
        },
    )
    return figure


def number(value: float, kind: str) -> str:
    """A value as people read it: "62%" of a share, "+0.31" of a difference, "3.42"."""
    if isnan(value):
        return "not known"
    if kind == "share":
        return f"{value:.0%}"
    if kind in ("minutes", "seconds"):
        return f"{value:.1f} {'min' if kind == 'minutes' else 's'}"
    return f"{value:+.2f}" if kind == "difference" else f"{value:.2f}"


def interval(low: float, high: float, kind: str) -> str:
    """An interval such as "[3.10, 3.74]"; words where there is none."""
    if isnan(low) or isnan(high):
        return "too few for an interval"
    return f"[{number(low, kind)}, {number(high, kind)}]"


def power_figure(table: Sequence[Power], *, ink: str | None = None) -> Any:
    """Power by participants, a line for each number of journeys, with the usual 80%."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for at, journeys in enumerate(sorted({row.journeys for row in table})):
        rows = [row for row in table if row.journeys == journeys]
        look = mark(at)
        figure.add_trace(
            go.Scatter(
                x=[row.participants for row in rows],
                y=[row.power for row in rows],
                mode="lines+markers",
                name=f"{journeys} journeys each",
                line={"color": look.colour, "dash": ("solid", "dash", "dot")[at % 3]},
                marker={"symbol": ("circle", "square", "diamond")[at % 3], "size": 9},
                hovertemplate="%{x} participants: %{y:.0%}<extra></extra>",
            )
        )
    figure.add_hline(y=0.8, line={"color": OUTLINE, "dash": "dot"})
    figure.update_layout(
        height=320,
        margin={"l": 0, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        legend={"orientation": "h", "y": -0.2, "yanchor": "top", "font": {"color": ink}},
        xaxis={
            "title": {"text": "Participants", "font": {"color": ink}},
            "gridcolor": GRID,
            "fixedrange": True,
            "tickfont": {"color": ink},
        },
        yaxis={
            "title": {"text": "Power", "font": {"color": ink}},
            "range": [0, 1.03],
            "tickformat": ".0%",
            "gridcolor": GRID,
            "fixedrange": True,
            "tickfont": {"color": ink},
        },
    )
    return figure
