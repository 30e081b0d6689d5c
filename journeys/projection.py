"""Vectors to a two-dimensional map. For the picture only: clustering does not use it."""

from __future__ import annotations

import numpy as np

from journeys.extraction.graph import unit_rows

#: Parameters of the map.
NEIGHBOURS = 15
MIN_DIST = 0.1

#: Below this many events UMAP's neighbour graph says nothing, and the two principal axes are used.
MIN_UMAP = 15

#: Stands in the keys of kept maps; changes when the same vectors would give another map.
PROJECTION_ID = f"umap-cosine-n{NEIGHBOURS}-d{MIN_DIST}-pca{MIN_UMAP}-v1"


def project(vectors: np.ndarray, *, mean: np.ndarray | None = None, seed: int = 0) -> np.ndarray:
    """A map of events: UMAP (McInnes et al. 2018) on cosine distance, deterministic.

    Up to 15 different events the two principal axes are used instead. Events without a usable
    vector (NaN, infinity) are put at the origin. One event, or equal ones, give zeros.

    Args:
        vectors: shape ``(n, d)``.
        mean: shape ``(d,)``, subtracted first; None for none.
        seed: of UMAP's layout.

    Returns:
        Shape ``(n, 2)``, float32, centred, the largest coordinate of size 1.
    """
    points = np.zeros((len(vectors), 2), dtype=np.float32)
    rows = np.asarray(vectors, dtype=np.float32)
    if rows.ndim != 2:
        raise ValueError(f"vectors must have shape (n, d), not {rows.shape}")
    usable = np.flatnonzero(np.isfinite(rows).all(axis=1))
    if not len(usable):
        return points
    rows = rows[usable]
    if mean is not None:
        rows = rows - mean.astype(np.float32)
    rows = unit_rows(rows)
    distinct = len(np.unique(rows.round(5), axis=0))
    points[usable] = _umap(rows, seed) if distinct > MIN_UMAP else _pca(rows)
    return _scale(points, usable)


def _umap(rows: np.ndarray, seed: int) -> np.ndarray:
    import warnings

    from umap import UMAP

    # A spectral start is not defined for a graph in pieces and slow for a large one.
    start = _scale(_pca(rows), np.arange(len(rows)))
    # It must not put equal rows on one spot: UMAP cannot pull those apart.
    jitter = np.random.default_rng(seed).normal(scale=1e-3, size=start.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns that a fixed seed means one thread.
        return np.asarray(
            UMAP(
                n_neighbors=min(NEIGHBOURS, len(rows) - 1),
                min_dist=MIN_DIST,
                metric="cosine",
                init=(10.0 * start + jitter).astype(np.float32),
                random_state=seed,
                n_jobs=1,
            ).fit_transform(rows)
        )


def _pca(rows: np.ndarray) -> np.ndarray:
    """The two principal axes, shape ``(n, 2)``; each axis's largest coordinate is positive."""
    centred = (rows - rows.mean(axis=0)).astype(np.float64)
    # The d x d covariance: its size does not grow with the events.
    values, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :2] * (values[::-1][:2] > 1e-9)
    points = centred @ axes
    points = np.pad(points, ((0, 0), (0, 2 - points.shape[1])))
    largest = points[np.abs(points).argmax(axis=0), np.arange(2)]
    return np.asarray(points * np.where(largest < 0, -1.0, 1.0), dtype=np.float32)


def _scale(points: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Centre the usable points and divide by their largest coordinate; others stay at 0."""
    result = np.zeros_like(points, dtype=np.float32)
    if len(usable):
        middle = points[usable] - points[usable].mean(axis=0)
        size = float(np.abs(middle).max())
        if np.isfinite(size) and size > 1e-6:
            result[usable] = middle / size
    return result
