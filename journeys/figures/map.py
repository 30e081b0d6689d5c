"""The map of one person's events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from journeys.figures.labels import day, label
from journeys.figures.palette import OUTLINE, UNASSIGNED, mark

#: With more points than this they are drawn by the graphics card.
WEBGL_FROM = 2_000

#: Most points of a map. Of more events a sample is drawn: a browser has to hold every point's text.
MOST_POINTS = 50_000


def sampled(labels: np.ndarray, most: int = MOST_POINTS) -> np.ndarray:
    """Positions of the events that a map draws: all, or every so many of each journey.

    Of a journey with ``n`` of ``N`` events about ``most * n / N`` are taken, at least one, evenly
    over its time, so that small journeys and old events stay in the picture. Nothing is random.

    Args:
        labels: shape ``(events,)``, in order of time; -1 for unassigned.

    Returns:
        shape ``(drawn,)``, in order; at most ``most`` and one more a journey.
    """
    if len(labels) <= most:
        return np.arange(len(labels))
    taken = []
    for label_ in np.unique(labels):
        where = np.flatnonzero(labels == label_)
        number = max(1, len(where) * most // len(labels))
        taken.append(where[np.arange(number) * len(where) // number])
    return np.sort(np.concatenate(taken))


def map_figure(
    points: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    titles: Sequence[str],
    times: np.ndarray,
    *,
    name_length: int = 44,
    ink: str | None = None,
) -> Any:
    """Events as points, coloured by journey; the unassigned are small, grey and at the back.

    Of more than :data:`MOST_POINTS` events those of :func:`sampled` are drawn, and the page has to
    say so. A point's ``customdata`` is its position in the timeline, so that a click leads to its
    event.
    The figure shows titles: it is for the log's owner.

    Args:
        points: shape ``(events, 2)``; rows of NaN are not drawn.
        labels: shape ``(events,)``: index into ``names``, -1 for unassigned.
        names: one a journey.
        titles: one an event.
        times: shape ``(events,)``, microseconds since 1970-01-01 UTC.
        ink: colour of the legend, for a page that is dark or light; None for Plotly's own.

    Returns:
        a ``plotly.graph_objects.Figure``; its axes have no unit, so they have no ticks.
    """
    import plotly.graph_objects as go

    drawn = np.zeros(len(labels), dtype=bool)
    drawn[sampled(labels)] = True
    drawn &= np.isfinite(points).all(axis=1)
    many = int(drawn.sum()) > WEBGL_FROM
    scatter = go.Scattergl if many else go.Scatter
    figure = go.Figure()
    for at in (-1, *range(len(names))):
        where = np.flatnonzero(drawn & (labels == at))
        if not len(where):
            continue
        name = label(names[at], 200) if at >= 0 else "In no journey"
        look = (
            {"color": UNASSIGNED, "symbol": "circle", "size": 4 if many else 5}
            if at < 0
            else {
                "color": mark(at).colour,
                "symbol": mark(at).symbol,
                "size": 6 if many else 9,
                "line": {"width": 0.8, "color": OUTLINE},
            }
        )
        figure.add_trace(
            scatter(
                x=points[where, 0].tolist(),
                y=points[where, 1].tolist(),
                mode="markers",
                marker=look,
                name=f"{at + 1}. {label(names[at], name_length)}" if at >= 0 else name,
                customdata=where.tolist(),
                hovertext=[
                    f"<b>{label(titles[event])}</b><br>{day(int(times[event]))}<br>{name}"
                    for event in where.tolist()
                ],
                hoverinfo="text",
            )
        )
    axis = {
        "visible": True,
        "showticklabels": False,
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
        "title": None,
    }
    rows = len(figure.data)
    figure.update_layout(
        height=440 + 24 * rows,
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        hovermode="closest",
        dragmode=False,
        xaxis=axis,
        yaxis={**axis, "scaleanchor": "x"},
        legend={
            "orientation": "v",
            "x": 0,
            "xanchor": "left",
            "y": -0.02,
            "yanchor": "top",
            "itemsizing": "constant",
            "traceorder": "normal",
            "font": {"color": ink},
        },
    )
    return figure
