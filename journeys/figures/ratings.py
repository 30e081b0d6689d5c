"""Answers as small figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Of "too broad", "right" and "too specific", from the palette of Okabe and Ito.
_COLOURS = ("#56B4E9", "#009E73", "#E69F00")


def specificity_figure(counts: Mapping[str, int], *, ink: str | None = None) -> Any:
    """One bar an answer with its count.

    Args:
        counts: answer as people read it -> number, in the order of the scale.
        ink: colour of the words, for a page that is dark or light; None for Plotly's own.
    """
    import plotly.graph_objects as go

    labels, numbers = list(counts), list(counts.values())
    figure = go.Figure(
        go.Bar(
            x=numbers,
            y=labels,
            orientation="h",
            text=numbers,
            textposition="outside",
            cliponaxis=False,
            marker={"color": [_COLOURS[at % len(_COLOURS)] for at in range(len(labels))]},
            hoverinfo="skip",
            textfont={"color": ink},
        )
    )
    figure.update_layout(
        height=30 + 36 * len(labels),
        margin={"l": 0, "r": 32, "t": 4, "b": 4},
        dragmode=False,
        bargap=0.4,
        xaxis={"visible": False, "range": [0, max([*numbers, 1]) * 1.1], "fixedrange": True},
        yaxis={
            "autorange": "reversed",
            "fixedrange": True,
            "automargin": True,
            "tickfont": {"color": ink, "size": 13},
        },
    )
    return figure
