"""Similar people, personas and drift."""

from __future__ import annotations

import numpy as np
import pytest

from journeys.errors import ConfigError
from journeys.figures.drift import distance_figure, steps_figure
from journeys.userllm.drift import monthly_drift
from journeys.userllm.similar import (
    backed_off,
    make_personas,
    shared_items,
    similar_people,
)
from journeys.userllm.vectors import UserVectors

RNG = np.random.default_rng(0)
DAY = 86_400.0


def crowd(sizes: tuple[int, ...] = (12, 9, 3), events: int = 40) -> tuple[UserVectors, np.ndarray]:
    """People around a few directions, and whose direction each has."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    centres = np.eye(len(sizes), 8) * 4 + 10  # A large common part, as real vectors have.
    vectors = centres[group] + RNG.normal(size=(len(group), 8)) * 0.1
    users = tuple(f"p{at}" for at in range(len(group)))
    counts = np.full(len(group), events)
    return UserVectors(users, vectors.astype(np.float32), counts), group


def test_similar_people_are_of_the_same_kind_and_never_oneself() -> None:
    found, group = crowd()
    for user in (0, 13):
        similar = similar_people(found, user, k=5, most=8)
        assert similar is not None
        assert user not in similar.people
        assert (group[similar.people] == group[user]).all()
        assert (np.diff(similar.likeness) <= 0).all()
        assert similar.events == 40


def test_nobody_is_shown_where_fewer_than_k_are_there() -> None:
    found, _ = crowd((4,))
    assert similar_people(found, 0, k=5) is None
    silent = UserVectors(found.users, found.vectors, np.array([0, 9, 9, 9]))
    assert similar_people(silent, 0, k=2) is None
    with pytest.raises(ConfigError, match="k must be"):
        similar_people(found, 0, k=1)
    with pytest.raises(ConfigError, match="at least k"):
        similar_people(found, 0, k=5, most=4)


def test_what_is_shared_is_what_k_people_have() -> None:
    found, _ = crowd()
    similar = similar_people(found, 0, k=5, most=8)
    assert similar is not None
    held = np.zeros((len(found.users), 3), dtype=bool)
    held[similar.people[:4], 0] = True
    held[similar.people[:5], 1] = True
    held[similar.people, 2] = True
    assert shared_items(held, similar, k=5).tolist() == [2, 1]


@pytest.mark.parametrize("k", [2, 5])
def test_a_persona_has_k_people(k: int) -> None:
    found, group = crowd()
    personas = make_personas(found, count=3, k=k)
    assert personas.people.sum() == len(group)
    assert (personas.people >= k).all()
    assert len(personas.centres) == (3 if k == 2 else 2)


def test_a_persona_needs_rich_people() -> None:
    found, _ = crowd(events=3)
    with pytest.raises(ConfigError, match="Only 0 people have 20 events"):
        make_personas(found)


def test_thin_histories_lean_on_the_nearest_persona_and_say_so() -> None:
    found, group = crowd((12, 9))
    personas = make_personas(found, count=2, k=5)
    own = found.vectors[15]
    thin, rich = backed_off(own, 2, personas), backed_off(own, 1_000, personas)
    nearest = found.vectors[group == 1].mean(0)
    np.testing.assert_allclose(personas.centres[thin.persona], nearest, atol=1e-5)
    assert thin.own == pytest.approx(2 / 12)
    assert np.linalg.norm(rich.vector - own) < np.linalg.norm(thin.vector - own)
    assert thin.told.startswith("2 events of this person's own (17% of the picture)")
    assert "a group of 5 or more people" in thin.told
    unknown = backed_off(np.zeros(8, dtype=np.float32), 0, personas)
    assert unknown.persona == int(personas.people.argmax())
    np.testing.assert_allclose(unknown.vector, personas.centres[unknown.persona])
    assert "0 events" in unknown.told


def months(turn: bool) -> tuple[np.ndarray, np.ndarray]:
    """Four months of 30 events; with a turn, the last two are of another direction."""
    times = 1.6e9 + np.arange(120) * DAY
    vectors = RNG.normal(size=(120, 6)) * 0.3
    late = times >= np.datetime64("2020-11-01").astype("datetime64[s]").astype(float)
    vectors[:, 0] += np.where(late & turn, 0.0, 2.0)
    vectors[:, 1] += np.where(late & turn, 2.0, 0.0)
    return vectors, times


def test_a_turn_is_told_from_standing_still() -> None:
    turned, still = monthly_drift(*months(True)), monthly_drift(*months(False))
    named = turned.months.astype(str).tolist()
    at = named.index("2020-11") - 1
    assert int(turned.steps.argmax()) == at
    assert turned.steps[at] > 5 * turned.noise.max()
    assert (still.steps < 2 * still.noise.max()).all()
    np.testing.assert_allclose(turned.distance, turned.distance.T)
    assert turned.events.sum() <= 120


def test_a_month_of_few_events_is_left_out() -> None:
    vectors, times = months(True)
    drift = monthly_drift(vectors[:33], times[:33], least=5)
    assert len(drift.months) == 2
    assert len(monthly_drift(vectors[:3], times[:3]).months) == 0
    with pytest.raises(ValueError, match="as many times"):
        monthly_drift(vectors, times[:3])


def test_the_figures_say_units_and_hold_what_they_are_given() -> None:
    drift = monthly_drift(*months(True))
    heat = distance_figure(drift.months, drift.events, drift.distance)
    assert np.array(heat.data[0].z).shape == (len(drift.months),) * 2
    assert "distance" in heat.data[0].colorbar.title.text.lower()
    assert heat.layout.xaxis.title.text == "Month (UTC)"
    lines = steps_figure(drift.months, drift.steps, drift.noise)
    assert list(lines.data[0].y) == drift.steps.tolist()
    assert lines.data[0].line.color != lines.data[1].line.color
    assert lines.data[0].marker.symbol != lines.data[1].marker.symbol
    assert "Cosine distance" in lines.layout.yaxis.title.text
