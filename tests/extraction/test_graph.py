from __future__ import annotations

import numpy as np
import pytest

from journeys.extraction.graph import (
    _largest,
    affinity,
    continuity,
    diffusion,
    directions,
    nearest,
    places,
    unit_rows,
)


def random_rows(n: int, d: int = 16, seed: int = 0) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32))


def test_directions_subtract_the_mean_and_keep_zero() -> None:
    vectors = np.array([[3, 4], [1, 1]], dtype=np.float32)
    found = directions(vectors, np.array([1, 1], dtype=np.float32))
    np.testing.assert_allclose(found, [[2 / np.sqrt(13), 3 / np.sqrt(13)], [0, 0]], atol=1e-6)
    np.testing.assert_allclose(directions(vectors, None).sum(axis=0), 0, atol=1e-6)


@pytest.mark.parametrize(("n", "k"), [(1000, 10), (1003, 7), (650, 10), (50, 5), (6, 6)])
def test_largest_finds_what_sorting_finds(n: int, k: int) -> None:
    values = np.random.default_rng(n).normal(size=(20, n)).astype(np.float32)
    found = np.take_along_axis(values, _largest(values, k), axis=1)
    np.testing.assert_array_equal(np.sort(found, axis=1), np.sort(values, axis=1)[:, -k:])


def test_nearest_is_exact_in_any_block_size(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, at = random_rows(300), np.arange(300.0)
    gap = np.abs(at[:, None] - at)
    similar = rows @ rows.T + np.where(gap <= 30, 0.3 * np.exp(-gap / 5), 0)
    np.fill_diagonal(similar, -np.inf)
    expected = np.sort(similar, axis=1)[:, -8:]
    for block_bytes in (1, 4 * 300 * 7, 2**20):
        monkeypatch.setattr("journeys.extraction.graph._BLOCK_BYTES", block_bytes)
        positions, found = nearest(
            rows, at, rows, at, 8, time_weight=0.3, time_scale=5.0, others_only=True
        )
        np.testing.assert_allclose(np.sort(found, axis=1), expected, atol=1e-5)
        assert (positions != np.arange(300)[:, None]).all()


def test_nearest_takes_the_mean_over_scales(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = random_rows(200)
    times = np.sort(np.random.default_rng(0).exponential(size=200)).cumsum()
    at = places(times)
    closeness = np.zeros((200, 200))
    for scale in at.T:
        gap = np.abs(scale[:, None] - scale)
        closeness += np.where(gap <= 24, np.exp(-gap / 4), 0) / 2
    similar = rows @ rows.T + 0.3 * closeness
    np.fill_diagonal(similar, -np.inf)
    for block_bytes in (1, 4 * 200 * 7, 2**20):
        monkeypatch.setattr("journeys.extraction.graph._BLOCK_BYTES", block_bytes)
        _, found = nearest(rows, at, rows, at, 6, time_weight=0.3, time_scale=4.0, others_only=True)
        np.testing.assert_allclose(
            np.sort(found, axis=1), np.sort(similar, axis=1)[:, -6:], atol=1e-5
        )


def test_places_are_steps_of_the_usual_pace() -> None:
    even = places(np.arange(0, 1000, 10))
    np.testing.assert_allclose(even, np.column_stack([np.arange(100)] * 2))
    # One event decades before the others does not change the pace.
    stray = places(np.append(-(10**6), np.arange(0, 1000, 10)))
    np.testing.assert_allclose(np.diff(stray[1:, 1]), 1.0)
    assert places(np.full(5, 7)).tolist() == [[at, 0] for at in range(5)]
    assert places(np.array([3])).tolist() == [[0, 0]]
    assert places(np.array([], dtype=np.int64)).shape == (0, 2)


def test_the_graph_is_symmetric_and_in_one_piece() -> None:
    from scipy.sparse.csgraph import connected_components

    # Two cliques of neighbours that have no neighbour in common.
    positions = np.array([[1, 2], [0, 2], [0, 1], [4, 5], [3, 5], [3, 4]])
    weights = np.arange(12.0).reshape(6, 2) + 1
    graph = affinity(positions, weights)
    assert (graph != graph.T).nnz == 0
    assert graph[0, 1] == 3  # The larger of 1 and 3.
    assert connected_components(graph)[0] == 1


@pytest.mark.parametrize("n", [60, 900])
def test_diffusion_separates_what_is_not_connected(n: int) -> None:
    half = n // 2
    rows = random_rows(n, 8)
    rows[:half, :4] = 0
    rows[half:, 4:] = 0
    rows, at = unit_rows(rows), np.arange(float(n))
    positions, similar = nearest(
        rows, at, rows, at, 10, time_weight=0.0, time_scale=1.0, others_only=True
    )
    points = diffusion(affinity(positions, np.maximum(similar, 1e-6)), 6, 2.0)
    assert points.shape == (n, 6)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-6)
    centres = unit_rows(np.stack([points[:half].mean(axis=0), points[half:].mean(axis=0)]))
    assert centres[0] @ centres[1] < 0
    own = (points @ centres.T).argmax(axis=1)
    assert (own == (np.arange(n) >= half)).mean() > 0.99


def test_lanczos_and_lapack_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, at = random_rows(300, 4), np.arange(300.0)
    positions, similar = nearest(
        rows, at, rows, at, 10, time_weight=0.1, time_scale=5.0, others_only=True
    )
    graph = affinity(positions, np.maximum(similar, 1e-6))
    dense = diffusion(graph, 3, 1.0)
    monkeypatch.setattr("journeys.extraction.graph.DENSE_EVENTS", 10)
    sparse = diffusion(graph, 3, 1.0)
    assert np.einsum("ij,ij->i", dense, sparse).min() > 0.98


def test_continuity_is_high_for_runs_and_zero_for_shuffled_events() -> None:
    topics = random_rows(10, 64)
    runs = unit_rows(np.repeat(topics, 20, axis=0) + 0.05 * random_rows(200, 64, seed=1))
    shuffled = runs[np.random.default_rng(0).permutation(200)]
    assert continuity(runs) > 0.5
    assert continuity(shuffled) < 0.1
    assert continuity(runs[:1]) == continuity(runs[:0]) == 0
