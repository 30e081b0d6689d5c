"""Score against tokens: what a longer prompt buys, and what an embedding gives for less."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import Any, Protocol

from journeys.figures.labels import label
from journeys.figures.palette import GRID, OUTLINE, mark


class Row(Protocol):
    """A line of the comparison; see :class:`journeys.userllm.outcomes.Row`."""

    @property
    def route(self) -> str: ...
    @property
    def history(self) -> int: ...
    @property
    def task(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def tokens(self) -> float: ...
    @property
    def seconds(self) -> float: ...


#: Tokens that differ by less are drawn side by side, each so many times the one before.
_SAME, _APART = 1.2, 1.09

_TITLES = {
    "next_item": "Next item (MRR)",
    "favourite_category": "Favourite category (accuracy)",
    "journeys": "Journeys (average precision)",
}


def tokens_figure(rows: Sequence[Row], *, ink: str | None = None) -> Any:
    """A panel a task: score with its interval by tokens into the language model, a line a route.

    Points of a line are histories, said above them. Those of a route whose tokens do not grow with
    the history stand side by side about their true place, so that they can be told apart. Routes
    without a language model read no token; they are dotted lines across, at the longest history
    they have.

    Args:
        ink: colour of the words, for a page that is dark or light; None for Plotly's own.
    """
    from plotly.subplots import make_subplots

    tasks = list(dict.fromkeys(row.task for row in rows))
    titles = [_TITLES.get(task, label(task)) for task in tasks]
    figure = make_subplots(
        rows=max(1, len(tasks)),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.12,
        subplot_titles=titles,
    )
    routes = list(dict.fromkeys(row.route for row in rows if row.tokens))
    for at, route in enumerate(routes):
        for panel, task in enumerate(tasks, start=1):
            own = sorted(
                (row for row in rows if row.route == route and row.task == task),
                key=lambda row: row.history or 10**9,
            )
            if own:
                figure.add_trace(_line(own, at, shown=_first(rows, route, task)), panel, 1)
    for panel, task in enumerate(tasks, start=1):
        own = [row for row in rows if row.task == task]
        _add_across(figure, [row for row in own if not row.tokens], panel)
        lows, highs = [row.low for row in own], [row.high for row in own]
        figure.update_yaxes(range=[max(0.0, min(lows) - 0.04), max(highs) + 0.06], row=panel, col=1)
    tokens = [row.tokens for row in rows if row.tokens] or [1.0]
    figure.update_xaxes(
        type="log",
        # Room on the right, where the dotted lines have their words.
        range=[log10(min(tokens) * 0.6), log10(max(tokens) * 6)],
        tickvals=[10, 30, 100, 300, 1000, 3000, 10_000],
        gridcolor=GRID,
        fixedrange=True,
    )
    figure.update_xaxes(title_text="tokens into the language model", row=max(1, len(tasks)), col=1)
    figure.update_yaxes(gridcolor=GRID, fixedrange=True)
    figure.update_layout(
        height=120 + 300 * max(1, len(tasks)),
        margin={"l": 0, "r": 8, "t": 32, "b": 8},
        dragmode=False,
        font={"color": ink},
        legend={"orientation": "h", "x": 0, "y": -0.12, "yanchor": "top"},
    )
    return figure


def _first(rows: Sequence[Row], route: str, task: str) -> bool:
    """Whether this is the task under which the route stands in the legend."""
    return next(row.task for row in rows if row.route == route) == task


def _line(own: Sequence[Row], at: int, *, shown: bool) -> Any:
    import plotly.graph_objects as go

    look = mark(at)
    return go.Scatter(
        x=_places([row.tokens for row in own]),
        y=[row.score for row in own],
        mode="lines+markers+text",
        text=[str(row.history or "all") for row in own],
        textposition="top center",
        textfont={"size": 11},
        name=label(own[0].route),
        legendgroup=own[0].route,
        showlegend=shown,
        line={"color": look.colour, "width": 2},
        marker={
            "color": look.colour,
            # Colour is never the only sign.
            "symbol": ("circle", "square", "diamond", "triangle-up", "cross", "star")[at % 6],
            "size": 11,
            "line": {"width": 1, "color": OUTLINE},
        },
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [row.high - row.score for row in own],
            "arrayminus": [row.score - row.low for row in own],
            "color": look.colour,
            "thickness": 1,
        },
        hovertext=[
            f"{label(row.route)}, {row.history or 'all'} events: {row.score:.3f} "
            f"({row.low:.3f} to {row.high:.3f}), {row.tokens:.0f} tokens, {row.seconds:.2f} s"
            for row in own
        ],
        hoverinfo="text",
    )


def _places(tokens: Sequence[float]) -> list[float]:
    """Tokens as they are, unless all are about the same: then a little apart, by their order."""
    if max(tokens) > _SAME * min(tokens):
        return list(tokens)
    middle = (len(tokens) - 1) / 2
    return [each * _APART ** (at - middle) for at, each in enumerate(tokens)]


def _add_across(figure: Any, own: Sequence[Row], panel: int) -> None:
    longest = {row.route: row for row in sorted(own, key=lambda row: row.history or 10**9)}
    for row in longest.values():
        figure.add_hline(
            y=row.score,
            line={"dash": "dot", "width": 1, "color": OUTLINE},
            annotation_text=label(row.route),
            annotation_position="top right",
            annotation_font_size=11,
            row=panel,
            col=1,
        )
