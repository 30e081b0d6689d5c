"""Figures say what the data says, and take no text for markup."""

from __future__ import annotations

import html
import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from journeys.figures import (
    MOST_POINTS,
    map_figure,
    mark,
    monthly_counts,
    sampled,
    shared_areas,
    shared_map,
    specificity_figure,
    stretches,
    timeline_figure,
)
from journeys.figures.labels import day, label

HOSTILE = (
    '<b onmouseover="x()">hi</b> <a href="javascript:alert(1)">l</a> &lt; $x^2$ \u202e\x00\n z'
)


def micros(*dates: str) -> np.ndarray:
    return np.array(dates, dtype="datetime64[us]").astype(np.int64)


@given(st.text(max_size=300), st.integers(2, 120))
def test_labels_hold_no_markup_and_stay_short(text: str, most: int) -> None:
    shown = label(text, most)
    assert "<" not in shown
    assert ">" not in shown
    read = html.unescape(shown).replace("\u200b", "")
    assert len(read) <= most
    assert read == " ".join(read.split())


def test_a_label_is_the_text_itself_where_nothing_is_special() -> None:
    assert label("Rust & tokio: 3 < 4") == "Rust &amp; tokio: 3 &lt; 4"
    assert label("한국어 문법") == "한국어 문법"
    assert label("abcdefgh", 5) == "abcd…"


def test_dates_are_utc() -> None:
    assert day(int(micros("2024-03-07T23:59:59")[0])) == "7 Mar 2024"


def test_months_and_stretches_by_hand() -> None:
    times = micros("2024-01-31T23:59", "2024-01-01", "2024-03-10", "2024-06-01", "2024-07-30")
    months, counts = monthly_counts(times)
    assert months.astype(str).tolist() == ["2024-01", "2024-03", "2024-06", "2024-07"]
    assert counts.tolist() == [2, 1, 1, 1]
    found = [(str(s.first), str(s.last), s.events) for s in stretches(months, counts)]
    assert found == [("2024-01", "2024-03", 3), ("2024-06", "2024-07", 2)]
    assert len(stretches(months, counts, bridged=0)) == 3
    assert stretches(*monthly_counts(micros())) == ()


@given(
    hnp.arrays(np.int64, st.integers(1, 60), elements=st.integers(0, 2 * 10**15)),
    st.integers(0, 4),
)
def test_stretches_part_the_events(times: np.ndarray, bridged: int) -> None:
    months, counts = monthly_counts(times)
    found = stretches(months, counts, bridged)
    assert sum(s.events for s in found) == len(times)
    for earlier, later in pairwise(found):
        assert (later.first - earlier.last).astype(int) > bridged + 1
    assert {found[0].first, found[-1].last} == {months[0], months[-1]}


def test_the_first_looks_all_differ() -> None:
    assert len({mark(at) for at in range(56)}) == 56
    assert len({mark(at).symbol for at in range(7)}) == 1
    with pytest.raises(ValueError, match="position"):
        mark(-1)


def test_the_timeline_has_a_row_a_journey_and_a_marker_a_month() -> None:
    times = [micros("2024-01-05", "2024-01-06", "2024-02-01"), micros("2023-05-01", "2023-12-01")]
    figure = timeline_figure(["learning chords", HOSTILE], times)
    markers = [trace for trace in figure.data if trace.mode == "markers"]
    bars = [trace for trace in figure.data if trace.mode == "lines"]
    assert [len(trace.x) for trace in markers] == [2, 2]
    assert [set(trace.y) for trace in bars] == [{0}, {1}, {1}]
    assert list(bars[0].x) == ["2024-01-01", "2024-03-01"]
    assert markers[0].marker.opacity[0] > markers[0].marker.opacity[1]
    assert "January 2024: 2 events" in markers[0].hovertext[0]
    assert figure.layout.annotations[0].text == "1. learning chords"
    assert "<a" not in figure.layout.annotations[1].text + markers[1].hovertext[0]
    assert figure.layout.xaxis.title.text == "Month"


def test_a_timeline_without_journeys_is_a_figure() -> None:
    assert len(timeline_figure([], []).data) == 0


def test_the_map_draws_every_event_once_and_knows_which() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(40, 2)).astype(np.float32)
    points[7] = np.nan
    labels = rng.integers(-1, 3, size=40)
    titles = [f"{HOSTILE} {at}" for at in range(40)]
    figure = map_figure(points, labels, ["a", "<i>b</i>", "c"], titles, np.arange(40) * 10**12)
    drawn = [event for trace in figure.data for event in trace.customdata]
    assert sorted(drawn) == [at for at in range(40) if at != 7]
    for trace in figure.data:
        at = -1 if trace.name == "In no journey" else int(trace.name.split(".")[0]) - 1
        assert {int(labels[event]) for event in trace.customdata} == {at}
        for event, x, hover in zip(trace.customdata, trace.x, trace.hovertext, strict=True):
            assert x == pytest.approx(float(points[event, 0]))
            assert hover.count("<b>") == 1
            assert "<a" not in hover
    assert not any("<i>" in trace.name for trace in figure.data)
    assert figure.layout.xaxis.showticklabels is False


@pytest.mark.parametrize(("events", "kind"), [(2_000, "scatter"), (2_001, "scattergl")])
def test_many_points_are_left_to_the_graphics_card(events: int, kind: str) -> None:
    points = np.zeros((events, 2), dtype=np.float32)
    figure = map_figure(
        points, np.zeros(events, np.int64), ["a"], [""] * events, np.zeros(events, np.int64)
    )
    assert {trace.type for trace in figure.data} == {kind}


@st.composite
def crowds(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, list[str]]:
    size = draw(st.integers(0, 120))
    coordinates = st.floats(-0.25, 0.25, width=32) | st.just(float("nan"))
    points = draw(hnp.arrays(np.float32, (size, 2), elements=coordinates))
    labels = draw(hnp.arrays(np.int64, size, elements=st.integers(-1, 2)))
    users = draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))
    return points, labels, [f"secret-person-{user}" for user in users]


@given(crowds(), st.integers(2, 6))
def test_what_is_shown_has_k_people_behind_it(
    crowd: tuple[np.ndarray, np.ndarray, list[str]], k: int
) -> None:
    points, labels, users = crowd
    areas = shared_areas(points, labels, users, k, cell=0.2)
    for area, place, people in zip(areas.labels, areas.cells, areas.people, strict=True):
        there = {
            user
            for point, at, user in zip(points, labels, users, strict=True)
            if at == area and (np.floor(point / np.float32(0.2)) == place).all()
        }
        assert k <= people <= len(there) < people + k
        assert people % k == 0
    shown = set(areas.labels.tolist())
    for area in shown:
        assert len({u for u, at in zip(users, labels, strict=True) if at == area}) >= k


@given(crowds(), st.randoms(use_true_random=False))
def test_what_is_hidden_changes_nothing_that_is_shown(
    crowd: tuple[np.ndarray, np.ndarray, list[str]], random: object
) -> None:
    points, labels, users = crowd
    areas = shared_areas(points, labels, users, 3, cell=0.2)
    seen = {(int(a), *map(int, c)) for a, c in zip(areas.labels, areas.cells, strict=True)}
    with np.errstate(invalid="ignore"):
        lattice = np.floor(points / np.float32(0.2))
    visible = [
        at
        for at in range(len(users))
        if np.isfinite(points[at]).all() and (int(labels[at]), *map(int, lattice[at])) in seen
    ]
    random.shuffle(visible)  # type: ignore[attr-defined]
    again = shared_areas(
        points[visible], labels[visible], [users[at] for at in visible], 3, cell=0.2
    )
    assert again.cells.tolist() == areas.cells.tolist()
    assert again.people.tolist() == areas.people.tolist()
    assert not again.suppressed


@given(crowds())
def test_a_shared_map_names_nobody(crowd: tuple[np.ndarray, np.ndarray, list[str]]) -> None:
    figure = shared_map(*crowd, k=2)
    assert "secret-person" not in figure.to_json()
    numbers = [n for trace in figure.data for row in trace.z for n in row if n is not None]
    assert all(number >= 2 for number in numbers)


def test_one_busy_person_is_not_a_crowd() -> None:
    points = np.zeros((100, 2))
    areas = shared_areas(points, np.zeros(100, np.int64), ["one"] * 96 + list("abcd"), k=5)
    assert areas.people.tolist() == [5]
    few = shared_areas(points[:99], np.zeros(99, np.int64), ["one"] * 96 + list("abc"), k=5)
    assert few.people.tolist() == []
    assert few.suppressed


def test_impossible_thresholds_are_refused() -> None:
    points, labels = np.zeros((2, 2)), np.zeros(2, np.int64)
    with pytest.raises(ValueError, match="k must be"):
        shared_areas(points, labels, ["a", "b"], k=1)
    with pytest.raises(ValueError, match="cell must be"):
        shared_areas(points, labels, ["a", "b"], cell=0)
    with pytest.raises(ValueError, match="one length"):
        shared_areas(points, labels, ["a"])


def test_the_bars_of_answers_are_their_counts() -> None:
    figure = specificity_figure({"Too broad": 2, "Right": 0, "Too specific": 1})
    drawn = json.loads(figure.to_json())["data"][0]
    assert drawn["y"] == ["Too broad", "Right", "Too specific"]
    assert list(figure.data[0].x) == [2, 0, 1]


def test_a_large_map_is_drawn_from_a_sample_that_keeps_small_journeys() -> None:
    labels = np.repeat([-1, 0, 1, 2], [20_000, 39_000, 990, 10])
    taken = sampled(labels)
    assert len(taken) <= MOST_POINTS + 4
    assert (np.diff(taken) > 0).all()
    counts = dict(zip(*np.unique(labels[taken], return_counts=True), strict=True))
    assert counts == {-1: 16_666, 0: 32_500, 1: 825, 2: 8}
    assert np.array_equal(sampled(labels[:50_000]), np.arange(50_000))
    alone = np.repeat([0, 1], [60_000, 1])
    assert alone[sampled(alone)][-1] == 1, "a journey of one event stays"


def test_the_map_shows_the_sample_and_no_more() -> None:
    events = MOST_POINTS + 2_000
    labels = np.arange(events) % 3 - 1
    points = np.random.default_rng(0).normal(size=(events, 2))
    figure = map_figure(points, labels, ["a", "b"], ["title"] * events, np.arange(events) * 10**10)
    drawn = np.sort(np.concatenate([trace.customdata for trace in figure.data]))
    assert drawn.tolist() == sampled(labels).tolist()
