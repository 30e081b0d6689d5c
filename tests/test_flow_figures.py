"""The figures of the page Explore: what is drawn, and that titles are shown literally."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest

from journeys.discovery.changes import Changes, compare
from journeys.figures import UNASSIGNED, counts_figure, flow_figure, mark, survey_figure
from journeys.study.survey import Share
from tests.discovery.test_changes import journeys_of


def ribbons(figure: go.Figure) -> list[str]:
    return [trace.text for trace in figure.data]


def drawn(before: list[int], after: list[int], **settings: int) -> tuple[Changes, go.Figure]:
    old, new = journeys_of(before), journeys_of(after)
    changes = compare(old, new)
    names = [f"old {at}" for at in range(len(old.journeys))]
    others = [f"new {at}" for at in range(len(new.journeys))]
    return changes, flow_figure(names, others, changes, **settings)


def test_a_ribbon_for_each_flow_and_a_box_for_each_journey() -> None:
    changes, figure = drawn([0] * 6 + [1] * 4 + [-1] * 2, [0] * 3 + [1] * 7 + [-1, 1])
    assert len(figure.data) == len(changes.flows)
    assert "3 events<br>from 1. old 0<br>to 2. new 1" in ribbons(figure)
    assert "1 event<br>from In no journey<br>to In no journey" in ribbons(figure)
    assert len(figure.layout.shapes) == 3 + 3
    heights = {round(shape.y1 - shape.y0, 6) for shape in figure.layout.shapes[:3]}
    assert heights == {round(n * 420 / 12, 6) for n in (6, 4, 2)}


def test_what_continues_a_journey_has_its_colour() -> None:
    _, figure = drawn([0] * 6 + [1] * 6 + [-1], [1] * 6 + [0] * 6 + [-1])
    left, right = figure.layout.shapes[:3], figure.layout.shapes[3:]
    assert [shape.fillcolor for shape in left] == [mark(0).colour, mark(1).colour, UNASSIGNED]
    assert [shape.fillcolor for shape in right] == [mark(0).colour, mark(1).colour, UNASSIGNED]
    order = [note.text for note in figure.layout.annotations if "new" in note.text]
    assert order == ["2. new 1 · 6", "1. new 0 · 6"]


def test_ribbons_fill_their_boxes_and_do_not_overlap() -> None:
    rng = np.random.default_rng(0)
    changes, figure = drawn(rng.integers(-1, 5, 200).tolist(), rng.integers(-1, 7, 200).tolist())
    scale = 420 / changes.events
    ends = sorted((trace.y[0], trace.y[-1]) for trace in figure.data)
    assert all(low[1] <= high[0] + 1e-6 for low, high in pairwise(ends))
    assert sum(bottom - top for top, bottom in ends) == pytest.approx(changes.events * scale)


def test_more_journeys_than_fit_are_drawn_as_one() -> None:
    labels = [at // 2 for at in range(200)]
    changes, figure = drawn(labels, labels, most=20)
    assert len(figure.layout.shapes) == 2 * 20
    words = [note.text for note in figure.layout.annotations]
    assert words.count("81 smaller journeys · 162") == 2
    assert changes.events == 200


def test_nothing_at_all_is_still_a_figure() -> None:
    _, figure = drawn([], [])
    assert len(figure.data) == 0


def test_names_are_shown_literally() -> None:
    before, after = journeys_of([0]), journeys_of([0])
    figure = flow_figure(["<b>x</b> $a$"], ["<a href='y'>"], compare(before, after))
    text = str(figure.to_dict())
    assert "<a href" not in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "$a$" not in text


def test_counts_are_drawn_by_granularity_with_the_chosen_one() -> None:
    figure = counts_figure([0.0, 0.5, 1.0], [1, 4, 30], chosen=0.75)
    assert list(figure.data[0].y) == [1, 4, 30]
    assert figure.layout.shapes[0].x0 == 0.75
    assert max(figure.layout.yaxis.tickvals) <= 45


def test_the_survey_stands_beside_the_log() -> None:
    shares = [
        Share("a", 0.66, 0.5, 0.3, 0.7, None, 9),
        Share("b", 0.8, 0.4, 0.2, 0.6, 0.9, 9),
    ]
    figure = survey_figure(shares)
    dotted, here, there = figure.data
    assert list(dotted.x) == [0.4, 0.9]
    assert list(here.x) == [0.5, 0.4]
    assert here.error_x.array == pytest.approx((0.2, 0.2))
    assert here.error_x.arrayminus == pytest.approx((0.2, 0.2))
    assert list(there.x) == [0.66, 0.8]
    assert "at most 90%" in here.hovertext[1]
