"""What a user prefers, and how that moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from journeys.figures.labels import label
from journeys.figures.palette import GRID, OUTLINE, UNASSIGNED, mark

_AXIS = "Log-odds of acceptance"
_ROW = 30

#: With more answers than these the line alone is drawn.
_DOTS = 60

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def preferences_figure(
    names: Sequence[str],
    moved: Sequence[float],
    certainty: Sequence[float],
    *,
    name_length: int = 40,
    ink: str | None = None,
) -> Any:
    """A point a preference: right of the line is accepted more often, left less often.

    Args:
        names: of preferences, the strongest first.
        moved: of the log-odds of acceptance.
        certainty: 0 to 1; the surer, the larger the point.
        ink: colour of the words, for a page that is dark or light; None for Plotly's own.
    """
    import plotly.graph_objects as go

    # Two long names may be cut to the same words, so that rows are numbers and names their ticks.
    rows = list(range(len(names)))
    figure = go.Figure()
    for row, (name, value, sure) in enumerate(zip(names, moved, certainty, strict=True)):
        look = mark(0 if value >= 0 else 1)
        figure.add_trace(
            go.Scatter(
                x=[0, value],
                y=[row, row],
                mode="lines+markers",
                line={"color": look.colour, "width": 3},
                marker={
                    "size": [0, 8 + 12 * sure],
                    "color": look.colour,
                    "symbol": "circle" if value >= 0 else "square",
                    "line": {"color": OUTLINE, "width": 1},
                },
                hovertemplate=f"{label(name, 80)}<br>{value:+.2f}, certainty {sure:.0%}"
                "<extra></extra>",
                showlegend=False,
            )
        )
    words = {"color": ink}
    figure.add_vline(x=0, line={"color": UNASSIGNED, "width": 1})
    figure.update_layout(
        height=90 + _ROW * len(names),
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        dragmode=False,
        xaxis={
            "title": {"text": f"{_AXIS}: left less often, right more often", "font": words},
            "gridcolor": GRID,
            "tickfont": words,
            "zeroline": False,
        },
        yaxis={
            "tickvals": rows,
            "ticktext": [label(name, name_length) for name in names],
            "range": [len(names) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
            "tickfont": words,
            "automargin": True,
        },
    )
    return figure


def moves_figure(
    names: Sequence[str],
    times: Sequence[datetime],
    moved: Sequence[Sequence[float | None]],
    *,
    name_length: int = 40,
    ink: str | None = None,
) -> Any:
    """A line a preference over what its user said.

    Args:
        names: of preferences, the strongest first.
        times: of what was said, ascending.
        moved: of each preference, at each time; None before it was known.
        ink: colour of the words.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for at, (name, values) in enumerate(zip(names, moved, strict=True)):
        look = mark(at)
        figure.add_trace(
            go.Scatter(
                x=list(times),
                y=list(values),
                mode="lines+markers" if len(times) <= _DOTS else "lines",
                name=label(name, name_length),
                # Without points, dashes tell the lines apart where colours do not.
                line={
                    "color": look.colour,
                    "width": 2,
                    "shape": "hv",
                    "dash": _DASHES[at % len(_DASHES)],
                },
                marker={"color": look.colour, "size": 6, "symbol": look.symbol},
                hovertemplate=f"%{{x|%-d %b %Y}}: %{{y:+.2f}}<br>{label(name, 80)}<extra></extra>",
            )
        )
    words = {"color": ink}
    figure.add_hline(y=0, line={"color": UNASSIGNED, "width": 1, "dash": "dot"})
    figure.update_layout(
        height=340 + 22 * len(names),
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        dragmode=False,
        legend={
            "orientation": "h",
            "y": -0.22,
            "yanchor": "top",
            "x": 0,
            "font": words,
            "entrywidth": 0.9,
            "entrywidthmode": "fraction",
        },
        xaxis={"title": {"text": "When it was said (UTC)", "font": words}, "tickfont": words},
        yaxis={
            "title": {"text": _AXIS, "font": words},
            "gridcolor": GRID,
            "tickfont": words,
            "automargin": True,
        },
    )
    return figure
