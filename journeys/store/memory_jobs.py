"""Jobs that tell of one person's partitions, in the queue of runs.

A job is a run of a kind of its own, so it is claimed, renewed, cancelled and resumed like one,
and an erasure stops it like one. What it is about stands in its configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, insert, select

from journeys.errors import ConfigError, StoreError
from journeys.store.engine import now, still_there
from journeys.store.memory_schema import MemoryRow
from journeys.store.runs import MEMORY, RunSummary
from journeys.store.schema import Run


@dataclass(frozen=True)
class TellingJob:
    """What a job is to do.

    Attributes:
        teller: one of :data:`journeys.jobs.tellers.TELLERS`.
        model: of the endpoint, or a local one by name; '' for the chosen or recommended one.
        up_to: number of the last partition to tell of.
        anew: tell of those, too, that another teller has told of, as a further version.
        max_calls: through an endpoint; None for no limit.
    """

    memory_id: int
    person_id: int
    teller: str
    up_to: int
    model: str = ""
    anew: bool = False
    max_calls: int | None = None

    @classmethod
    def of(cls, run: RunSummary) -> TellingJob:
        """The job that a run of the kind "memory" is.

        Raises:
            ConfigError: the run is none.
        """
        try:
            return cls(**run.config)
        except TypeError as error:
            raise ConfigError(f"Run {run.id} does not tell of a memory: {error}.") from error


class MemoryJobStore:
    """Create and find jobs; :class:`~journeys.store.runs.RunStore` carries them through."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, job: TellingJob) -> int:
        """A new job, queued; returns its id as a run.

        Raises:
            StoreError: the memory is no longer there.
        """
        with still_there("This memory"), self._engine.begin() as connection:
            log_id = connection.scalar(
                select(MemoryRow.log_id).where(MemoryRow.id == job.memory_id)
            )
            if log_id is None:
                raise StoreError(f"There is no memory {job.memory_id}; it may have been deleted.")
            run_id: int = connection.execute(
                insert(Run).returning(Run.id),
                {
                    "log_id": log_id,
                    "kind": MEMORY,
                    "status": "queued",
                    "config": asdict(job),
                    "manifest": {},
                    "created_at": now(),
                },
            ).scalar_one()
        return run_id

    def newest(self, memory_id: int, person_id: int) -> RunSummary | None:
        """A person's newest job; None where there was none."""
        query = (
            select(Run.__table__)
            .where(of_memory(memory_id), Run.config["person_id"].as_integer() == person_id)
            .order_by(Run.id.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return RunSummary(**row) if row else None


def of_memory(memory_id: int) -> ColumnElement[bool]:
    """On ``run``: it is a job about this memory."""
    return and_(Run.kind == MEMORY, Run.config["memory_id"].as_integer() == memory_id)


def of_people(people: Sequence[int]) -> ColumnElement[bool]:
    """On ``run``: it is a job about one of these people."""
    person: Any = Run.config["person_id"].as_integer()
    return and_(Run.kind == MEMORY, person.in_(people))
