"""The worker: a process that claims runs and carries them out, one at a time.

The queue is the table of runs itself: claiming is one conditional UPDATE, and a lease that is
no longer renewed gives a killed worker's run to the next. On SQLite a file lock keeps a second
worker away; on a server database several work side by side.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from filelock import FileLock, Timeout

from journeys.errors import ConfigError, StoreError
from journeys.jobs.execute import execute
from journeys.jobs.logs import figures, set_up_logs
from journeys.settings import Settings, child_environment
from journeys.store import Store, open_store
from journeys.store.outages import is_outage

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
BEAT_SECONDS = 4.0
#: Seconds for which a worker that starts waits for a database server that starts, too.
STARTING_SECONDS = 60.0
#: Most seconds between two looks whether a database that was away is back.
LONGEST_PAUSE = 10.0

#: A worker without work ends after this long, and gives its memory back.
IDLE_SECONDS = 15 * 60

LOG_FILE = "worker.log"


def work(
    settings: Settings,
    *,
    idle_seconds: float | None = IDLE_SECONDS,
    stop: threading.Event | None = None,
    run_one: Callable[..., None] = execute,
) -> int:
    """Claim and carry out runs until there is nothing to do for ``idle_seconds`` (None: never).

    Returns:
        The number of runs carried out. 0 at once when another worker has this database.
    """
    stop = stop or threading.Event()
    store = _open(settings, stop)
    lock = FileLock(settings.home / "worker.lock")
    single = store.engine.dialect.name == "sqlite"
    if single:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            store.close()
            return 0
    worker_id = f"{socket.gethostname()[:20]}:{os.getpid()}:{secrets.token_hex(4)}"
    try:
        if single:
            # Whoever held a run on this database is gone: the lock is ours.
            store.runs.void_leases()
        return _loop(store, settings, worker_id, idle_seconds, stop, run_one)
    finally:
        _leave(store, worker_id)
        store.close()
        if single:
            lock.release()


def _loop(
    store: Store,
    settings: Settings,
    worker_id: str,
    idle_seconds: float | None,
    stop: threading.Event,
    run_one: Callable[..., None],
) -> int:
    _outlast(stop, lambda: store.workers.sign_on(worker_id, os.getpid(), socket.gethostname()))
    beating = threading.Thread(target=_beat, args=(store, worker_id, stop), daemon=True)
    beating.start()
    carried_out = 0
    idle_since = time.monotonic()
    while not stop.is_set():
        try:
            claimed = _one(store, settings, worker_id, stop, run_one)
        except Exception as error:
            if not is_outage(error):
                raise
            # The run in hand goes back into the queue, to be taken up again from what is stored.
            kind = type(error).__name__
            logger.warning("the database is away: %s", kind, extra=figures(error=kind))
            _outlast(stop, lambda: store.runs.release(worker_id))
            stop.wait(POLL_SECONDS)
            idle_since = time.monotonic()
            continue
        if claimed:
            carried_out += 1
            idle_since = time.monotonic()
        elif idle_seconds is not None and time.monotonic() - idle_since >= idle_seconds:
            break
        else:
            stop.wait(POLL_SECONDS)
    stop.set()
    beating.join(timeout=BEAT_SECONDS)
    return carried_out


def _one(
    store: Store,
    settings: Settings,
    worker_id: str,
    stop: threading.Event,
    run_one: Callable[..., None],
) -> bool:
    """Claim and carry out one run; false where there is none."""
    claimed = store.runs.claim_next(worker_id)
    if claimed is None:
        return False
    logger.info("run %s begins", claimed, extra=figures(run=claimed))
    began = time.monotonic()
    run_one(store, settings, claimed, worker_id, shutting_down=stop.is_set)
    status, spent = _status(store, claimed), round(time.monotonic() - began, 3)
    logger.info("run %s: %s", claimed, status, extra=figures(run=claimed, status=status, s=spent))
    return True


def _open(settings: Settings, stop: threading.Event) -> Store:
    """The store; a database server that is about to start is waited for.

    Raises:
        ConfigError: it cannot be used, or not within :data:`STARTING_SECONDS`.
    """
    until = time.monotonic() + STARTING_SECONDS
    while True:
        try:
            return open_store(settings)
        except ConfigError as error:
            passing = settings.on_postgresql and error.__cause__ and is_outage(error.__cause__)
            if not passing or time.monotonic() > until or stop.wait(POLL_SECONDS):
                raise
            logger.warning("%s Trying again.", error)


def _outlast(stop: threading.Event, work: Callable[[], None]) -> None:
    """Do something as soon as the database is there, however long that takes, unless stopped."""
    pause = POLL_SECONDS
    while True:
        try:
            work()
            return
        except Exception as error:
            if not is_outage(error):
                raise
        if stop.wait(pause):
            return
        pause = min(2 * pause, LONGEST_PAUSE)


def _leave(store: Store, worker_id: str) -> None:
    """Give back what is held; where the database is away, the lease runs out by itself."""
    try:
        store.runs.release(worker_id)
        store.workers.sign_off(worker_id)
    except Exception as error:
        if not is_outage(error):
            raise
        logger.warning("the worker could not sign off", extra=figures(error=type(error).__name__))


def _status(store: Store, run_id: int) -> str:
    try:
        return store.runs.get(run_id).status
    except StoreError:
        return "deleted"


def _beat(store: Store, worker_id: str, stop: threading.Event) -> None:
    """Signs of life from a thread of their own: one step of a run may take minutes."""
    while not stop.wait(BEAT_SECONDS):
        try:
            store.workers.beat(worker_id, os.getpid(), socket.gethostname())
            store.runs.renew(worker_id)
        except Exception as error:
            kind = type(error).__name__
            logger.error("a sign of life could not be given: %s", kind, extra=figures(error=kind))


def ensure_worker(settings: Settings, store: Store) -> None:
    """Start a worker process unless one is alive. It outlives the page and the browser.

    Where the settings leave workers to others, nothing is started.
    """
    alive = any(_exists(worker.pid, worker.host) for worker in store.workers.alive())
    if alive or not settings.start_worker:
        return
    with open(settings.home / LOG_FILE, "ab", opener=_owner_only) as log:
        subprocess.Popen(
            [sys.executable, "-m", "journeys", "worker"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=child_environment(
                JOURNEYS_HOME=str(settings.home),
                DATABASE_URL=settings.database_url,
                PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
            ),
        )


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _exists(pid: int, host: str) -> bool:
    """Whether a worker's process is there; those of other machines are believed."""
    if host != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main(settings: Settings, idle_seconds: float | None = IDLE_SECONDS) -> int:
    """The worker as a command: ends in order on SIGTERM and Ctrl-C, handing its run back."""
    set_up_logs(as_json=settings.json_logs)
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    work(settings, idle_seconds=idle_seconds, stop=stop)
    return 0
