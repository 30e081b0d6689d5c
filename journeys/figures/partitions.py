"""A person's partitions on a time axis, with what changed at which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from journeys.figures.labels import day, label
from journeys.figures.palette import COLOURS, GRID, OUTLINE, UNASSIGNED
from journeys.memory.notes import Change
from journeys.memory.years import Years

#: Rows from above: kind of change, its word, its symbol and its colour.
_ROWS: Sequence[tuple[str, str, str, str]] = (
    ("new", "Begun", "triangle-up", COLOURS[2]),
    ("returned", "Returned", "diamond", COLOURS[3]),
    ("growing", "Growing", "circle", COLOURS[0]),
    ("fading", "Fading", "circle-open", COLOURS[1]),
    ("dropped", "Dropped", "triangle-down", COLOURS[5]),
)
_BAR_ROW = 0
_MOST_NAMES = 6


def partitions_figure(found: Years, *, ink: str | None = None) -> Any:
    """Bars from each partition's first event to its last, and a marker for its changes below.

    Bars of partitions that a model told of are filled; those with late events have stripes.

    Args:
        found: with one partition at least.
        ink: colour of the words, for a page that is dark or light; None for Plotly's own.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    records = [part.record for part in found.parts]
    figure.add_trace(
        go.Bar(
            orientation="h",
            base=[_date(record.first_at) for record in records],
            x=[max(record.last_at - record.first_at, 0) / 1000 for record in records],
            y=[_BAR_ROW] * len(records),
            width=0.7,
            marker={
                "color": [COLOURS[4] if part.told else UNASSIGNED for part in found.parts],
                "opacity": [1.0 if record.number % 2 else 0.65 for record in records],
                "line": {"width": 1, "color": OUTLINE},
                "pattern": {"shape": ["/" if record.n_late else "" for record in records]},
            },
            hovertext=[
                f"<b>Partition {r.number}</b><br>{day(r.first_at)} to {day(r.last_at)}<br>"
                f"{r.n_events:,} events" + (f", {r.n_late:,} late" if r.n_late else "")
                for r in records
            ],
            hoverinfo="text",
            showlegend=False,
        )
    )
    by_kind = _by_kind(found)
    for row, (kind, _word, symbol, colour) in enumerate(_ROWS, start=1):
        there = by_kind[kind]
        figure.add_trace(
            go.Scatter(
                x=[_date(records[at].first_at) for at in there],
                y=[row] * len(there),
                mode="markers",
                marker={
                    "symbol": symbol,
                    "size": 11,
                    "color": colour,
                    "line": {"width": 1, "color": OUTLINE if "open" not in symbol else colour},
                },
                hovertext=[
                    f"<b>Partition {records[at].number}</b>, from {day(records[at].first_at)}<br>"
                    + "<br>".join(_names(changes))
                    for at, changes in there.items()
                ],
                hoverinfo="text",
                showlegend=False,
            )
        )
    figure.update_layout(
        height=300,
        margin={"l": 0, "r": 8, "t": 8, "b": 48},
        hovermode="closest",
        dragmode=False,
        barmode="overlay",
        xaxis={
            "type": "date",
            "title": {"text": "Year", "font": {"color": ink}},
            "tickfont": {"color": ink},
            "nticks": 7,
            "gridcolor": GRID,
            "showgrid": True,
            "fixedrange": True,
        },
        yaxis={
            "tickvals": list(range(len(_ROWS) + 1)),
            "ticktext": ["Partitions", *(word for _, word, _, _ in _ROWS)],
            "tickfont": {"color": ink},
            "range": [len(_ROWS) + 0.6, -0.6],
            "gridcolor": GRID,
            "zeroline": False,
            "fixedrange": True,
            "automargin": True,
        },
    )
    return figure


def _by_kind(found: Years) -> Mapping[str, dict[int, list[Change]]]:
    """Kind -> position of the partition -> its changes of that kind."""
    kinds: dict[str, dict[int, list[Change]]] = {kind: {} for kind, *_ in _ROWS}
    for at, part in enumerate(found.parts):
        for change in part.shift.changes:
            kind = change.kind
            known = "returned" if found.returned(change, part.record.number) else kind
            kinds[known].setdefault(at, []).append(change)
    return kinds


def _names(changes: Sequence[Change]) -> list[str]:
    names = [label(change.name, 60) for change in changes[:_MOST_NAMES]]
    more = len(changes) - len(names)
    return [*names, f"and {more} more"] if more > 0 else names


def _date(microseconds: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(microseconds / 1e6, UTC):%Y-%m-%dT%H:%M:%S}"
