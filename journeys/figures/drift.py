"""How a person's embedding moves: months against months, and steps from month to month."""

from __future__ import annotations

from typing import Any

import numpy as np

from journeys.figures.palette import COLOURS, GRID, UNASSIGNED


def distance_figure(
    months: np.ndarray, events: np.ndarray, distance: np.ndarray, *, ink: str | None = None
) -> Any:
    """A heat map of the cosine distance between months.

    Args:
        months: shape ``(m,)``, ``datetime64[M]``, ascending.
        events: shape ``(m,)``: events behind each month's vector.
        distance: shape ``(m, m)``, from 0 to 2.
        ink: colour of the words, for a page that is dark or light; None for Plotly's own.
    """
    import plotly.graph_objects as go

    names = [_name(month) for month in months]
    said = [
        [
            f"{one} ({int(events[row]):,} events) and {other} ({int(events[column]):,} events)"
            f"<br>cosine distance {distance[row, column]:.2f}"
            for column, other in enumerate(names)
        ]
        for row, one in enumerate(names)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=distance.tolist(),
            x=names,
            y=names,
            text=said,
            hovertemplate="%{text}<extra></extra>",
            colorscale="Cividis",
            zmin=0,
            xgap=1,
            ygap=1,
            colorbar={
                "title": {"text": "Cosine<br>distance", "font": {"color": ink}},
                "tickfont": {"color": ink},
            },
        )
    )
    axis = {"type": "category", "tickfont": {"color": ink}, "automargin": True}
    figure.update_layout(
        height=max(260, 120 + 22 * len(names)),
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        dragmode=False,
        xaxis={**axis, "title": {"text": "Month (UTC)", "font": {"color": ink}}},
        yaxis={**axis, "autorange": "reversed"},
    )
    return figure


def steps_figure(
    months: np.ndarray, steps: np.ndarray, noise: np.ndarray, *, ink: str | None = None
) -> Any:
    """Distance of each month from the one before it, beside what chance alone would give.

    Args:
        months: shape ``(m,)``, ``datetime64[M]``, ascending.
        steps: shape ``(m - 1,)``: cosine distance from the month before.
        noise: shape ``(m,)``: distance between random halves of a month; the larger of the two
            months' is drawn, for a step below it may be no change at all.
        ink: colour of the words.
    """
    import plotly.graph_objects as go

    names = [_name(month) for month in months[1:]]
    chance = np.maximum(noise[1:], noise[:-1])
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=names,
            y=steps.tolist(),
            mode="lines+markers",
            name="from the month before",
            line={"color": COLOURS[0], "width": 2},
            marker={"color": COLOURS[0], "symbol": "circle", "size": 9},
            hovertemplate="%{x}: cosine distance %{y:.2f}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=names,
            y=chance.tolist(),
            mode="lines+markers",
            name="between random halves of a month",
            line={"color": UNASSIGNED, "width": 2, "dash": "dash"},
            marker={"color": UNASSIGNED, "symbol": "square-open", "size": 8},
            hovertemplate="%{x}: by chance %{y:.2f}<extra></extra>",
        )
    )
    words = {"color": ink}
    figure.update_layout(
        height=320,
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        dragmode=False,
        legend={"orientation": "h", "y": 1.12, "x": 0, "font": words},
        xaxis={
            "type": "category",
            "title": {"text": "Month (UTC)", "font": words},
            "tickfont": words,
            "automargin": True,
        },
        yaxis={
            "title": {"text": "Cosine distance (0 to 2)", "font": words},
            "rangemode": "tozero",
            "gridcolor": GRID,
            "tickfont": words,
            "automargin": True,
        },
    )
    return figure


def _name(month: np.datetime64) -> str:
    return f"{month.astype(object):%b %Y}"
