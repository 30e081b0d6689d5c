"""A log's shares beside the published survey's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from journeys.figures.palette import GRID, OUTLINE, mark

if TYPE_CHECKING:
    from journeys.study.survey import Share

_ROW = 56


def survey_figure(shares: Sequence[Share], *, ink: str | None = None) -> Any:
    """A row a question: the log's share with its interval, and the survey's as a diamond.

    Where a log's end hides how long journeys last, a thin line goes on to the most it could be.

    Args:
        ink: colour of the words, for a page that is dark or light; None for Plotly's own.
    """
    import plotly.graph_objects as go

    here, there = mark(0), mark(5)
    rows = list(range(len(shares)))
    figure = go.Figure()
    for at, share in enumerate(shares):
        if share.at_most is not None:
            figure.add_trace(
                go.Scatter(
                    x=[share.value, share.at_most],
                    y=[at, at],
                    mode="lines",
                    line={"color": here.colour, "width": 2, "dash": "dot"},
                    hoverinfo="skip",
                    showlegend=False,
                )
            )
        figure.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=at - 0.2,
            yanchor="bottom",
            text=f"{share.asked} ({share.people:,} people)",
            showarrow=False,
            font={"size": 13, "color": ink},
        )
    figure.add_trace(
        go.Scatter(
            x=[share.value for share in shares],
            y=rows,
            mode="markers",
            name="This log",
            marker={
                "color": here.colour,
                "symbol": "circle",
                "size": 13,
                "line": {"width": 1, "color": OUTLINE},
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [share.high - share.value for share in shares],
                "arrayminus": [share.value - share.low for share in shares],
                "color": here.colour,
                "thickness": 3,
                "width": 0,
            },
            hovertext=[_words(share) for share in shares],
            hoverinfo="text",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[share.survey for share in shares],
            y=rows,
            mode="markers",
            name="Published survey",
            marker={
                "color": there.colour,
                "symbol": "diamond-open",
                "size": 15,
                "line": {"width": 3, "color": there.colour},
            },
            hovertext=[f"Survey: {share.survey:.0%}" for share in shares],
            hoverinfo="text",
        )
    )
    figure.update_layout(
        height=110 + _ROW * max(1, len(shares)),
        margin={"l": 0, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        hovermode="closest",
        legend={
            "orientation": "h",
            "x": 0,
            "y": -0.12,
            "yanchor": "top",
            "font": {"color": ink},
        },
        xaxis={
            "range": [-0.05, 1.05],
            "showgrid": True,
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "tickformat": ".0%",
            "fixedrange": True,
            "gridcolor": GRID,
            "zeroline": False,
            "tickfont": {"color": ink},
        },
        yaxis={
            "range": [max(len(shares), 1) - 0.6, -0.75],
            "visible": False,
            "fixedrange": True,
        },
    )
    return figure


def _words(share: Share) -> str:
    words = f"This log: {share.value:.0%} (95% interval {share.low:.0%} to {share.high:.0%})"
    return words if share.at_most is None else f"{words}<br>at most {share.at_most:.0%}"
