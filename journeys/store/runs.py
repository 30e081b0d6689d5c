"""Runs: their state, progress, and which worker holds them.

A worker *claims* a run with a lease and renews it with every sign of progress. A run whose lease
has not been renewed for :data:`LEASE_SECONDS` belongs to nobody: its worker was killed, and
another may claim it and go on from what is stored. Leases go by the database's clock where it has
one, and one from the future is void too: a clock that was set back must not keep a run for hours.
Whoever writes a run's results says by which lease (:func:`hold`), so that a worker that slept
through the end of its lease writes nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, func, insert, or_, select, update

from journeys.errors import StoreError
from journeys.store.engine import now, shared_now
from journeys.store.schema import NamingJob, Run, UserResult

#: A lease that was not renewed for this long is void.
LEASE_SECONDS = 30

#: The steps of a run, in order, with what a person reads.
STAGES = {
    "read": "Reading the log",
    "embed": "Embedding texts",
    "cluster": "Finding journeys",
    "stability": "Measuring stability",
    "name": "Naming journeys",
    "project": "Drawing maps",
}

ACTIVE = ("queued", "running")

#: Kinds of runs: a discovery, or a job of :mod:`journeys.store.naming_jobs`,
#: :mod:`journeys.store.memory_jobs` or :mod:`journeys.store.encoder_jobs`.
DISCOVERY, NAMES, MEMORY, ENCODER = "discovery", "names", "memory", "encoder"


@dataclass(frozen=True)
class RunSummary:
    """A run's state. Times are microseconds since 1970-01-01 UTC."""

    id: int
    log_id: int
    status: str
    stage: str
    done: int
    total: int
    stage_started_at: int | None
    stage_started_done: int
    config: dict[str, Any]
    manifest: dict[str, Any]
    created_at: int
    started_at: int | None
    finished_at: int | None
    heartbeat_at: int | None
    lease: str | None
    cancel_requested: bool
    message: str
    kind: str = DISCOVERY

    @property
    def active(self) -> bool:
        """Waiting for a worker, or being worked on."""
        return self.status in ACTIVE

    @property
    def held(self) -> bool:
        """A worker is on it, and gave a sign of life within :data:`LEASE_SECONDS`."""
        silent = abs(now() - (self.heartbeat_at or 0))
        return self.status == "running" and silent <= LEASE_SECONDS * 1_000_000

    def seconds_left(self, at: int | None = None) -> float | None:
        """Seconds until the present stage ends at the rate seen in it so far; None if unknown."""
        if self.status != "running" or self.stage_started_at is None:
            return None
        elapsed = ((at or now()) - self.stage_started_at) / 1e6
        fresh = self.done - self.stage_started_done
        if fresh <= 0 or elapsed <= 0.5:
            return None
        return elapsed / fresh * max(self.total - self.done, 0)


class RunStore:
    """Create, watch, claim and end runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, log_id: int, config: dict[str, Any]) -> int:
        """A new run, queued; returns its id."""
        with self._engine.begin() as connection:
            run_id: int = connection.execute(
                insert(Run).returning(Run.id),
                {
                    "log_id": log_id,
                    "status": "queued",
                    "config": config,
                    "manifest": {},
                    "created_at": now(),
                },
            ).scalar_one()
        return run_id

    def get(self, run_id: int) -> RunSummary:
        """One run.

        Raises:
            StoreError: there is no such run.
        """
        with self._engine.connect() as connection:
            row = (
                connection.execute(select(Run.__table__).where(Run.id == run_id)).mappings().first()
            )
        if row is None:
            raise StoreError(f"There is no run {run_id}; it may have been deleted.")
        return RunSummary(**row)

    def list(self, log_id: int | None = None, *, every_kind: bool = False) -> Sequence[RunSummary]:
        """Runs, newest first; of one log or of all; discoveries only, or of every kind."""
        query = select(Run.__table__).order_by(Run.id.desc())
        if not every_kind:
            query = query.where(Run.kind == DISCOVERY)
        if log_id is not None:
            query = query.where(Run.log_id == log_id)
        with self._engine.connect() as connection:
            return [RunSummary(**row) for row in connection.execute(query).mappings()]

    def with_results(self, log_id: int) -> Sequence[RunSummary]:
        """The runs of a log that found something for somebody, newest first."""
        query = (
            select(Run.__table__)
            .where(Run.log_id == log_id)
            .where(select(UserResult.run_id).where(UserResult.run_id == Run.id).exists())
            .order_by(Run.id.desc())
        )
        with self._engine.connect() as connection:
            return [RunSummary(**row) for row in connection.execute(query).mappings()]

    def latest_with_results(self, log_id: int) -> RunSummary | None:
        """The newest run of a log that found something for somebody."""
        return next(iter(self.with_results(log_id)), None)

    def claimable(self) -> Sequence[int]:
        """Runs that wait, or whose worker is gone; oldest first."""
        query = select(Run.id).where(self._unheld()).order_by(Run.id)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def claim(self, run_id: int, lease: str) -> bool:
        """Take a run; false when another worker holds it or it is no longer active."""
        with self._engine.begin() as connection:
            taken = connection.execute(
                update(Run)
                .where(Run.id == run_id, self._unheld())
                .values(_held_since(shared_now(self._engine), lease))
            ).rowcount
        return bool(taken)

    def claim_next(self, lease: str) -> int | None:
        """Take the oldest run that waits or whose worker is gone; None where there is none.

        On PostgreSQL workers that ask at once skip what another is about to take, so each gets a
        run of its own; on SQLite they come one after the other.
        """
        free = select(Run.id).where(self._unheld()).order_by(Run.id).limit(1)
        with self._engine.begin() as connection:
            taken: int | None = connection.scalar(
                update(Run)
                .where(Run.id == free.with_for_update(skip_locked=True).scalar_subquery())
                .values(_held_since(shared_now(self._engine), lease))
                .returning(Run.id)
            )
        return taken

    def release(self, lease: str) -> None:
        """Give back whatever a worker holds, so that the next can go on at once."""
        with self._engine.begin() as connection:
            connection.execute(
                update(Run)
                .where(Run.lease == lease, Run.status == "running")
                .values(status="queued", lease=None)
            )

    def void_leases(self) -> None:
        """Put every run that was being worked on back into the queue."""
        with self._engine.begin() as connection:
            connection.execute(
                update(Run).where(Run.status == "running").values(status="queued", lease=None)
            )

    def renew(self, lease: str) -> None:
        """Say that the holder of a lease is alive, though its run may have no progress to show."""
        with self._engine.begin() as connection:
            connection.execute(
                update(Run)
                .where(Run.lease == lease, Run.status == "running")
                .values(heartbeat_at=shared_now(self._engine))
            )

    def enter_stage(self, run_id: int, lease: str, stage: str, done: int, total: int) -> None:
        """Begin a stage of which ``done`` of ``total`` is there already."""
        self._set(
            run_id,
            lease,
            stage=stage,
            done=done,
            total=total,
            stage_started_at=now(),
            stage_started_done=done,
        )

    def progress(self, run_id: int, lease: str, done: int, total: int) -> bool:
        """Note progress and renew the lease; true when the user asked to cancel.

        Raises:
            StoreError: another worker has taken the run over, or it was deleted.
        """
        self._set(run_id, lease, done=done, total=total)
        with self._engine.connect() as connection:
            return bool(connection.scalar(select(Run.cancel_requested).where(Run.id == run_id)))

    def save_manifest(self, run_id: int, lease: str, manifest: dict[str, Any]) -> None:
        """Keep the manifest as far as it is known."""
        self._set(run_id, lease, manifest=manifest)

    def finish(self, run_id: int, lease: str, status: str, message: str = "") -> None:
        """End a run as done, failed or cancelled, with a sentence for the user."""
        self._set(
            run_id, lease, status=status, message=message, finished_at=now(), cancel_requested=False
        )

    def request_cancel(self, run_id: int) -> None:
        """Ask the worker to stop; a run that no worker has begun ends at once."""
        with self._engine.begin() as connection:
            connection.execute(
                update(Run)
                .where(Run.id == run_id, Run.status == "queued")
                .values(status="cancelled", finished_at=now())
            )
            connection.execute(
                update(Run)
                .where(Run.id == run_id, Run.status == "running")
                .values(cancel_requested=True)
            )

    def requeue(self, run_id: int, config: dict[str, Any] | None = None) -> None:
        """Let a run that ended go on from what is stored, perhaps with another namer."""
        values: dict[str, Any] = {
            "status": "queued",
            "lease": None,
            "cancel_requested": False,
            "finished_at": None,
            "message": "",
        }
        if config is not None:
            values["config"] = config
        with self._engine.begin() as connection:
            connection.execute(
                update(Run).where(Run.id == run_id, Run.status.not_in(ACTIVE)).values(**values)
            )

    def delete(self, run_id: int) -> None:
        """Remove a run with its journeys, names, ratings and naming jobs."""
        jobs = select(NamingJob.run_id).where(NamingJob.of_run == run_id)
        with self._engine.begin() as connection:
            connection.execute(delete(Run).where(or_(Run.id == run_id, Run.id.in_(jobs))))

    def _set(self, run_id: int, lease: str, **values: Any) -> None:
        with self._engine.begin() as connection:
            hold(connection, run_id, lease, **values)

    def _unheld(self) -> Any:
        return or_(
            Run.status == "queued",
            and_(
                Run.status == "running",
                or_(Run.heartbeat_at.is_(None), ~_lately(shared_now(self._engine))),
            ),
        )


def hold(connection: Connection, run_id: int, lease: str, **values: Any) -> None:
    """Renew a lease within a transaction, which then writes for its holder or not at all.

    The run's row stays locked until the transaction ends, so nobody takes the run over in between.

    Raises:
        StoreError: another worker has taken the run over, or it was deleted.
    """
    changed = connection.execute(
        update(Run)
        .where(Run.id == run_id, Run.lease == lease, Run.status == "running")
        .values(heartbeat_at=shared_now(connection.engine), **values)
    ).rowcount
    if not changed:
        raise StoreError(f"Run {run_id} is no longer held by this worker.")


def _held_since(at: Any, lease: str) -> dict[str, Any]:
    return {
        "status": "running",
        "lease": lease,
        "heartbeat_at": at,
        "started_at": func.coalesce(Run.started_at, at),
        "message": "",
    }


def _lately(at: Any) -> Any:
    """A sign of life within :data:`LEASE_SECONDS` of a time, in either direction."""
    return Run.heartbeat_at.between(at - LEASE_SECONDS * 1_000_000, at + LEASE_SECONDS * 1_000_000)
