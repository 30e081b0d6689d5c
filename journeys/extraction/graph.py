"""A user's own neighbour graph, and its diffusion embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Up to this many events LAPACK on the dense graph beats Lanczos on the sparse one.
DENSE_EVENTS = 400

#: Weight of the edge between an event and the next, in the typical weight 1 of a good edge. It
#: keeps the graph in one piece, without which its modes would not be unique.
CHAIN_WEIGHT = 1e-3

#: Beyond this many time scales two events are not close in time.
_REACH = 6.0

#: Bytes of a block of the similarity matrix.
_BLOCK_BYTES = 8 * 2**20


def directions(vectors: np.ndarray, mean: np.ndarray | None) -> np.ndarray:
    """Vectors less the mean, scaled to length 1; a vector at the mean becomes zero.

    Args:
        vectors: shape ``(n, d)``, finite.
        mean: shape ``(d,)``; the vectors' own mean when None.

    Returns:
        Shape ``(n, d)``, float32.
    """
    rows = np.asarray(vectors, dtype=np.float32)
    centre = rows.mean(axis=0) if mean is None else np.asarray(mean, dtype=np.float32)
    return unit_rows(rows - centre)


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1; rows shorter than 1e-6 become zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(lengths > 1e-6, rows / np.maximum(lengths, 1e-6), 0.0).astype(rows.dtype)


def continuity(rows: np.ndarray, lags: int = 5) -> float:
    """How much more alike a user's events are when they are near in time.

    The mean cosine of events at most ``lags`` apart, less the mean cosine of any two; 0 where
    that is negative or there is one event.

    Args:
        rows: shape ``(n, d)``, unit rows in order of time.
    """
    n = len(rows)
    if n < 2:
        return 0.0
    total = rows.sum(axis=0, dtype=np.float64)
    any_two = (total @ total - float(np.sum(rows.astype(np.float64) ** 2))) / (n * (n - 1))
    near = [
        np.einsum("ij,ij->i", rows[lag:], rows[:-lag]).mean()
        for lag in range(1, min(lags, n - 1) + 1)
    ]
    return max(0.0, float(np.mean(near)) - float(any_two))


def places(times: np.ndarray) -> np.ndarray:
    """Where each event lies in time, on two scales whose typical step is 1.

    By order, which fits any pace of life, and by the clock in units of the person's mean pace,
    which knows a sitting from a pause. The longest hundredth of the gaps does not count towards
    the pace, so that one date of 1970 spoils nothing.

    Args:
        times: shape ``(n,)``, ascending.

    Returns:
        Shape ``(n, 2)``, float64, ascending.
    """
    n = len(times)
    clock = np.asarray(times, dtype=np.float64) - (times[0] if n else 0)
    gaps = np.sort(np.diff(clock))[: max(1, int(np.ceil(0.99 * (n - 1))))]
    pace = float(gaps.mean()) if len(gaps) else 0.0
    return np.column_stack([np.arange(n), clock / pace if pace > 0 else np.zeros(n)])


def nearest(
    queries: np.ndarray,
    query_at: np.ndarray,
    rows: np.ndarray,
    row_at: np.ndarray,
    k: int,
    *,
    time_weight: float,
    time_scale: float,
    others_only: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """The k most similar rows of each query, exactly, a block of similarities in memory at a time.

    The similarity of two events is their cosine plus ``time_weight`` times their closeness in
    time, which is the mean of ``exp(-gap / time_scale)`` over the scales of :func:`places`: what
    a person does in a row belongs together more often than not.

    Args:
        queries, rows: shapes ``(m, d)`` and ``(n, d)``, unit rows in order of time.
        query_at, row_at: shapes ``(m, scales)`` and ``(n, scales)``, or one-dimensional for one
            scale: their places in time, ascending.
        k: at most n, or n - 1 with ``others_only``.
        others_only: the queries are the rows, and no row is its own neighbour.

    Returns:
        Positions ``(m, k)`` int64 and similarities ``(m, k)`` float32, in no promised order.
    """
    m, n = len(queries), len(rows)
    query_at, row_at = query_at.reshape(m, -1), row_at.reshape(n, -1)
    positions = np.empty((m, k), dtype=np.int64)
    similarities = np.empty((m, k), dtype=np.float32)
    reach = _REACH * time_scale
    block = max(1, _BLOCK_BYTES // (4 * max(n, 1)))
    for start in range(0, m, block):
        stop = min(m, start + block)
        similar = queries[start:stop] @ rows.T
        if time_weight > 0:
            for here, there in zip(query_at[start:stop].T, row_at.T, strict=True):
                low = int(np.searchsorted(there, here[0] - reach, "left"))
                high = int(np.searchsorted(there, here[-1] + reach, "right"))
                gap = np.abs(there[None, low:high] - here[:, None]).astype(np.float32)
                bonus = np.where(gap <= reach, np.exp(-gap / np.float32(time_scale)), 0.0)
                similar[:, low:high] += np.float32(time_weight / row_at.shape[1]) * bonus
        if others_only:
            similar[np.arange(stop - start), np.arange(start, stop)] = -np.inf
        found = _largest(similar, k)
        positions[start:stop] = found
        similarities[start:stop] = np.take_along_axis(similar, found, axis=1)
    return positions, similarities


def _largest(values: np.ndarray, k: int) -> np.ndarray:
    """Positions of each row's k largest values, shape ``(m, k)``, in no promised order.

    Only the k groups of columns with the largest maxima can hold them, so the rest is not sorted.
    """
    m, n = values.shape
    width = 16
    groups = n // width
    if groups < 4 * k:
        return np.argpartition(values, n - k, axis=1)[:, n - k :]
    # Columns beyond the last whole group are always candidates.
    whole = values[:, : groups * width].reshape(m, groups, width)
    best = np.argpartition(whole.max(axis=2), groups - k, axis=1)[:, groups - k :]
    inside = (best[:, :, None] * width + np.arange(width)).reshape(m, k * width)
    beyond = np.broadcast_to(np.arange(groups * width, n), (m, n - groups * width))
    candidates = np.concatenate([inside, beyond], axis=1)
    found = np.argpartition(
        np.take_along_axis(values, candidates, axis=1), candidates.shape[1] - k, axis=1
    )
    return np.take_along_axis(candidates, found[:, candidates.shape[1] - k :], axis=1)


def affinity(positions: np.ndarray, weights: np.ndarray) -> csr_array:
    """The symmetric graph that joins two events where either is a neighbour of the other.

    Args:
        positions, weights: shape ``(n, k)``, neighbours and non-negative weights.

    Returns:
        Shape ``(n, n)``, float64: the larger of the two weights at each edge, and
        :data:`CHAIN_WEIGHT` at least between consecutive events.
    """
    from scipy.sparse import csr_array

    n, k = positions.shape
    chain = np.arange(n - 1)
    rows = np.concatenate([np.repeat(np.arange(n), k), chain])
    columns = np.concatenate([positions.ravel(), chain + 1])
    values = np.concatenate([weights.ravel().astype(np.float64), np.full(n - 1, CHAIN_WEIGHT)])
    graph = csr_array((values, (rows, columns)), shape=(n, n))
    return graph.maximum(graph.T).tocsr()


def diffusion(graph: csr_array, dimensions: int, steps: float) -> np.ndarray:
    """Diffusion map (Coifman and Lafon 2006), projected on the sphere.

    Columns are the slowest modes of the random walk on the graph, the constant one left out,
    each times its eigenvalue to the power ``steps``. Rows are then scaled to length 1 (Ng,
    Jordan and Weiss 2001), which takes away how well connected an event is. Signs are fixed, so
    that the same graph gives the same bytes.

    Args:
        graph: shape ``(n, n)``, symmetric, non-negative, connected; n at least 3.

    Returns:
        Shape ``(n, min(dimensions, n - 2))``, float64 unit rows.
    """
    n = graph.shape[0]
    count = min(dimensions, n - 2) + 1
    root = 1.0 / np.sqrt(np.asarray(graph.sum(axis=1)).ravel())
    if n <= max(DENSE_EVENTS, 2 * count):
        from scipy.linalg import eigh

        normalised = root[:, None] * graph.toarray() * root
        values, modes = eigh(normalised, subset_by_index=[n - count, n - 1], check_finite=False)
    else:
        values, modes = _lanczos(graph, root, count)
    order = np.argsort(-values, kind="stable")[1:]
    # Scaling a row by its root degree would be undone by scaling it to length 1.
    modes = modes[:, order] * np.maximum(values[order], 0.0) ** steps
    largest = modes[np.abs(modes).argmax(axis=0), np.arange(modes.shape[1])]
    modes = modes * np.where(largest < 0, -1.0, 1.0)
    lengths = np.linalg.norm(modes, axis=1, keepdims=True)
    return np.asarray(modes / np.maximum(lengths, 1e-12), dtype=np.float64)


def _lanczos(graph: csr_array, root: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest eigenvalues and their vectors of the normalised graph."""
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import ArpackNoConvergence, eigsh

    scale = diags_array(root)
    normalised = (scale @ graph @ scale).tocsr()
    n = len(root)
    # A fixed start makes Lanczos deterministic.
    start = np.random.default_rng(0).uniform(0.5, 1.5, n)
    try:
        values, modes = eigsh(
            normalised, k=count, which="LA", v0=start, tol=1e-3, ncv=min(n, 4 * count)
        )
    except ArpackNoConvergence as stopped:
        # The modes that did converge are the ones that are well told apart.
        values, modes = stopped.eigenvalues, stopped.eigenvectors
        if len(values) < 2:
            values, modes = np.ones(2), np.tile(1.0 / root[:, None], (1, 2))
    return np.asarray(values), np.asarray(modes)
