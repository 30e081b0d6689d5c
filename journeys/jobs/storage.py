"""A run's storage in the database, and its progress there."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from journeys.discovery.storage import Earlier
from journeys.editing import Edit
from journeys.journey import Names, UserJourneys
from journeys.store import Store
from journeys.timeline import Timeline


class DatabaseStorage:
    """A :class:`~journeys.discovery.storage.RunStorage` on the store; people by their row id."""

    def __init__(self, store: Store, run_id: int, lease: str) -> None:
        self._store = store
        self._run = store.runs.get(run_id)
        self._log = store.logs.get(self._run.log_id)
        self._lease = lease

    def size(self) -> tuple[int, int]:
        return self._log.n_users, self._log.n_events

    def last_time(self) -> int:
        return self._log.last_time

    def timelines(self) -> Iterator[tuple[int, Timeline]]:
        return self._store.logs.timelines(self._log.id)

    def text_keys(self, timeline: Timeline) -> list[bytes]:
        return list(timeline.frame["text_key"])

    def finished(self) -> Container[int]:
        return self._store.results.finished_people(self._run.id)

    def earlier(self, person: int, timeline: Timeline) -> Earlier | None:
        return self._store.results.earlier(self._run.id, person, timeline)

    def edits(self, person: int, timeline: Timeline) -> Sequence[Edit]:
        return self._store.edits.on(person, timeline)

    def earlier_names(self, person: int) -> Mapping[str, Names]:
        return self._store.names.of_earlier_runs(self._run.id, person)

    def save_user(self, person: int, timeline: Timeline, result: UserJourneys) -> None:
        event_ids = timeline.frame["event_id"].to_numpy()
        self._store.results.save_user(self._run.id, person, event_ids, result, self._lease)

    def load_user(self, person: int) -> tuple[Timeline, UserJourneys]:
        timeline = self._store.logs.timeline(person)
        return timeline, self._store.results.user(self._run.id, person, timeline)

    def unnamed(self, namer: str) -> Sequence[tuple[int, str]]:
        return self._store.results.unnamed(self._run.id, namer)

    def save_names(self, person: int, journey_id: str, names: Names) -> None:
        self._store.results.add_names(self._run.id, journey_id, names, self._lease)

    def save_map(self, person: int, key: str, points: np.ndarray) -> None:
        self._store.results.set_map(self._run.id, person, key)

    def manifest(self) -> dict[str, Any]:
        """The run's own, or the mean that the log's earlier runs have frozen."""
        own = self._store.runs.get(self._run.id).manifest
        if own:
            return own
        for earlier in self._store.runs.list(self._log.id):
            same = earlier.config.get("embedder") == self._run.config.get("embedder")
            if same and "mean" in earlier.manifest:
                return {"mean": earlier.manifest["mean"]}
        return {}

    def save_manifest(self, manifest: dict[str, Any]) -> None:
        self._store.runs.save_manifest(self._run.id, self._lease, manifest)


class DatabaseProgress:
    """Writes a run's progress to the database a few times a second, and hears of cancelling.

    Args:
        shutting_down: true once the worker was asked to end; the run then stops too, and waits
            for the next worker.
    """

    def __init__(
        self,
        store: Store,
        run_id: int,
        lease: str,
        shutting_down: Callable[[], bool] = lambda: False,
        every: float = 0.3,
    ) -> None:
        self._store = store
        self._run_id = run_id
        self._lease = lease
        self._shutting_down = shutting_down
        self._every = every
        self._total = self._done = 0
        self._written_at = 0.0
        self._cancelled = False

    def stage(self, name: str, done: int, total: int) -> None:
        self._done, self._total = done, total
        self._store.runs.enter_stage(self._run_id, self._lease, name, done, total)
        self._written_at = time.monotonic()

    def update(self, done: int) -> None:
        self._done = done
        self._write(force=done >= self._total)

    def should_stop(self) -> bool:
        self._write(force=False)
        return self._cancelled or self._shutting_down()

    def _write(self, force: bool) -> None:
        at = time.monotonic()
        if force or at - self._written_at >= self._every:
            self._written_at = at
            self._cancelled = self._store.runs.progress(
                self._run_id, self._lease, self._done, self._total
            )
