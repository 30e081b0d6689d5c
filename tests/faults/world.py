"""The world that is disturbed: database, endpoint, network, disk, clock, workers and an app."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from journeys.discovery import DiscoveryConfig
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import JourneysError
from journeys.jobs.execute import execute
from journeys.privacy import SECRET_FILE
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.study.default_design import default_design
from journeys.timeline import ActivityLog
from tests.faults.actors import Appender, Stage
from tests.faults.clock import MovedClock
from tests.faults.disk import Disk
from tests.faults.endpoint import FaultyEndpoint
from tests.faults.postgres import Postgres
from tests.faults.processes import context, run_app, run_worker
from tests.faults.proxy import Proxy
from tests.logs import make_log

#: Requests to the endpoint under way at once, for each worker.
CONCURRENCY = 4
NAMED = DiscoveryConfig(namer="openai", map="none", concurrency=CONCURRENCY)


def made_up(number: int) -> ActivityLog:
    """A small log that shares no text with those of other numbers."""
    frame = make_log(users=2, per_topic=12, seed=number).frame.copy()
    frame["title"] += f" part {number}"
    return ActivityLog(frame)


class World:
    """Everything, in a folder; the ledgers are outside of the disk that may be filled."""

    def __init__(
        self, folder: Path, *, on_postgresql: bool, workers: int = 1, participants: int = 4,
        waiting: int = 2,
    ) -> None:  # fmt: skip
        self.folder = folder
        self.on_postgresql = on_postgresql
        self.ended: Counter[str] = Counter()
        """Processes that ended though nobody killed them."""
        self.killed: Counter[str] = Counter()
        self.resumed: Counter[str] = Counter()
        """What a run said that had to be resumed by hand."""
        self.runs: dict[int, int] = {}
        """Run -> number of what is in its log."""
        self.lapses: list[float] = []
        """When workers who are alive lost their leases."""
        self.damaged: set[int] = set()
        """Numbers of paid answers that were stored, and then damaged."""
        self._waiting = waiting
        self._participants = participants
        self._processes: dict[str, Any] = {}
        self._names = [f"worker-{at}" for at in range(workers if on_postgresql else 1)] + ["app"]
        self.disk = Disk(folder / "disk", 600 if on_postgresql else 100)
        self.home = self.disk.folder / "home"
        self.clock = MovedClock(folder / "clock")
        self.endpoint = FaultyEndpoint(self.any_stored)
        self.to_endpoint = Proxy(("127.0.0.1", self.endpoint.port))
        self.server: Postgres | None = None
        self.to_database: Proxy | None = None
        url = ""
        if on_postgresql:
            self.server = Postgres(self.disk.folder / "postgresql")
            self.server.start()
            self.to_database = Proxy(("127.0.0.1", self.server.port))
            url = self.server.url()
        self._direct = {"JOURNEYS_HOME": str(self.home), "DATABASE_URL": url}
        self.settings = Settings.from_environment(self._direct)
        self.store = open_store(self.settings)
        self.engine = create_engine(self.settings.database_url, poolclass=NullPool)
        self._forked = context()

    @property
    def environment(self) -> Mapping[str, str]:
        """Of workers and apps, who go through the proxies."""
        through = dict(self._direct)
        if self.server and self.to_database:
            through["DATABASE_URL"] = self.server.url(self.to_database.port)
        return through | {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{self.to_endpoint.port}/v1",
            "OPENAI_MODEL": "fake",
            "OPENAI_API_KEY": "none",
            "OMP_NUM_THREADS": "1",
        }

    def set_up(self) -> None:
        """A study over a run that is done, a log to add to, and everybody at work."""
        log = self.store.logs.add(make_log(users=self._participants), "rated")
        run = self.store.runs.create(log, replace(NAMED, namer="keyphrase").to_dict())
        self.store.runs.claim(run, "harness")
        execute(self.store, self.settings, run, "harness", make_embedder=lambda _: FakeEmbedder())
        study = self.store.studies.create(log, default_design(), {"a": run})
        self.store.studies.open(study)
        people = [p.person_id for p in self.store.results.people(run) if p.n_journeys]
        tokens = tuple(link.token for link in self.store.invitations.invite(study, people))
        for token in tokens:
            self.store.participation.give_consent(self.store.invitations.enter(token))
        journeys = tuple(dict.fromkeys(id_ for *_, id_ in self.store.results.assignments(run)))
        stage = Stage(run, tuple(id_ for id_ in journeys if id_), -1, tokens)
        first = Appender(stage, 9).piece(0)
        stage = replace(stage, appended=self.store.logs.add(first, "appended to"))
        stage.save(self.folder)
        self.tend()

    # What keeps the world going

    def tend(self) -> None:
        """Start what has ended, as a service manager does, and let there be runs to work on."""
        if self.server and not self.server.alive:
            self.server.start()
        for name in self._names:
            process = self._processes.get(name)
            if process is None or not process.is_alive():
                if process is not None:
                    self.ended[f"{name.partition('-')[0]}: exit {process.exitcode}"] += 1
                self._start(name)
        with suppress(DBAPIError, JourneysError):
            self.resume()
            active = sum(self.store.runs.get(run).active for run in list(self.runs)[-10:])
            for _ in range(active, self._waiting):
                self.queue(len(set(self.runs.values())))

    def resume(self) -> None:
        """Go on with runs that ended without all that was asked for, as a person would."""
        for run in self.store.runs.list():
            if run.id in self.runs and not run.active and (run.status != "done" or run.message):
                self.resumed[f"{run.status}: {run.message[-160:]}"] += 1
                self.store.runs.requeue(run.id)

    def queue(self, number: int) -> None:
        """A log and a run of it; where the number was there before, all texts are known."""
        log = self.store.logs.add(made_up(number), f"log {number}")
        self.runs[self.store.runs.create(log, NAMED.to_dict())] = number

    def _start(self, name: str) -> None:
        given = (self.environment, self.clock.path, self.folder / f"{name}.log")
        target, more = (run_app, (self.folder,)) if name == "app" else (run_worker, ())
        process = self._forked.Process(target=target, args=(*given, *more), daemon=True)
        process.start()
        self._processes[name] = process

    # What disturbs it

    @property
    def workers(self) -> list[str]:
        return self._names[:-1]

    def kill(self, name: str, *, forget_lease: bool = True) -> None:
        """SIGKILL; where others wait for its lease, that may run out at once."""
        process = self._processes.pop(name)
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
            self.killed[name.partition("-")[0]] += 1
        process.join()
        if name != "app" and self.on_postgresql and forget_lease:
            with suppress(DBAPIError):
                self.execute(
                    "UPDATE run SET heartbeat_at = 0 WHERE status = 'running' AND lease LIKE :who",
                    {"who": f"%:{process.pid}:%"},
                )
        self._start(name)

    def kill_database(self) -> None:
        """The server with all its processes; on SQLite everybody who has the file open."""
        if self.server:
            self.server.kill()
            self.killed["database"] += 1
            return
        for name in self._names:
            self.kill(name)

    # What is seen from outside

    def execute(self, statement: str, values: dict[str, Any] | list[dict[str, Any]]) -> None:
        """One statement, or the same for each of several values, in one transaction."""
        if values or isinstance(values, dict):
            with self.engine.begin() as connection:
                connection.execute(text(statement), values)

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(statement), values))

    def any_stored(self, numbers: list[int]) -> bool:
        """Whether one of these answers is in the database; false where that cannot be asked."""
        listed = ", ".join(str(number) for number in numbers)
        try:
            return bool(self.rows(f"SELECT 1 FROM completion WHERE prompt_tokens IN ({listed})"))
        except DBAPIError:
            return False

    # How it ends

    def heal(self) -> None:
        """Nothing is disturbed any more."""
        self.disk.free()
        self.clock.move(0)
        self.endpoint.bad.clear()
        for proxy in (self.to_endpoint, self.to_database):
            if proxy:
                proxy.delay, proxy.refusing = 0.0, False
        self._waiting = 0

    def finish(self, seconds: float) -> bool:
        """Wait until every run has ended well; false where that takes longer."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.tend()
            with suppress(DBAPIError):
                ended = [self.store.runs.get(run) for run in self.runs]
                if all(run.status == "done" and not run.message for run in ended):
                    return True
            time.sleep(0.3)
        return False

    def stop(self) -> None:
        """End the processes; the database stays to be looked at."""
        for process in self._processes.values():
            process.kill()
            process.join()
        self._processes.clear()

    def close(self) -> None:
        self.stop()
        self.store.close()
        self.engine.dispose()
        self.to_endpoint.close()
        self.endpoint.close()
        if self.to_database:
            self.to_database.close()
        if self.server:
            self.server.kill()
        self.disk.close()

    def undisturbed(self, home: Path) -> tuple[Store, dict[int, int]]:
        """Another installation with the same secret, in which the same logs had the same runs.

        Returns:
            Its store, and its run by the number of what is in the log.
        """
        home.mkdir()
        shutil.copy(self.home / SECRET_FILE, home / SECRET_FILE)
        polite = FaultyEndpoint(lambda _: False, seconds=0.0)
        settings = Settings.from_environment(
            {
                "JOURNEYS_HOME": str(home),
                "OPENAI_BASE_URL": f"http://127.0.0.1:{polite.port}/v1",
                "OPENAI_MODEL": "fake",
            }
        )
        store = open_store(settings)
        runs = {}
        for number in dict.fromkeys(self.runs.values()):
            log = store.logs.add(made_up(number), f"log {number}")
            runs[number] = store.runs.create(log, NAMED.to_dict())
            store.runs.claim(runs[number], "harness")
            execute(
                store, settings, runs[number], "harness", make_embedder=lambda _: FakeEmbedder()
            )
            ended = store.runs.get(runs[number])
            if ended.status != "done" or ended.message:
                raise RuntimeError(f"undisturbed, a run is {ended.status}: {ended.message}")
        polite.close()
        return store, runs
