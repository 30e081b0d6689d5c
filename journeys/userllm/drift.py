"""How a person's vectors move: a vector a month, and the distance between months."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Months with fewer events are left out: a mean of few says more of those than of the month.
LEAST_EVENTS = 5


@dataclass(frozen=True)
class Drift:
    """One person's months.

    Attributes:
        months: shape ``(m,)``, ``datetime64[M]``, ascending, those with enough events.
        events: shape ``(m,)``, int64.
        vectors: shape ``(m, width)``, float64: mean of the month's event vectors.
        distance: shape ``(m, m)``, float64: cosine distance, from 0 (the same direction) to 2.
        noise: shape ``(m,)``, float64: distance between two random halves of the month, on average
            over draws: what a distance must exceed to mean a change.
    """

    months: np.ndarray
    events: np.ndarray
    vectors: np.ndarray
    distance: np.ndarray
    noise: np.ndarray

    @property
    def steps(self) -> np.ndarray:
        """Shape ``(m - 1,)``: distance of each month from the one before it in the list."""
        return np.diagonal(self.distance, 1)


def monthly_drift(
    vectors: np.ndarray,
    times: np.ndarray,
    *,
    least: int = LEAST_EVENTS,
    mean: np.ndarray | None = None,
    draws: int = 20,
    seed: int = 0,
) -> Drift:
    """A person's drift between calendar months (UTC).

    Args:
        vectors: of the events, shape ``(n, width)``; see ``vectors.event_vectors``.
        times: seconds since 1970 UTC, shape ``(n,)``.
        least: events that a month needs.
        mean: of all people's vectors, shape ``(width,)``, subtracted first so that what everybody
            shares does not hide what differs; None for none.
        draws, seed: of the halves that ``noise`` compares.

    Raises:
        ValueError: lengths differ.
    """
    if len(vectors) != len(times):
        raise ValueError(f"{len(vectors)} vectors need as many times, not {len(times)}")
    rows = np.asarray(vectors, dtype=np.float64)
    if mean is not None:
        rows = rows - mean
    month = (np.asarray(times) * 1e6).astype("int64").astype("datetime64[us]")
    names, at, counts = np.unique(
        month.astype("datetime64[M]"), return_inverse=True, return_counts=True
    )
    kept = np.flatnonzero(counts >= least)
    rng = np.random.default_rng(seed)
    means = [rows[at == number].mean(0) for number in kept]
    noise = [_halves(rows[at == number], rng, draws) for number in kept]
    stacked = np.stack(means) if means else np.zeros((0, rows.shape[1]))
    return Drift(names[kept], counts[kept], stacked, _distance(stacked), np.array(noise))


def _halves(rows: np.ndarray, rng: np.random.Generator, draws: int) -> float:
    found = []
    for _ in range(draws):
        order = rng.permutation(len(rows))
        half = len(rows) // 2
        pair = np.stack([rows[order[:half]].mean(0), rows[order[half:]].mean(0)])
        found.append(_distance(pair)[0, 1])
    return float(np.mean(found))


def _distance(vectors: np.ndarray) -> np.ndarray:
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    distance: np.ndarray = np.clip(1 - unit @ unit.T, 0, 2)
    np.fill_diagonal(distance, 0.0)
    return distance
