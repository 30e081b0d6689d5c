"""What several pages let a person do: open the sample, queue a discovery, wake the worker."""

from __future__ import annotations

from typing import Any

from journeys.discovery.config import DiscoveryConfig
from journeys.jobs.worker import ensure_worker
from journeys.sample import SAMPLE_NAME, read_sample
from pages.parts import state
from pages.parts.resources import settings, store


def discover(log_id: int, config: DiscoveryConfig) -> int:
    """Queue a discovery and see to it that a worker is there; returns the run's id."""
    run_id = store().runs.create(log_id, config.to_dict())
    wake_worker()
    return run_id


def go_on(run_id: int, changes: dict[str, Any] | None = None) -> None:
    """Let a run that ended go on, perhaps with another namer."""
    config = store().runs.get(run_id).config
    store().runs.requeue(run_id, config | changes if changes else None)
    wake_worker()


def wake_worker() -> None:
    """Start the worker unless one is alive."""
    ensure_worker(settings(), store())


def open_sample() -> None:
    """Look at the sample log; import and discover it first where that was not done yet."""
    known = [log for log in store().logs.list() if log.is_sample]
    log_id = known[0].id if known else store().logs.add(read_sample(), SAMPLE_NAME, is_sample=True)
    if not store().runs.list(log_id):
        discover(log_id, DiscoveryConfig())
    state.choose_log(log_id)
