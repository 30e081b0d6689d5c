"""ICPC: a case done by hand, and the fast passes against the paper's pseudo-code."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from journeys.extraction import LogExtractor, UserEvents, get_extractor
from journeys.extraction.graph import unit_rows
from journeys.extraction.icpc import DenseIcpcExtractor, IcpcExtractor, threshold
from journeys.extraction.online import join_by_terms, join_by_vectors
from journeys.extraction.terms import salient_terms, terms
from journeys.timeline import ActivityLog
from journeys.words import DocumentFrequency

A, B, C = ("a",), ("b",), ("c",)


def as_in_the_paper(rows: np.ndarray, epsilon: float) -> list[int]:
    """The pseudo-code, word for word: every centroid looked at, every mean taken anew.

    Numbers that are equal up to rounding are equal, and of equal ones the first is taken.
    """
    journeys: list[list[int]] = []
    labels = []
    for at, row in enumerate(rows):
        cosines = []
        for members in journeys:
            centroid = rows[members].mean(axis=0)
            length = float(np.linalg.norm(centroid) * np.linalg.norm(row))
            cosines.append(float(centroid @ row) / length if length else 0.0)
        if journeys and max(cosines) >= epsilon - 1e-6:
            best = int(np.argmax(np.array(cosines) >= max(cosines) - 1e-9))
            journeys[best].append(at)
        else:
            best = len(journeys)
            journeys.append([at])
        labels.append(best)
    return labels


def events_of(titles: list[str]) -> UserEvents:
    times = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.arange(len(titles)), unit="D")
    frame = pd.DataFrame({"user_id": "ann", "timestamp": times, "title": titles})
    timeline = ActivityLog(frame).timeline("ann")
    return UserEvents(np.zeros((len(titles), 2)), timeline.times, None, timeline)


def test_a_case_by_hand() -> None:
    described = [
        {A: 1.0},  # opens 0
        {B: 1.0},  # shares nothing: opens 1
        {A: 0.6, B: 0.8},  # cosines .6 and .8: joins 1, whose sum is now a .6, b 1.8
        {A: 1.0},  # cosines 1 and .6 / sqrt(3.6) = .32: joins 0
        {},  # has no terms
        {A: 0.5, B: 0.5},  # cosines .71 and 2.4 / sqrt(2 * 3.6) = .89: joins 1
        {C: 0.1},  # opens 2
    ]
    assert join_by_terms(described, 0.7, 100).tolist() == [0, 1, 1, 0, -1, 1, 2]
    # At .85 the third event opens a journey, which the sixth joins by a cosine of .99.
    assert join_by_terms(described, 0.85, 100).tolist() == [0, 1, 2, 0, -1, 2, 3]


def test_later_events_join_the_first_journey() -> None:
    """A port of the method tests the number of the best journey for truth, and 0 is false."""
    assert join_by_terms([{A: 1.0}] * 5, 0.9, 100).tolist() == [0] * 5
    assert join_by_vectors(np.tile(np.eye(1, 4, dtype=np.float32), (5, 1)), 0.9).tolist() == [0] * 5
    titles = ["strumming the ukulele", "ukulele strumming", "sourdough crumb", "my ukulele"]
    labels = IcpcExtractor(epsilon=0.1).extract(events_of(titles)).labels
    assert labels.tolist() == [0, 0, -1, 0]


def test_equal_cosines_go_to_the_oldest_journey() -> None:
    assert join_by_terms([{A: 1.0}, {B: 1.0}, {A: 1.0, B: 1.0}], 0.7, 9).tolist() == [0, 1, 0]


@settings(max_examples=60, deadline=None)
@example(n=51, epsilon=0.8693337829857639, vocabulary=6, seed=18)
@given(
    n=st.integers(0, 60),
    epsilon=st.floats(0.02, 1.0),
    vocabulary=st.integers(1, 30),
    seed=st.integers(0, 99),
)
def test_the_inverted_index_changes_nothing(
    n: int, epsilon: float, vocabulary: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.random((n, vocabulary)) * (rng.random((n, vocabulary)) < 4 / vocabulary)
    weights[np.arange(n), rng.integers(0, vocabulary, n)] += 0.1
    described = [{(f"w{t}",): float(row[t]) for t in np.flatnonzero(row)} for row in weights]
    expected = as_in_the_paper(weights, epsilon)
    assert join_by_terms(described, epsilon, 1000).tolist() == expected


@settings(max_examples=30, deadline=None)
@given(n=st.integers(0, 600), epsilon=st.floats(0.05, 0.9), seed=st.integers(0, 99))
def test_blocks_of_vectors_change_nothing(n: int, epsilon: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = unit_rows(rng.normal(size=(n, 6)))
    rows[rng.random(n) < 0.02] = 0.0
    assert join_by_vectors(rows, epsilon).tolist() == as_in_the_paper(rows, epsilon)


def test_a_centroid_keeps_its_heaviest_terms() -> None:
    # The fourth event brings the fifth term; of the light ones the first by name stays.
    described = [{A: 3.0, (f"rare{at}",): 1.0} for at in range(5)]
    described.append({("rare3",): 1.0})
    labels = join_by_terms(described, 0.05, 2)
    assert labels.tolist() == [0, 0, 0, 0, 0, 1], "the light term was forgotten"
    assert join_by_terms(described, 0.05, 100).tolist() == [0] * 6


def test_terms_are_words_and_pairs_of_neighbours() -> None:
    assert terms("Growing lettuce in a hydroponic tower: lettuce!") == {
        ("growing",): 1,
        ("lettuce",): 2,
        ("hydroponic",): 1,
        ("tower",): 1,
        ("growing", "lettuce"): 1,
        ("hydroponic", "tower"): 1,
        ("tower", "lettuce"): 1,
    }
    assert not terms("")
    assert not terms("of the and")
    assert ("豆", "腐") in terms("豆腐")


def test_salience_by_hand() -> None:
    background = DocumentFrequency.of(["tower lettuce"] * 9 + ["tower pump pump"])
    found = salient_terms("pump tower pump", background, 10)
    rare = log(11 / 2) / log(500)
    assert found[("pump",)] == pytest.approx(rare)
    assert found[("tower",)] == pytest.approx(log(2) / log(3) * 0.01), "in every text"
    assert found[("pump", "tower")] == pytest.approx(log(2) / log(3) * rare / 2)
    assert list(salient_terms("pump tower pump", background, 1)) == [("pump",)]
    assert all(0 <= weight <= 1 for weight in found.values())


def test_membership_is_the_cosine_to_the_mean() -> None:
    titles = ["ukulele", "ukulele chord", "chord", "sourdough"]
    extractor = get_extractor("icpc", epsilon=0.3)
    assert isinstance(extractor, LogExtractor)
    clusters = extractor.extract(events_of(titles))
    background = DocumentFrequency.of(titles)
    found = [salient_terms(title, background, 64) for title in titles]
    assert clusters.labels.tolist() == [0, 0, 0, -1]
    total: dict[tuple[str, ...], float] = {}
    for event in found[:3]:
        for term, weight in event.items():
            total[term] = total.get(term, 0.0) + weight
    for event, membership in zip(found[:3], clusters.membership, strict=False):
        dot = sum(weight * total[term] for term, weight in event.items())
        length = sqrt(sum(w * w for w in event.values()) * sum(w * w for w in total.values()))
        assert membership == pytest.approx(dot / length, abs=1e-6)
    assert clusters.membership[3] == 0, "it shares no term with any journey"


def test_the_log_decides_what_is_salient() -> None:
    """A word of everybody's joins nothing, however rare it is with one person."""
    titles = ["ukulele review", "sourdough review", "ukulele chord"]
    alone = IcpcExtractor(epsilon=0.05)
    frame = pd.DataFrame({"user_id": [f"u{at}" for at in range(200)], "title": "review of a film"})
    frame["timestamp"] = pd.Timestamp("2024-01-01", tz="UTC")
    others = ActivityLog(frame)
    events = events_of(titles)
    assert events.timeline is not None
    fitted = alone.fit([*others.timelines(), events.timeline])
    assert alone.background is None
    assert fitted.settings() == alone.settings()
    assert fitted.extract(events).labels.tolist() == [0, -1, 0]
    assert alone.extract(events).labels.tolist() == [0, 0, 0]


def test_small_journeys_are_dropped() -> None:
    titles = ["ukulele chord"] * 3 + ["sourdough crumb"] * 2
    labels = IcpcExtractor(min_size=3).extract(events_of(titles)).labels
    assert labels.tolist() == [0, 0, 0, -1, -1]
    rows = np.repeat(np.eye(3, dtype=np.float32), [6, 2, 6], axis=0)
    found = DenseIcpcExtractor(min_size=5).extract(UserEvents(rows, np.arange(14), np.zeros(3)))
    assert found.labels.tolist() == [0] * 6 + [-1] * 2 + [1] * 6
    assert found.membership.tolist() == [1.0] * 6 + [0.0] * 2 + [1.0] * 6


def test_the_threshold_rises_with_the_granularity() -> None:
    found = [threshold(0.07, g) for g in np.linspace(0, 1, 21)]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (0.0, 1.0)
    assert found[10] == pytest.approx(0.07)
