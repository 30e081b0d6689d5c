"""The timeline: journeys as bars over months."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from journeys.figures.activity import monthly_counts, stretches
from journeys.figures.labels import label
from journeys.figures.palette import GRID, OUTLINE, mark

ROW_HEIGHT, MARGINS = 58, 76


def timeline_figure(
    names: Sequence[str],
    times: Sequence[np.ndarray],
    *,
    label_length: int = 60,
    ink: str | None = None,
) -> Any:
    """A Gantt-like figure: a row a journey, a bar an active stretch, a marker an active month.

    The fuller a month's marker, the more events the month has, against the journey's own fullest
    month. A row's name stands above its bar, so that long names need no margin on a phone.

    Args:
        names: one a journey, in the order of rows from above.
        times: for each journey the times of its events, microseconds since 1970-01-01 UTC.
        ink: colour of the names, for a page that is dark or light; None for Plotly's own.
        label_length: names are cut at so many characters; the hover shows them whole.

    Returns:
        a ``plotly.graph_objects.Figure``; its axis is in calendar months, UTC.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for at, (name, moments) in enumerate(zip(names, times, strict=True)):
        look = mark(at)
        months, counts = monthly_counts(moments)
        full = label(name, 200)
        for stretch in stretches(months, counts):
            figure.add_trace(
                go.Scatter(
                    x=[_start(stretch.first), _start(stretch.last + 1)],
                    y=[at, at],
                    mode="lines",
                    line={"color": look.colour, "width": 10},
                    opacity=0.35,
                    hoverinfo="skip",
                    showlegend=False,
                )
            )
        figure.add_trace(
            go.Scatter(
                x=[_middle(month) for month in months],
                y=[at] * len(months),
                mode="markers",
                marker={
                    "color": look.colour,
                    "symbol": look.symbol,
                    "size": 13,
                    "opacity": (0.25 + 0.75 * counts / counts.max()).tolist(),
                    "line": {"width": 1, "color": OUTLINE},
                },
                hovertext=[
                    f"<b>{full}</b><br>{month.astype(object):%B %Y}: {_events(int(count))}"
                    for month, count in zip(months, counts, strict=True)
                ],
                hoverinfo="text",
                name=label(name, label_length),
                showlegend=False,
            )
        )
        figure.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=at - 0.16,
            yanchor="bottom",
            text=f"{at + 1}. {label(name, label_length)}",
            showarrow=False,
            align="left",
            font={"size": 13, "color": ink},
        )
    rows = len(names)
    figure.update_layout(
        height=MARGINS + ROW_HEIGHT * max(rows, 1),
        margin={"l": 0, "r": 8, "t": 8, "b": 40},
        hovermode="closest",
        dragmode=False,
        xaxis={
            "title": {"text": "Month"},
            "tickformat": "%b\n%Y",
            "nticks": 9,
            "showgrid": True,
            "gridcolor": GRID,
            "zeroline": False,
        },
        yaxis={
            "range": [max(rows, 1) - 0.5, -0.85],
            "visible": False,
            "fixedrange": True,
        },
    )
    return figure


def _start(month: np.datetime64) -> str:
    return f"{month}-01"


def _middle(month: np.datetime64) -> str:
    return f"{month}-15"


def _events(number: int) -> str:
    return "1 event" if number == 1 else f"{number:,} events"
