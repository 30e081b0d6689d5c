"""How the queue of runs is: figures for whoever watches a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from journeys.store.engine import now, shared_now
from journeys.store.runs import LEASE_SECONDS
from journeys.store.schema import Run
from journeys.store.workers import WorkerStore


@dataclass(frozen=True)
class QueueFigures:
    """The queue at one moment.

    Attributes:
        runs: (kind, status) -> how many.
        waiting_seconds: age of the oldest run that waits, 0 without one.
        stale: runs whose worker gives no sign of life.
        workers: workers alive.
        busy_seconds: (kind, status) -> seconds of work of the runs that ended, first claim to end.
    """

    runs: Mapping[tuple[str, str], int]
    waiting_seconds: float
    stale: int
    workers: int
    busy_seconds: Mapping[tuple[str, str], float]


def queue_figures(engine: Engine) -> QueueFigures:
    """Look at the queue."""
    at = now()
    silent = shared_now(engine) - LEASE_SECONDS * 1_000_000
    with engine.connect() as connection:
        counted = connection.execute(
            select(Run.kind, Run.status, func.count(), func.sum(Run.finished_at - Run.started_at))
            .group_by(Run.kind, Run.status)
            .order_by(Run.kind, Run.status)
        ).all()
        oldest = connection.scalar(select(func.min(Run.created_at)).where(Run.status == "queued"))
        stale = connection.scalar(
            select(func.count()).where(Run.status == "running", Run.heartbeat_at < silent)
        )
    return QueueFigures(
        {(kind, status): count for kind, status, count, _ in counted},
        max(at - oldest, 0) / 1e6 if oldest else 0.0,
        stale or 0,
        len(WorkerStore(engine).alive()),
        {(kind, status): float(spent) / 1e6 for kind, status, _, spent in counted if spent},
    )
