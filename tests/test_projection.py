from __future__ import annotations

import numpy as np
import pytest

from journeys.projection import MIN_UMAP, PROJECTION_ID, project


def blobs(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = np.arange(n) % 3
    return np.eye(3, 16)[truth] + 0.1 * rng.normal(size=(n, 16)), truth


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, MIN_UMAP, MIN_UMAP + 1, 60])
def test_any_number_of_events_has_a_map(n: int) -> None:
    points = project(blobs(n)[0])
    assert points.shape == (n, 2)
    assert points.dtype == np.float32
    assert np.isfinite(points).all()
    assert np.abs(points).max(initial=0) == pytest.approx(1 if n > 1 else 0)


def test_groups_stay_together_and_the_map_is_repeated_exactly() -> None:
    vectors, truth = blobs(90)
    points = project(vectors, seed=3)
    np.testing.assert_array_equal(points, project(vectors, seed=3))
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (truth[distances.argmin(axis=1)] == truth).mean() > 0.95


def test_equal_events_lie_on_one_spot() -> None:
    for n in (2, 14, 40):
        np.testing.assert_array_equal(project(np.ones((n, 8))), np.zeros((n, 2)))
    two_spots = project(np.repeat(np.eye(2, 8), 20, axis=0))
    assert len(np.unique(two_spots.round(4), axis=0)) == 2


def test_unusable_vectors_lie_at_the_origin() -> None:
    vectors = blobs(40)[0]
    vectors[[3, 7]] = np.nan
    points = project(vectors, mean=np.full(16, 0.1))
    np.testing.assert_array_equal(points[[3, 7]], 0)
    assert np.abs(points).max() == pytest.approx(1)
    assert project(np.full((4, 8), np.nan)).tolist() == [[0, 0]] * 4


def test_the_smallest_map_is_the_principal_axes() -> None:
    vectors = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]])
    points = project(vectors)
    # Three mutually orthogonal directions are an equilateral triangle.
    sides = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1)
    np.testing.assert_allclose(sides, sides[0], rtol=1e-5)


def test_the_cache_key_names_the_parameters() -> None:
    assert "cosine" in PROJECTION_ID
    with pytest.raises(ValueError, match="shape"):
        project(np.zeros(3))
