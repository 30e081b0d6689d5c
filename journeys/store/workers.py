"""Which worker processes are alive, as they tell themselves."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert, select, update

from journeys.store.engine import now
from journeys.store.schema import Worker

#: A worker that was silent for this long is taken for dead.
SILENT_SECONDS = 20


@dataclass(frozen=True)
class WorkerSummary:
    """A worker that gave a sign of life lately."""

    id: str
    pid: int
    host: str
    started_at: int
    heartbeat_at: int


class WorkerStore:
    """Sign on, give signs of life, sign off."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def sign_on(self, worker_id: str, pid: int, host: str) -> None:
        """Announce a worker, and forget those long silent."""
        at = now()
        with self._engine.begin() as connection:
            connection.execute(
                delete(Worker).where(Worker.heartbeat_at < at - 10 * SILENT_SECONDS * 1_000_000)
            )
            connection.execute(
                insert(Worker),
                {
                    "id": worker_id,
                    "pid": pid,
                    "host": host,
                    "started_at": at,
                    "heartbeat_at": at,
                },
            )

    def beat(self, worker_id: str) -> None:
        """Give a sign of life."""
        with self._engine.begin() as connection:
            connection.execute(
                update(Worker).where(Worker.id == worker_id).values(heartbeat_at=now())
            )

    def sign_off(self, worker_id: str) -> None:
        """Say that a worker ends."""
        with self._engine.begin() as connection:
            connection.execute(delete(Worker).where(Worker.id == worker_id))

    def alive(self) -> list[WorkerSummary]:
        """Workers that gave a sign of life within :data:`SILENT_SECONDS`."""
        query = select(Worker.__table__).where(
            Worker.heartbeat_at > now() - SILENT_SECONDS * 1_000_000
        )
        with self._engine.connect() as connection:
            return [WorkerSummary(**row) for row in connection.execute(query).mappings()]
