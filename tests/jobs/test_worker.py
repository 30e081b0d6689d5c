"""The worker: runs end in the database, and a killed one is taken up without a difference."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from journeys.discovery import DiscoveryConfig
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import ModelError
from journeys.jobs.execute import execute
from journeys.jobs.worker import work
from journeys.settings import Settings
from journeys.store import Store, open_store
from tests.logs import make_log

ROOT = Path(__file__).resolve().parents[2]


def installation(folder: Path, database: str = "") -> tuple[Settings, Store]:
    settings = Settings(folder, database or f"sqlite:///{folder / 'journeys.sqlite3'}")
    return settings, open_store(settings)


def carry_out(store, settings, run_id, lease, *, shutting_down):  # type: ignore[no-untyped-def]
    execute(
        store,
        settings,
        run_id,
        lease,
        shutting_down=shutting_down,
        make_embedder=lambda name: FakeEmbedder(),
    )


def test_a_queued_run_is_carried_out_and_told(tmp_path: Path, database: str) -> None:
    settings, store = installation(tmp_path, database)
    log_id = store.logs.add(make_log(), "test")
    run_id = store.runs.create(log_id, DiscoveryConfig().to_dict())
    assert work(settings, idle_seconds=0, run_one=carry_out) == 1
    run = store.runs.get(run_id)
    assert (run.status, run.message) == ("done", "")
    assert run.manifest["users"] == 5
    people = store.results.people(run_id)
    assert len(people) == 5
    assert {p.note.partition(":")[0] for p in people if not p.n_journeys} == {"min_user_events"}
    for person in people:
        points = store.results.map_points(run_id, person.person_id)
        assert points is not None
        assert points.shape == (person.n_events, 2)
    assert not store.workers.alive()


def test_a_second_run_takes_over_the_frozen_mean(tmp_path: Path, database: str) -> None:
    settings, store = installation(tmp_path, database)
    log_id = store.logs.add(make_log(), "test")
    config = DiscoveryConfig(map="none")
    first = store.runs.create(log_id, config.to_dict())
    second = store.runs.create(log_id, config.to_dict() | {"granularity": 0.8})
    assert work(settings, idle_seconds=0, run_one=carry_out) == 2
    assert store.runs.get(first).manifest["mean"] == store.runs.get(second).manifest["mean"]


def test_a_model_that_is_missing_fails_the_run_with_its_sentence(tmp_path: Path) -> None:
    settings, store = installation(tmp_path)
    log_id = store.logs.add(make_log(), "test")
    run_id = store.runs.create(log_id, DiscoveryConfig().to_dict())

    def without_model(store, settings, run_id, lease, *, shutting_down):  # type: ignore[no-untyped-def]
        def missing(name: str) -> FakeEmbedder:
            raise ModelError("The model is not here. Fetch it.")

        execute(store, settings, run_id, lease, make_embedder=missing)

    work(settings, idle_seconds=0, run_one=without_model)
    run = store.runs.get(run_id)
    assert (run.status, run.message) == ("failed", "The model is not here. Fetch it.")


def test_an_unforeseen_error_shows_no_title(tmp_path: Path, database: str) -> None:
    settings, store = installation(tmp_path, database)
    log_id = store.logs.add(make_log(), "test")
    run_id = store.runs.create(log_id, DiscoveryConfig().to_dict())

    class Broken(FakeEmbedder):
        def embed(self, texts, on_progress=None):  # type: ignore[no-untyped-def]
            raise ValueError(texts[0])

    execute_broken = lambda *a, **k: execute(*a, make_embedder=lambda name: Broken(), **k)  # noqa: E731
    work(settings, idle_seconds=0, run_one=execute_broken)
    run = store.runs.get(run_id)
    assert run.status == "failed"
    assert "ValueError" in run.message
    assert "ukulele" not in run.message


def test_a_cancelled_run_keeps_what_it_found_and_can_go_on(tmp_path: Path, database: str) -> None:
    settings, store = installation(tmp_path, database)
    log_id = store.logs.add(make_log(users=6), "test")
    run_id = store.runs.create(log_id, DiscoveryConfig(map="none").to_dict())

    class Asking(FakeEmbedder):
        def embed(self, texts, on_progress=None):  # type: ignore[no-untyped-def]
            store.runs.request_cancel(run_id)
            time.sleep(0.4)
            return super().embed(texts, on_progress)

    asking = lambda *a, **k: execute(*a, make_embedder=lambda name: Asking(), **k)  # noqa: E731
    work(settings, idle_seconds=0, run_one=asking)
    assert store.runs.get(run_id).status == "cancelled"
    store.runs.requeue(run_id)
    work(settings, idle_seconds=0, run_one=carry_out)
    assert store.runs.get(run_id).status == "done"
    assert len(store.results.people(run_id)) == 7


def test_only_one_worker_has_an_embedded_database(tmp_path: Path) -> None:
    settings, store = installation(tmp_path)
    log_id = store.logs.add(make_log(), "test")
    store.runs.create(log_id, DiscoveryConfig(map="none").to_dict())
    inner: list[int] = []

    def nested(store, settings, run_id, lease, *, shutting_down):  # type: ignore[no-untyped-def]
        inner.append(work(settings, idle_seconds=0))
        carry_out(store, settings, run_id, lease, shutting_down=shutting_down)

    assert work(settings, idle_seconds=0, run_one=nested) == 1
    assert inner == [0]


SLOW_WORKER = """
import sys, time
from pathlib import Path
from journeys.embedding.fake import FakeEmbedder
from journeys.jobs.execute import execute
from journeys.jobs.worker import work
from journeys.settings import Settings
import journeys.discovery.pipeline as pipeline

class Slow(FakeEmbedder):
    def embed(self, texts, on_progress=None):
        time.sleep(0.3)
        return super().embed(texts, on_progress)

find = pipeline.find_journeys
def slow_find(*given):
    time.sleep(0.05)
    return find(*given)
pipeline.find_journeys = slow_find

home = Path(sys.argv[1])
settings = Settings(home, f"sqlite:///{home / 'journeys.sqlite3'}")
work(settings, idle_seconds=0, run_one=lambda *a, **k: execute(
    *a, make_embedder=lambda name: Slow(), **k))
"""


def assignments(store: Store, run_id: int) -> list[tuple[str, str, int, str]]:
    return list(store.results.assignments(run_id))


def test_killed_at_three_random_points_the_result_is_the_same(tmp_path: Path) -> None:
    log = make_log(users=24)
    config = DiscoveryConfig(map="none").to_dict()
    settings, store = installation(tmp_path / "calm")
    calm_run = store.runs.create(store.logs.add(log, "calm"), config)
    work(settings, idle_seconds=0, run_one=carry_out)

    home = tmp_path / "killed"
    home.mkdir()
    # The same pseudonyms and keys, so that the two databases can be compared.
    (home / "secret.key").write_bytes((tmp_path / "calm" / "secret.key").read_bytes())
    settings, shaken = installation(home)
    run_id = shaken.runs.create(shaken.logs.add(log, "killed"), config)
    rng = random.Random(7)
    kills = 0
    while shaken.runs.get(run_id).status != "done":
        process = subprocess.Popen(
            [sys.executable, "-c", SLOW_WORKER, str(home)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        if kills < 3:
            before = len(shaken.results.people(run_id))
            _wait_for_life(shaken, run_id, process)
            time.sleep(rng.uniform(0.1, 0.8))
            process.send_signal(signal.SIGKILL)
            kills += 1
            process.wait()
            assert len(shaken.results.people(run_id)) >= before
        else:
            assert process.wait(timeout=60) == 0
    assert kills == 3
    assert assignments(shaken, run_id) == assignments(store, calm_run)
    people = shaken.results.people(run_id)
    assert len(people) == len({p.person_id for p in people}) == 25


def _wait_for_life(store: Store, run_id: int, process: subprocess.Popen[bytes]) -> None:
    """Until the process works on the run."""
    claimed = store.runs.get(run_id).lease
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        run = store.runs.get(run_id)
        if run.status == "running" and run.lease != claimed:
            return
        time.sleep(0.02)


@pytest.mark.parametrize("config", [{"nonsense": 1}, {"namer": "who"}, {"extractor": "none"}])
def test_a_configuration_from_elsewhere_fails_in_a_sentence(
    tmp_path: Path, config: dict[str, object]
) -> None:
    settings, store = installation(tmp_path)
    run_id = store.runs.create(store.logs.add(make_log(users=1), "test"), config)
    work(settings, idle_seconds=0, run_one=carry_out)
    run = store.runs.get(run_id)
    assert run.status == "failed"
    assert run.message
    assert "Traceback" not in run.message
