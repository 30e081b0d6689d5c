"""A map that may be shown to others: how many people were where, and nothing that few did.

No title, name or id is in it. The plane is cut into square cells on a fixed lattice. A cell is
shown only with k or more people in it, and its number is rounded down to a multiple of k, so
that one person more or less seldom shows. Because the lattice does not move with the data, and
because suppressed events are dropped before anything is counted, what is shown depends on
nothing that is suppressed.
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
        cells: shape ``(shown, 2)``, int64: column and row on the lattice.
        people: shape ``(shown,)``, int64: people in each cell, rounded down to a multiple of k.
        cell: side of a cell.
        k: the threshold.
        suppressed: true when something was left out; how much would say too much.
    """

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
            none. An area of fewer than k people is dropped whole, whatever its cells hold.
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
    _, who = np.unique(np.asarray(users, dtype=object), return_inverse=True)
    drawn = np.isfinite(points).all(axis=1)
    kept = drawn & (labels >= 0)
    areas, number = _people(labels[kept].reshape(-1, 1), who[kept])
    kept &= np.isin(labels, areas[number >= k, 0])
    lattice = np.floor(points[kept] / cell).astype(np.int64)
    cells, people = _people(lattice, who[kept])
    shown = people >= k
    return SharedAreas(
        cells=cells[shown],
        people=people[shown] // k * k,
        cell=cell,
        k=k,
        suppressed=bool((drawn & (labels >= 0)).sum() > kept.sum() or not shown.all()),
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
            grid[row][column] = int(people)
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


def _people(keys: np.ndarray, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows of ``keys`` and how many different people each has."""
    pairs = np.unique(np.column_stack([keys, who]), axis=0)
    return np.unique(pairs[:, :-1], axis=0, return_counts=True)
