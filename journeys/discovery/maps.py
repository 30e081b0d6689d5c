"""The maps of a run: one a person, or one for the whole log. Each is drawn once."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np

from journeys.discovery.config import DiscoveryConfig
from journeys.discovery.progress import Progress, check
from journeys.discovery.storage import RunStorage
from journeys.discovery.tools import Tools
from journeys.projection import PROJECTION_ID, project
from journeys.timeline import Timeline

#: A map of the whole log shows at most so many events, drawn evenly; the others are NaN.
LOG_MAP_EVENTS = 20_000


def draw_maps(
    storage: RunStorage,
    config: DiscoveryConfig,
    tools: Tools,
    mean: np.ndarray,
    progress: Progress,
) -> dict[str, Any]:
    """Draw what the configuration asks for; returns {kind, drawn, cached, left_out}."""
    if config.map == "none":
        return {"kind": "none", "drawn": 0, "cached": 0, "left_out": 0}
    if config.map == "log":
        return _log_map(storage, config, tools, mean, progress)
    return _user_maps(storage, config, tools, mean, progress)


def _user_maps(
    storage: RunStorage,
    config: DiscoveryConfig,
    tools: Tools,
    mean: np.ndarray,
    progress: Progress,
) -> dict[str, Any]:
    sizes = [(-len(timeline), person) for person, timeline in storage.timelines()]
    chosen = {person for _, person in sorted(sizes)[: config.map_people]}
    total = sum(-size for size, person in sizes if person in chosen)
    progress.stage("project", 0, total)
    drawn = cached = done = 0
    for person, timeline in storage.timelines():
        if person not in chosen:
            continue
        check(progress)
        points, fresh = user_map(storage, timeline, tools, mean, config.seed)
        storage.save_map(person, map_key(storage, timeline, tools, mean, config.seed), points)
        drawn, cached = drawn + fresh, cached + (not fresh)
        done += len(timeline)
        progress.update(done)
    left_out = len(sizes) - len(chosen)
    return {"kind": "user", "drawn": drawn, "cached": cached, "left_out": left_out}


def user_map(
    storage: RunStorage, timeline: Timeline, tools: Tools, mean: np.ndarray, seed: int
) -> tuple[np.ndarray, bool]:
    """One person's map, shape ``(events, 2)``, and whether it had to be drawn."""
    key = map_key(storage, timeline, tools, mean, seed)
    points = tools.maps.get(key)
    if points is not None:
        return points, False
    vectors = tools.vectors_of(timeline, storage.text_keys(timeline))
    points = project(vectors, mean=mean, seed=seed)
    tools.maps.put(key, points)
    return points, True


def map_key(
    storage: RunStorage, timeline: Timeline, tools: Tools, mean: np.ndarray, seed: int
) -> str:
    """A keyed hash of everything that a person's map depends on."""
    digest = _digest(tools, mean, seed, b"user")
    for key in storage.text_keys(timeline):
        digest.update(key)
    return digest.hexdigest()


def _log_map(
    storage: RunStorage,
    config: DiscoveryConfig,
    tools: Tools,
    mean: np.ndarray,
    progress: Progress,
) -> dict[str, Any]:
    """One map for all, kept in each person's own part so that erasing a person erases theirs."""
    _, events = storage.size()
    sample = np.sort(np.random.default_rng(config.seed).permutation(events)[:LOG_MAP_EVENTS])
    whole = _digest(tools, mean, config.seed, b"log")
    for _, timeline in storage.timelines():
        whole.update(b"".join(storage.text_keys(timeline)))
    parts = []
    start = 0
    for person, timeline in storage.timelines():
        part = whole.copy()
        part.update(start.to_bytes(8, "big"))
        parts.append((person, start, len(timeline), part.hexdigest()))
        start += len(timeline)
    progress.stage("project", 0, events)
    known = [tools.maps.get(key) for _, _, _, key in parts]
    fresh = any(points is None for points in known)
    if fresh:
        points = np.full((events, 2), np.nan, dtype=np.float32)
        points[sample] = project(
            _sampled_vectors(storage, tools, sample, progress), mean=mean, seed=config.seed
        )
    for (person, start, size, key), cached in zip(parts, known, strict=True):
        own = points[start : start + size] if cached is None else cached
        tools.maps.put(key, own)
        storage.save_map(person, key, own)
    progress.update(events)
    return {
        "kind": "log",
        "drawn": int(fresh),
        "cached": int(not fresh),
        "left_out": events - len(sample),
    }


def _sampled_vectors(
    storage: RunStorage, tools: Tools, sample: np.ndarray, progress: Progress
) -> np.ndarray:
    rows = []
    start = 0
    for _, timeline in storage.timelines():
        check(progress)
        low, high = np.searchsorted(sample, [start, start + len(timeline)])
        keys = storage.text_keys(timeline)
        chosen = [keys[at - start] for at in sample[low:high]]
        if chosen:
            rows.append(tools.vectors.get(tools.embedder.id, chosen))
        start += len(timeline)
    return np.concatenate(rows) if rows else np.zeros((0, tools.embedder.dimension), np.float32)


def _digest(tools: Tools, mean: np.ndarray, seed: int, kind: bytes) -> blake2b:
    digest = blake2b(key=tools.map_key, digest_size=24, person=b"map" + kind)
    digest.update(f"{PROJECTION_ID}\x1f{tools.embedder.id}\x1f{seed}\x1f".encode())
    digest.update(np.ascontiguousarray(mean, dtype="<f4").tobytes())
    return digest
