"""Number of journeys along the granularity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from journeys.figures.palette import GRID, mark


def counts_figure(
    steps: Sequence[float],
    counts: Sequence[int],
    *,
    chosen: float,
    ink: str | None = None,
) -> Any:
    """Number of journeys by granularity, on a scale of ratios, with the chosen one marked.

    Args:
        steps: granularities, 0 to 1, ascending.
        counts: journeys at each.
        chosen: one of ``steps`` or between two of them.
        ink: colour of the words, for a page that is dark or light; None for Plotly's own.
    """
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Scatter(
            x=list(steps),
            y=list(counts),
            mode="lines+markers",
            line={"color": mark(0).colour, "width": 2, "shape": "linear"},
            marker={"size": 6},
            hovertemplate="%{y:,} journeys<extra></extra>",
        )
    )
    figure.add_vline(x=chosen, line={"color": mark(5).colour, "width": 2, "dash": "dot"})
    ticks = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]
    top = max([*counts, 2])
    figure.update_layout(
        height=160,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        dragmode=False,
        showlegend=False,
        xaxis={
            "tickvals": [0, 0.5, 1],
            "ticktext": ["few, broad", "balanced", "many, narrow"],
            "range": [-0.1, 1.14],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "tickfont": {"color": ink},
        },
        yaxis={
            "type": "log",
            "tickvals": [tick for tick in ticks if tick <= top * 1.5],
            "rangemode": "tozero",
            "fixedrange": True,
            "gridcolor": GRID,
            "tickfont": {"color": ink},
            "automargin": True,
        },
    )
    return figure
