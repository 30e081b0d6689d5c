"""A map that may be shown to others: how many people were where, and nothing that few did.

No title, name or id is in it. The plane is cut into square cells on a lattice that does not move
with the data. A cell of an area is shown only with k or more people in it, and their number is
rounded down to a multiple of k, so that one person more or less seldom shows. What is shown of a
cell depends on nothing but the events in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Side of a cell; maps are scaled to [-1, 1], so a map is at most 26 cells wide.
CELL = 0.08


@dataclass(frozen=True)
class SharedAreas:
    """What of a map may be shown.

    Attributes:
        labels: shape ``(shown,)``, int64: the area that a shown cell belongs to.
        cells: shape ``(shown, 2)``, int64: its column and row on the lattice. A cell in which two
            areas meet is there once for each that has enough people in it.
        people: shape ``(shown,)``, int64: people of the area in the cell, rounded down to a
            multiple of k.
        cell: side of a cell.
        k: the threshold.
        suppressed: true when something was left out; how much would say too much.
    """

    labels: np.ndarray
    cells: np.ndarray
    people: np.ndarray
    cell: float
    k: int
    suppressed: bool


def shared_areas(
    points: np.ndarray,
    labels: np.ndarray,
    users: Sequence[str],
    k: int = 5,
    *,
    cell: float = CELL,
) -> SharedAreas:
    """The cells of a map that k or more people share.

    Args:
        points: shape ``(events, 2)``; rows that are not finite were not drawn and do not count.
        labels: shape ``(events,)``: the area of the map that an event belongs to, negative for
            none. Areas are kept apart: one of fewer than k people has no cell to show.
        users: one an event.
        k: people that must stand behind anything shown, at least 2.
        cell: side of a cell in the map's units.

    Raises:
        ValueError: lengths differ, or ``k`` or ``cell`` is out of range.
    """
    if not len(points) == len(labels) == len(users):
        raise ValueError("points, labels and users must be of one length")
    if k < 2:
        raise ValueError(f"k must be at least 2, not {k}")
    if not cell > 0:
        raise ValueError(f"cell must be above 0, not {cell}")
    kept = np.isfinite(points).all(axis=1) & (labels >= 0)
    _, who = np.unique(np.asarray(users, dtype=object), return_inverse=True)
    lattice = np.floor(points[kept] / cell).astype(np.int64)
    visits = np.unique(np.column_stack([labels[kept], lattice, who[kept]]), axis=0)
    places, people = np.unique(visits[:, :3], axis=0, return_counts=True)
    shown = people >= k
    return SharedAreas(
        labels=places[shown, 0],
        cells=places[shown, 1:],
        people=people[shown] // k * k,
        cell=cell,
        k=k,
        suppressed=not bool(shown.all()),
    )


def shared_map(points: np.ndarray, labels: np.ndarray, users: Sequence[str], k: int = 5) -> Any:
    """A figure of :func:`shared_areas`: cells coloured by how many people were there."""
    import plotly.graph_objects as go

    areas = shared_areas(points, labels, users, k)
    figure = go.Figure()
    if len(areas.cells):
        low = areas.cells.min(axis=0)
        width, height = (areas.cells.max(axis=0) - low + 1).tolist()
        grid: list[list[int | None]] = [[None] * width for _ in range(height)]
        for (column, row), people in zip((areas.cells - low).tolist(), areas.people, strict=True):
            grid[row][column] = max(int(people), grid[row][column] or 0)
        figure.add_trace(
            go.Heatmap(
                z=grid,
                colorscale="Viridis",
                zmin=k,
                hoverongaps=False,
                xgap=1,
                ygap=1,
                hovertemplate="%{z} people or more<extra></extra>",
                colorbar={"title": {"text": "People"}},
            )
        )
    axis = {"showticklabels": False, "showgrid": False, "zeroline": False, "title": None}
    figure.update_layout(
        height=460,
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        xaxis=axis,
        yaxis={**axis, "scaleanchor": "x"},
    )
    return figure
