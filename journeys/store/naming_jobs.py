"""Jobs that name one person's journeys by another namer, in the queue of runs.

A job is a run of a kind of its own, so it is claimed, renewed, cancelled and resumed like one,
and an erasure stops it like one. It finds no journeys: it is about those of another run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, insert, select

from journeys.errors import StoreError
from journeys.store.engine import now, still_there
from journeys.store.runs import NAMES, RunSummary
from journeys.store.schema import NamingJob, Run


@dataclass(frozen=True)
class JobSubject:
    """Whose journeys, found by which run."""

    of_run: int
    person_id: int


class NamingJobStore:
    """Create and find jobs; :class:`~journeys.store.runs.RunStore` carries them through."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, of_run: int, person_id: int, config: dict[str, Any]) -> int:
        """A new job, queued; returns its id as a run.

        Args:
            config: of the run whose journeys are named, with the other namer in it.

        Raises:
            StoreError: the run or the person is no longer there.
        """
        with still_there("This person"), self._engine.begin() as connection:
            log_id = connection.scalar(select(Run.log_id).where(Run.id == of_run))
            if log_id is None:
                raise StoreError(f"There is no run {of_run}; it may have been deleted.")
            run_id: int = connection.execute(
                insert(Run).returning(Run.id),
                {
                    "log_id": log_id,
                    "kind": NAMES,
                    "status": "queued",
                    "config": config,
                    "manifest": {},
                    "created_at": now(),
                },
            ).scalar_one()
            connection.execute(
                insert(NamingJob), {"run_id": run_id, "of_run": of_run, "person_id": person_id}
            )
        return run_id

    def subject(self, run_id: int) -> JobSubject:
        """What a job is about.

        Raises:
            StoreError: there is no such job any more.
        """
        query = select(NamingJob.of_run, NamingJob.person_id).where(NamingJob.run_id == run_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise StoreError(f"There is no naming job {run_id}; it may have been erased.")
        return JobSubject(*row)

    def newest(self, of_run: int, person_id: int) -> RunSummary | None:
        """A person's newest job about a run's journeys; None where there was none."""
        query = (
            select(Run.__table__)
            .join(NamingJob, NamingJob.run_id == Run.id)
            .where(NamingJob.of_run == of_run, NamingJob.person_id == person_id)
            .order_by(Run.id.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return RunSummary(**row) if row else None
