"""A user's own neighbour graph, and its diffusion embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Up to this many events the graph is kept dense; at these sizes LAPACK beats Lanczos.
DENSE_EVENTS = 600

#: Rows of the similarity matrix in memory at a time.
_BLOCK_BYTES = 64 * 2**20


def directions(vectors: np.ndarray, mean: np.ndarray | None) -> np.ndarray:
    """Vectors less the mean, scaled to length 1; a zero vector stays zero.

    Args:
        vectors: shape ``(n, d)``, finite.
        mean: shape ``(d,)``; the vectors' own mean when None.

    Returns:
        Shape ``(n, d)``, float32.
    """
    rows = np.asarray(vectors, dtype=np.float32)
    centre = rows.mean(axis=0) if mean is None else np.asarray(mean, dtype=np.float32)
    rows = rows - centre
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 1e-6, lengths, 1.0), dtype=np.float32)


def nearest(
    rows: np.ndarray, k: int, *, time_weight: float = 0.0, time_scale: float = 10.0
) -> tuple[np.ndarray, np.ndarray]:
    """The k most similar other events of each, exactly, a block of the similarities at a time.

    The similarity of events i and j is their cosine plus
    ``time_weight * exp(-|i - j| / time_scale)``: what a person does in a row belongs together
    more often than not. The gap is counted in events, so that it fits any pace of life.

    Args:
        rows: shape ``(n, d)``, unit rows in order of time.
        k: at most n - 1.

    Returns:
        Positions ``(n, k)`` int64 and similarities ``(n, k)`` float32, in no promised order.
    """
    n = len(rows)
    positions = np.empty((n, k), dtype=np.int64)
    similarities = np.empty((n, k), dtype=np.float32)
    reach = int(np.ceil(6 * time_scale)) if time_weight > 0 else 0
    gaps = np.abs(np.arange(-reach, reach + 1))
    kernel = (time_weight * np.exp(-gaps / time_scale)).astype(np.float32)
    block = max(1, _BLOCK_BYTES // (4 * max(n, 1)))
    for start in range(0, n, block):
        similar = rows[start : start + block] @ rows.T
        count = len(similar)
        if reach:
            low, high = max(0, start - reach), min(n, start + count + reach)
            gap = np.arange(low, high)[None, :] - np.arange(start, start + count)[:, None]
            near = np.abs(gap) <= reach
            similar[:, low:high] += np.where(near, kernel[np.clip(gap, -reach, reach) + reach], 0)
        similar[np.arange(count), np.arange(start, start + count)] = -np.inf
        found = np.argpartition(similar, n - k, axis=1)[:, n - k :]
        positions[start : start + count] = found
        similarities[start : start + count] = np.take_along_axis(similar, found, axis=1)
    return positions, similarities


def affinity(positions: np.ndarray, weights: np.ndarray) -> csr_array:
    """The symmetric graph in which two events are joined where either is a neighbour of the other.

    Args:
        positions, weights: shape ``(n, k)``, neighbours and non-negative weights.

    Returns:
        Shape ``(n, n)``, float64, the larger of the two weights at each edge.
    """
    from scipy.sparse import csr_array

    n, k = positions.shape
    rows = np.repeat(np.arange(n), k)
    graph = csr_array((weights.ravel().astype(np.float64), (rows, positions.ravel())), shape=(n, n))
    return graph.maximum(graph.T).tocsr()


def diffusion(graph: csr_array, dimensions: int, steps: float) -> np.ndarray:
    """Diffusion map (Coifman and Lafon 2006): the graph's slowest modes, scaled by their decay.

    Columns are eigenvectors of the random walk on the graph, each times its eigenvalue to the
    power ``steps``; the constant one is left out. Signs are fixed, so the same graph gives the
    same bytes.

    Args:
        graph: shape ``(n, n)``, symmetric, non-negative, n at least 3.

    Returns:
        Shape ``(n, min(dimensions, n - 2))``, float64.
    """
    n = graph.shape[0]
    count = min(dimensions, n - 2) + 1
    degrees = np.asarray(graph.sum(axis=1)).ravel()
    root = 1.0 / np.sqrt(np.maximum(degrees, 1e-12))
    if n <= DENSE_EVENTS:
        from scipy.linalg import eigh

        normalised = root[:, None] * graph.toarray() * root
        values, modes = eigh(normalised, subset_by_index=[n - count, n - 1], check_finite=False)
    else:
        from scipy.sparse import diags_array
        from scipy.sparse.linalg import eigsh

        scale = diags_array(root)
        # A fixed start makes Lanczos deterministic.
        start = np.random.default_rng(0).uniform(0.5, 1.5, n)
        values, modes = eigsh(scale @ graph @ scale, k=count, which="LA", v0=start, tol=1e-4)
    order = np.argsort(-values, kind="stable")[1:]
    modes = modes[:, order] * root[:, None] * np.maximum(values[order], 0.0) ** steps
    largest = modes[np.abs(modes).argmax(axis=0), np.arange(modes.shape[1])]
    modes = modes * np.where(largest < 0, -1.0, 1.0)
    size = np.sqrt(np.mean(modes**2))
    return np.asarray(modes / size if size > 0 else modes, dtype=np.float64)
