"""Which worker processes are alive, as they tell themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from journeys.store.engine import shared_now
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
        at = shared_now(self._engine)
        with self._engine.begin() as connection:
            connection.execute(delete(Worker).where(~_within(at, 10 * SILENT_SECONDS)))
            connection.execute(
                insert(Worker).values(
                    id=worker_id, pid=pid, host=host, started_at=at, heartbeat_at=at
                )
            )

    def beat(self, worker_id: str, pid: int, host: str) -> None:
        """Give a sign of life; whom another has forgotten is announced again."""
        with self._engine.begin() as connection:
            known = connection.execute(
                update(Worker)
                .where(Worker.id == worker_id)
                .values(heartbeat_at=shared_now(self._engine))
            ).rowcount
        if not known:
            self.sign_on(worker_id, pid, host)

    def sign_off(self, worker_id: str) -> None:
        """Say that a worker ends."""
        with self._engine.begin() as connection:
            connection.execute(delete(Worker).where(Worker.id == worker_id))

    def alive(self) -> list[WorkerSummary]:
        """Workers that gave a sign of life within :data:`SILENT_SECONDS`."""
        query = select(Worker.__table__).where(_within(shared_now(self._engine), SILENT_SECONDS))
        with self._engine.connect() as connection:
            return [WorkerSummary(**row) for row in connection.execute(query).mappings()]


def _within(at: Any, seconds: int) -> Any:
    """A sign of life within so many seconds of a time; one from the future is no sign."""
    return Worker.heartbeat_at.between(at - seconds * 1_000_000, at + seconds * 1_000_000)
