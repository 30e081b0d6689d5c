"""A stream graph: the shares of a person's interests over time, one band above the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from journeys.figures.labels import label
from journeys.figures.palette import COLOURS, GRID, UNASSIGNED
from journeys.memory.history import Life
from journeys.memory.records import PartitionRecord

#: Bands of their own: more cannot be told apart by colour. The rest is one band.
MOST_BANDS = len(COLOURS)
#: Points along time; with more partitions, neighbours are taken together.
MOST_POINTS = 24
OTHERS = "Other interests"

_PLOT, _LEGEND_ROW, _AXIS = 300, 22, 64


@dataclass(frozen=True)
class Band:
    """An interest's share in each period, 0 to 1."""

    name: str
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Streams:
    """Shares of interests by period.

    Attributes:
        spans: start and end of each period, microseconds since 1970-01-01 UTC.
        bands: the greatest first; the last is :data:`OTHERS` where there are more interests.
            What they lack to 1 in a period is events of no journey.
    """

    spans: tuple[tuple[int, int], ...]
    bands: tuple[Band, ...]


def streams(
    records: Sequence[PartitionRecord],
    lives: Sequence[Life],
    *,
    most_points: int = MOST_POINTS,
    most_bands: int = MOST_BANDS,
) -> Streams:
    """The shares of interests over partitions, each weighed by its events.

    Args:
        records: partitions in order; as many neighbours as it takes become one period.
    """
    width = -(-len(records) // most_points) if records else 1
    periods = [records[at : at + width] for at in range(0, len(records), width)]
    events = [sum(record.n_events for record in period) for period in periods]

    def counts(life: Life) -> list[float]:
        return [
            sum(
                life.seen[record.number].share * record.n_events
                for record in period
                if record.number in life.seen
            )
            for period in periods
        ]

    found = sorted(((sum(c := counts(life)), life, c) for life in lives), key=lambda x: -x[0])
    bands = [
        Band(life.name, tuple(c / n for c, n in zip(each, events, strict=True)))
        for _, life, each in found[:most_bands]
    ]
    rest = [each for _, _, each in found[most_bands:]]
    if rest:
        summed = [sum(column) for column in zip(*rest, strict=True)]
        bands.append(Band(OTHERS, tuple(c / n for c, n in zip(summed, events, strict=True))))
    spans = tuple((period[0].first_at, max(r.last_at for r in period)) for period in periods)
    return Streams(spans, tuple(bands))


def stream_figure(found: Streams, *, label_length: int = 40, ink: str | None = None) -> Any:
    """The stream graph; its legend stands below, a row an interest, so that a phone can show it.

    Args:
        found: of two periods at least.
        label_length: names are cut at so many characters; the hover has them whole.
        ink: colour of the words, for a page that is dark or light; None for Plotly's own.

    Returns:
        a ``plotly.graph_objects.Figure``; time in UTC, shares of a period's events in percent.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    middles = [_date((start + end) // 2) for start, end in found.spans]
    for at, band in enumerate(found.bands):
        rest = at == MOST_BANDS
        colour = UNASSIGNED if rest else COLOURS[at]
        figure.add_trace(
            go.Scatter(
                x=middles,
                y=list(band.shares),
                name=label(band.name, label_length),
                stackgroup="interests",
                mode="lines",
                line={"width": 1, "color": "white", "shape": "spline", "smoothing": 0.5},
                fillcolor=colour,
                # A pattern hides the fill unless its ground is the fill's colour.
                fillpattern={
                    "shape": "/" if rest else "",
                    "bgcolor": colour,
                    "fgcolor": "white",
                    "size": 6,
                },
                hovertemplate=f"%{{y:.0%}} {label(band.name, 80)}<extra></extra>",
            )
        )
    rows = len(found.bands)
    below = _LEGEND_ROW * rows + 12
    figure.update_layout(
        height=_PLOT + _AXIS + below,
        margin={"l": 0, "r": 8, "t": 8, "b": _AXIS + below},
        hovermode="closest",
        dragmode=False,
        legend={
            "orientation": "v",
            "traceorder": "normal",
            "x": 0,
            "xanchor": "left",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "font": {"size": 13, "color": ink},
            "itemclick": "toggle",
        },
        xaxis={
            "title": {"text": "Year", "font": {"color": ink}},
            "tickfont": {"color": ink},
            "nticks": 7,
            "gridcolor": GRID,
            "fixedrange": True,
        },
        yaxis={
            "title": {"text": "Share of events", "font": {"color": ink}},
            "tickfont": {"color": ink},
            "tickformat": ".0%",
            "range": [0, 1],
            "gridcolor": GRID,
            "fixedrange": True,
            "automargin": True,
        },
    )
    return figure


def _date(microseconds: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(microseconds / 1e6, UTC):%Y-%m-%dT%H:%M:%S}"
