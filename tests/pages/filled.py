"""A store with a log that was discovered by the real pipeline with the fake embedder."""

from __future__ import annotations

from typing import Any

from journeys.discovery import DiscoveryConfig
from journeys.embedding.fake import FakeEmbedder
from journeys.jobs.execute import execute
from journeys.settings import Settings
from journeys.store import Store
from journeys.timeline import ActivityLog
from tests.logs import make_log


def discovered(store: Store, log: ActivityLog | None = None, **config: Any) -> tuple[int, int]:
    """Import and discover a log; returns the ids of log and run. No map unless asked for."""
    log_id = store.logs.add(log or make_log(users=2), "A made-up log")
    wanted = DiscoveryConfig(**{"map": "none", **config})
    run_id = store.runs.create(log_id, wanted.to_dict())
    assert store.runs.claim(run_id, "test")
    execute(
        store, Settings.from_environment(), run_id, "test", make_embedder=lambda _: FakeEmbedder()
    )
    assert store.runs.get(run_id).status == "done"
    return log_id, run_id
