"""Coarser and finer versions of a clustering, nested in each other."""

from __future__ import annotations

import heapq

import numpy as np


def at_granularity(
    points: np.ndarray, labels: np.ndarray, granularity: float, min_size: int
) -> np.ndarray:
    """Clusters merged or split to a granularity; the given ones stand at 0.5.

    At 0 all are one. From 0 to 0.5 the number of clusters grows geometrically to that of the
    given ones, which merge by Ward's criterion; from 0.5 to 1 it grows geometrically to the
    most that bisection into parts of at least ``min_size`` yields. The number never falls as
    the granularity rises, and each clustering is nested in every coarser one.

    Args:
        points: shape ``(n, d)``.
        labels: shape ``(n,)``, 0 to k-1, -1 for unassigned (and left so).
        granularity: 0 to 1.
        min_size: of the parts of a split.

    Returns:
        Shape ``(n,)``, int64.
    """
    count = int(labels.max(initial=-1)) + 1
    if count == 0 or granularity == 0.5:
        return labels.astype(np.int64)
    if granularity < 0.5:
        return _merged(points, labels, round(count ** (2.0 * granularity)))
    splits = _splits(points, labels, min_size)
    wanted = round(count * ((count + len(splits)) / count) ** (2.0 * granularity - 1.0))
    result = labels.astype(np.int64)
    for new, part in enumerate(splits[: wanted - count], start=count):
        result[part] = new
    return result


def parents(fine: np.ndarray, broad: np.ndarray) -> np.ndarray:
    """The broad cluster that each fine one lies in; of several, the one that has most of it.

    Args:
        fine, broad: shape ``(n,)``, labels of the same events, 0 to k-1, -1 for unassigned.

    Returns:
        Shape ``(fine clusters,)``, int64; -1 where no event of it is in a broad cluster.
    """
    count = int(fine.max(initial=-1)) + 1
    shared = np.zeros((count, int(broad.max(initial=-1)) + 1), dtype=np.int64)
    both = (fine >= 0) & (broad >= 0)
    np.add.at(shared, (fine[both], broad[both]), 1)
    if not shared.shape[1]:
        return np.full(count, -1, dtype=np.int64)
    return np.where(shared.max(axis=1) > 0, shared.argmax(axis=1), -1).astype(np.int64)


def _merged(points: np.ndarray, labels: np.ndarray, wanted: int) -> np.ndarray:
    """Merge clusters pairwise, each time those whose union adds least scatter (Ward 1963)."""
    count = int(labels.max()) + 1
    sizes = np.bincount(labels[labels >= 0], minlength=count).astype(np.float64)
    centres = np.stack([points[labels == c].mean(axis=0) for c in range(count)])
    to = np.arange(count)
    alive = list(range(count))
    while len(alive) > wanted:
        at = np.array(alive)
        squared = ((centres[at][:, None, :] - centres[at][None, :, :]) ** 2).sum(axis=2)
        cost = squared * np.outer(sizes[at], sizes[at]) / np.add.outer(sizes[at], sizes[at])
        np.fill_diagonal(cost, np.inf)
        first, second = sorted(at[list(np.unravel_index(int(cost.argmin()), cost.shape))])
        weights = sizes[[first, second]] / sizes[[first, second]].sum()
        centres[first] = weights @ centres[[first, second]]
        sizes[first] += sizes[second]
        to[to == second] = first
        alive.remove(int(second))
    return np.where(labels >= 0, to[labels], -1).astype(np.int64)


def _splits(points: np.ndarray, labels: np.ndarray, min_size: int) -> list[np.ndarray]:
    """Every possible bisection, best first: the events that leave their cluster for a new one."""
    queue: list[tuple[float, int, np.ndarray, np.ndarray]] = []
    serial = 0

    def offer(members: np.ndarray) -> None:
        nonlocal serial
        found = _bisection(points, members, min_size)
        if found is not None:
            gain, stay, leave = found
            heapq.heappush(queue, (-gain, serial, stay, leave))
            serial += 1

    for cluster in range(int(labels.max()) + 1):
        offer(np.flatnonzero(labels == cluster))
    splits = []
    while queue:
        _, _, stay, leave = heapq.heappop(queue)
        splits.append(leave)
        offer(stay)
        offer(leave)
    return splits


def _bisection(
    points: np.ndarray, members: np.ndarray, min_size: int
) -> tuple[float, np.ndarray, np.ndarray] | None:
    """Two-means from the principal axis: (scatter removed, first part, second part)."""
    if len(members) < 2 * min_size:
        return None
    part = points[members]
    centred = part - part.mean(axis=0)
    values, axes = np.linalg.eigh(centred.T @ centred)
    if values[-1] < 1e-9:
        return None  # All in one place.
    second = centred @ axes[:, -1] > 0
    for _ in range(10):
        if not min_size <= second.sum() <= len(members) - min_size:
            return None
        low, high = part[~second].mean(axis=0), part[second].mean(axis=0)
        moved = ((part - high) ** 2).sum(axis=1) < ((part - low) ** 2).sum(axis=1)
        if (moved == second).all():
            break
        second = moved
    if not min_size <= second.sum() <= len(members) - min_size:
        return None
    if second[0]:
        second = ~second  # The part with the earliest event keeps the cluster's number.
    low, high = part[~second].mean(axis=0), part[second].mean(axis=0)
    gain = float(((low - high) ** 2).sum() * second.sum() * (~second).sum() / len(members))
    return gain, members[~second], members[second]
