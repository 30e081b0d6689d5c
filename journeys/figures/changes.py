"""How one set of journeys became another: events that flow from the old to the new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.figures.labels import label
from journeys.figures.palette import UNASSIGNED, mark

if TYPE_CHECKING:
    from journeys.discovery.changes import Changes

#: Journeys drawn on a side; the smaller ones are drawn as one.
MOST_DRAWN = 20

#: Ribbons drawn, the widest; thinner ones could not be told from a hair.
MOST_RIBBONS = 150

#: Heights in pixels: of all events together, of the least place that a label needs, and between.
_EVENTS, _LABEL, _GAP = 420.0, 22.0, 5.0

#: Where the two columns stand on an axis from 0 to 1, and how wide they are.
_LEFT, _RIGHT, _WIDTH = 0.0, 1.0, 0.035

_NOWHERE, _REST = "In no journey", "{} smaller journeys"


@dataclass(frozen=True)
class _Node:
    """A box of a column: what it is called, how many events it has, and where it begins."""

    name: str
    events: int
    colour: str
    top: float


def flow_figure(
    before: Sequence[str],
    after: Sequence[str],
    changes: Changes,
    *,
    name_length: int = 34,
    most: int = MOST_DRAWN,
    ink: str | None = None,
) -> Any:
    """An alluvial diagram: journeys before on the left, after on the right, ribbons of events.

    The names stand outside the columns, so that no ribbon runs under a word. A journey on the
    right has the colour of the one on the left that most of its events come from.

    Args:
        before, after: names of the journeys.
        name_length: names are cut at so many characters; hovering shows them whole.
        most: journeys drawn on a side.
        ink: colour of the words, for a page that is dark or light; None for Plotly's own.

    Returns:
        a ``plotly.graph_objects.Figure``, for screens of 700 pixels or more.
    """
    import plotly.graph_objects as go

    left = _drawn(changes.before_sizes, most)
    right = _drawn(changes.after_sizes, most)
    flows: dict[tuple[int, int], int] = {}
    for flow in changes.flows:
        pair = left.get(flow.before, _rest(flow.before)), right.get(flow.after, _rest(flow.after))
        flows[pair] = flows.get(pair, 0) + flow.events
    scale = _EVENTS / max(1, changes.events)
    sources = _column(sorted({a for a, _ in flows}, key=_last), flows, 0, before, left, scale)
    colours = {at: node.colour for at, node in sources.items()}
    order = sorted({b for _, b in flows}, key=lambda b: _place(b, flows, sources))
    targets = _column(order, flows, 1, after, right, scale, colours)
    height = max(_bottom(sources, scale), _bottom(targets, scale))
    blank = {"visible": False, "fixedrange": True}
    headings = [
        _words("<b>Now</b>", _LEFT + _WIDTH, 0, "right", "bottom", ink),
        _words("<b>Preview</b>", _RIGHT - _WIDTH, 0, "left", "bottom", ink),
    ]
    # All parts at once: adding them one by one costs half a second.
    return go.Figure(
        data=_ribbons(flows, sources, targets, scale),
        layout={
            "height": height + 40,
            "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
            "dragmode": False,
            "showlegend": False,
            "hovermode": "closest",
            "xaxis": {**blank, "range": [-0.85, 1.85]},
            "yaxis": {**blank, "range": [height, 0]},
            "shapes": [
                *_boxes(sources, _LEFT, _LEFT + _WIDTH, scale),
                *_boxes(targets, _RIGHT - _WIDTH, _RIGHT, scale),
            ],
            "annotations": [
                *headings,
                *_names(sources, _LEFT - 0.015, "right", scale, name_length, ink),
                *_names(targets, _RIGHT + 0.015, "left", scale, name_length, ink),
            ],
        },
    )


def _rest(at: int) -> int:
    """Where a journey that is not drawn by itself goes: -1 stays no journey, others are -2."""
    return -1 if at < 0 else -2


def _last(at: int) -> tuple[bool, int]:
    """Journeys in their order, then the smaller ones together, then no journey."""
    return at < 0, at


def _drawn(sizes: Sequence[int], most: int) -> dict[int, int]:
    """The journeys drawn by themselves: all, or the largest but one place for the rest."""
    largest = sorted(range(len(sizes)), key=lambda at: (-sizes[at], at))
    kept = largest if len(sizes) <= most else largest[: most - 1]
    return {at: at for at in kept}


def _place(
    at: int, flows: Mapping[tuple[int, int], int], sources: Mapping[int, _Node]
) -> tuple[bool, float]:
    """Sort key of a box on the right: the mean height of what flows into it (few crossings)."""
    into = [(sources[a].top, events) for (a, b), events in flows.items() if b == at]
    mean = sum(top * events for top, events in into) / max(1, sum(n for _, n in into))
    return (at < 0, mean if at >= 0 else at)


def _column(
    order: Sequence[int],
    flows: Mapping[tuple[int, int], int],
    side: int,
    names: Sequence[str],
    drawn: Mapping[int, int],
    scale: float,
    colours: Mapping[int, str] | None = None,
) -> dict[int, _Node]:
    nodes: dict[int, _Node] = {}
    y = 0.0
    for at in order:
        parts = {pair[1 - side]: n for pair, n in flows.items() if pair[side] == at}
        events = sum(parts.values())
        if at >= 0:
            name = f"{at + 1}. {names[at]}"
            main = max(parts, key=lambda other: (parts[other], -other))
            colour = colours[main] if colours else mark(at).colour
        else:
            name = _NOWHERE if at == -1 else _REST.format(len(names) - len(drawn))
            colour = UNASSIGNED
        slot = max(events * scale, _LABEL)
        nodes[at] = _Node(name, events, colour, y + (slot - events * scale) / 2)
        y += slot + _GAP
    return nodes


def _bottom(nodes: Mapping[int, _Node], scale: float) -> float:
    ends = [node.top + max(node.events * scale, _LABEL) for node in nodes.values()]
    return max(ends, default=_LABEL)


def _ribbons(
    flows: Mapping[tuple[int, int], int],
    sources: Mapping[int, _Node],
    targets: Mapping[int, _Node],
    scale: float,
) -> list[dict[str, Any]]:
    shown = set(sorted(flows, key=lambda pair: -flows[pair])[:MOST_RIBBONS])
    out = {at: node.top for at, node in sources.items()}
    into = {at: node.top for at, node in targets.items()}
    left_order, right_order = list(sources), list(targets)
    starts = {}
    x, rise = _curve()
    traces: list[dict[str, Any]] = []
    for pair in sorted(flows, key=lambda p: (left_order.index(p[0]), right_order.index(p[1]))):
        starts[pair] = out[pair[0]]
        out[pair[0]] += flows[pair] * scale
    for pair in sorted(flows, key=lambda p: (right_order.index(p[1]), left_order.index(p[0]))):
        a, b = pair
        begin, end, height = starts[pair], into[b], flows[pair] * scale
        into[b] += height
        if pair not in shown:
            continue
        upper = [begin + (end - begin) * share for share in rise]
        words = "1 event" if flows[pair] == 1 else f"{flows[pair]:,} events"
        traces.append(
            {
                "type": "scatter",
                "x": [*x, *reversed(x)],
                "y": [*upper, *(y + height for y in reversed(upper))],
                "mode": "lines",
                "line": {"width": 0.5, "color": sources[a].colour},
                "fill": "toself",
                "fillcolor": sources[a].colour,
                "opacity": 0.45,
                "hoveron": "fills",
                "hoverinfo": "text",
                "text": f"{words}<br>from {label(sources[a].name)}<br>to {label(targets[b].name)}",
            }
        )
    return traces


def _curve(points: int = 17) -> tuple[list[float], list[float]]:
    """An S from column to column: x, and the share of the way from start to end height."""
    low, high = _LEFT + _WIDTH, _RIGHT - _WIDTH
    shares = [at / (points - 1) for at in range(points)]
    return [low + (high - low) * t for t in shares], [t * t * (3 - 2 * t) for t in shares]


def _boxes(
    nodes: Mapping[int, _Node], x0: float, x1: float, scale: float
) -> Iterator[dict[str, Any]]:
    for node in nodes.values():
        yield {
            "type": "rect",
            "x0": x0,
            "x1": x1,
            "y0": node.top,
            "y1": node.top + max(node.events * scale, 1.0),
            "fillcolor": node.colour,
            "line": {"width": 0},
        }


def _names(
    nodes: Mapping[int, _Node],
    x: float,
    anchor: str,
    scale: float,
    name_length: int,
    ink: str | None,
) -> Iterator[dict[str, Any]]:
    for node in nodes.values():
        words = f"{label(node.name, name_length)} · {node.events:,}"
        place = _words(words, x, node.top + node.events * scale / 2, anchor, "middle", ink)
        yield {**place, "hovertext": label(node.name, 200)}


def _words(
    text: str, x: float, y: float, xanchor: str, yanchor: str, ink: str | None
) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": y,
        "xanchor": xanchor,
        "yanchor": yanchor,
        "showarrow": False,
        "font": {"size": 13, "color": ink},
    }
