"""Workers as real processes at once: every run is carried out once, also when some are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import update

from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.store.schema import Run
from tests.logs import make_log

ROOT = Path(__file__).resolve().parents[2]

#: Claims runs until there are none, and tells which; begins when it is told to.
CLAIMER = """
import sys
from journeys.settings import Settings
from journeys.store import open_store
store = open_store(Settings.from_environment())
print("ready", flush=True)
sys.stdin.readline()
while (run := store.runs.claim_next(sys.argv[1])) is not None:
    print(run, flush=True)
    store.runs.finish(run, sys.argv[1], "done")
"""

#: The worker itself, with an embedder that tells which run it works on, and then takes its time.
WORKER = """
import sys, time
from journeys.embedding.fake import FakeEmbedder
from journeys.jobs.execute import execute
from journeys.jobs.worker import work
from journeys.settings import Settings

def carry_out(store, settings, run, lease, *, shutting_down):
    print(run, flush=True)
    if "slow" in sys.argv:
        time.sleep(600)
    execute(store, settings, run, lease, shutting_down=shutting_down,
            make_embedder=lambda name: FakeEmbedder())

print("ready", flush=True)
sys.stdin.readline()
work(Settings.from_environment(), idle_seconds=0, run_one=carry_out)
"""


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    return Settings.from_environment({"JOURNEYS_HOME": str(tmp_path), "DATABASE_URL": database})


def start(settings: Settings, code: str, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "JOURNEYS_HOME": str(settings.home),
            "DATABASE_URL": settings.database_url,
            "PYTHONPATH": str(ROOT),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(*processes: subprocess.Popen[str]) -> None:
    """Let all of them begin."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def told(process: subprocess.Popen[str]) -> list[int]:
    """The runs that a process told of, once it has ended."""
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return [int(line) for line in out.split()]


def test_processes_that_claim_at_once_get_each_run_once(settings: Settings) -> None:
    store = open_store(settings)
    log = store.logs.add(make_log(users=1), "log")
    created = [store.runs.create(log, {}) for _ in range(60)]
    claimers = [start(settings, CLAIMER, f"claimer {n}") for n in range(4)]
    go(*claimers)
    counted = Counter(run for process in claimers for run in told(process))
    assert counted == Counter(created)
    assert {store.runs.get(run).status for run in created} == {"done"}
    store.close()


def found(store: Store, run: int) -> set[tuple[str, str, str]]:
    return {(user, item, journey) for user, item, _, journey in store.results.assignments(run)}


def test_two_workers_share_the_runs_and_one_takes_over_from_a_killed_one(
    settings: Settings, database: str
) -> None:
    store = open_store(settings)
    log = store.logs.add(make_log(users=3), "log")
    created = [store.runs.create(log, {"map": "none"}) for _ in range(3)]
    killed = start(settings, WORKER, "slow")
    go(killed)
    assert killed.stdout is not None
    assert int(killed.stdout.readline()) == created[0]
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    with store.engine.begin() as connection:
        # As if its lease had run out; waiting for that would take half a minute.
        connection.execute(update(Run).where(Run.status == "running").values(heartbeat_at=0))
    workers = [start(settings, WORKER) for _ in range(2)]
    go(*workers)
    shares = [told(process) for process in workers]
    assert sorted(run for share in shares for run in share) == created
    if not database:
        # An embedded database has one worker at a time.
        assert [] in shares
    assert {store.runs.get(run).status for run in created} == {"done"}
    assert found(store, created[0])
    assert len({frozenset(found(store, run)) for run in created}) == 1
    store.close()
