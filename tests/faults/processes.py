"""The processes that are killed: workers, and an app in which many people act at once.

They are forked from one server process that has imported what they need, so a new one is there at
once, however often they are killed.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Mapping
from functools import partial
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

from journeys.embedding.fake import FakeEmbedder
from journeys.jobs.execute import execute
from journeys.jobs.logs import set_up_logs
from journeys.jobs.worker import work
from journeys.settings import Settings
from journeys.store import open_store
from tests.faults.actors import Stage, act, cast
from tests.faults.clock import follow
from tests.faults.ledger import Ledger

ROOT = Path(__file__).resolve().parents[2]

_PRELOADED = (
    "tests.faults.processes", "hdbscan", "sklearn.neighbors", "openai", "httpx", "jinja2",
    "psycopg", "journeys.naming.endpoint", "journeys.naming.ladder",
)  # fmt: skip


def context() -> Any:
    """Where processes are forked from."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(list(_PRELOADED))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *([before] if before else [])])
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    return found


def run_worker(environment: Mapping[str, str], clock: Path, log: Path) -> None:
    """What ``python -m journeys worker`` does, but for the embedder."""
    settings = _begin(environment, clock, log)
    carry_out = partial(execute, make_embedder=lambda name: FakeEmbedder())
    work(settings, idle_seconds=None, run_one=carry_out)


def run_app(environment: Mapping[str, str], clock: Path, log: Path, folder: Path) -> None:
    """An app's process: everybody in a thread of their own, as sessions are."""
    settings = _begin(environment, clock, log)
    logger = logging.getLogger("app")
    while True:
        try:
            store = open_store(settings)
        except Exception as error:
            logger.warning("the app cannot begin: %s", type(error).__name__)
            time.sleep(0.3)
        else:
            break

    def live(actor: Any) -> None:
        for problem in act(actor, store, Ledger(folder, actor.name), pause=0.08):
            logger.warning("%s: %s", actor.name, problem)

    threads = [threading.Thread(target=live, args=(actor,)) for actor in cast(Stage.load(folder))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _begin(environment: Mapping[str, str], clock: Path, log: Path) -> Settings:
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    os.environ.update(environment)
    follow(clock)
    set_up_logs(as_json=False)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return Settings.from_environment(environment)
