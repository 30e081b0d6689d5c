"""Runs: queue, leases, progress, cancelling; and the workers' signs of life."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from journeys.errors import StoreError
from journeys.store import RunSummary, Store
from journeys.store import engine as engine_module
from journeys.store import workers as workers_module
from journeys.store.engine import now
from journeys.store.runs import LEASE_SECONDS
from journeys.store.schema import Run
from journeys.timeline import ActivityLog

ME, OTHER = "lease-of-mine", "lease-of-another"


@pytest.fixture
def log_id(store: Store, small_log: ActivityLog) -> int:
    return store.logs.add(small_log, "log")


@pytest.fixture
def run_id(store: Store, log_id: int) -> int:
    return store.runs.create(log_id, {"seed": 3})


@pytest.fixture
def time_passes(store: Store) -> Callable[[float], None]:
    """Moves every run's last sign of life so many seconds into the past."""

    def shift(seconds: float) -> None:
        with store.engine.begin() as connection:
            connection.execute(update(Run).values(heartbeat_at=Run.heartbeat_at - seconds * 1e6))

    return shift


def test_a_new_run_waits(store: Store, log_id: int, run_id: int) -> None:
    run = store.runs.get(run_id)
    assert (run.log_id, run.status, run.config, run.manifest) == (log_id, "queued", {"seed": 3}, {})
    assert run.active
    assert not run.held
    assert run.started_at is None
    assert list(store.runs.claimable()) == [run_id]


def test_the_oldest_run_comes_first_and_each_once(store: Store, log_id: int) -> None:
    created = [store.runs.create(log_id, {}) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: store.runs.claim_next(f"worker {n}"), range(8)))
    assert sorted(run for run in taken if run is not None) == created
    assert store.runs.claim_next(ME) is None


def test_a_run_whose_worker_is_gone_is_taken_again(
    store: Store, run_id: int, time_passes: Callable[[float], None]
) -> None:
    assert store.runs.claim_next(OTHER) == run_id
    time_passes(LEASE_SECONDS + 1)
    assert store.runs.claim_next(ME) == run_id
    assert store.runs.get(run_id).lease == ME


@pytest.mark.parametrize("attempt", range(5))
def test_of_many_claims_at_once_exactly_one_wins(store: Store, run_id: int, attempt: int) -> None:
    start = threading.Barrier(12)
    won: list[str] = []

    def claim(lease: str) -> None:
        start.wait()
        if store.runs.claim(run_id, lease):
            won.append(lease)

    leases = [f"lease{attempt}-{n}" for n in range(12)]
    threads = [threading.Thread(target=claim, args=(lease,)) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert store.runs.get(run_id).lease == won[0]


def test_a_held_run_cannot_be_claimed(store: Store, run_id: int) -> None:
    assert store.runs.claim(run_id, ME)
    run = store.runs.get(run_id)
    assert (run.status, run.lease, run.held) == ("running", ME, True)
    assert run.started_at is not None
    assert not store.runs.claim(run_id, OTHER)
    assert store.runs.get(run_id) == run
    assert list(store.runs.claimable()) == []


def test_a_stale_lease_can_be_claimed(
    store: Store, run_id: int, time_passes: Callable[[float], None]
) -> None:
    store.runs.claim(run_id, ME)
    started = store.runs.get(run_id).started_at
    time_passes(LEASE_SECONDS - 5)
    assert not store.runs.claim(run_id, OTHER)
    time_passes(6)
    assert not store.runs.get(run_id).held
    assert list(store.runs.claimable()) == [run_id]
    assert store.runs.claim(run_id, OTHER)
    run = store.runs.get(run_id)
    assert (run.lease, run.started_at) == (OTHER, started)


def test_whoever_lost_the_lease_is_told(
    store: Store, run_id: int, time_passes: Callable[[float], None]
) -> None:
    store.runs.claim(run_id, ME)
    time_passes(LEASE_SECONDS + 1)
    store.runs.claim(run_id, OTHER)
    before = store.runs.get(run_id)
    lost: list[Callable[[], object]] = [
        lambda: store.runs.progress(run_id, ME, 1, 2),
        lambda: store.runs.enter_stage(run_id, ME, "embed", 0, 2),
        lambda: store.runs.save_manifest(run_id, ME, {"a": 1}),
        lambda: store.runs.finish(run_id, ME, "done"),
    ]
    for action in lost:
        with pytest.raises(StoreError, match="no longer held"):
            action()
    store.runs.renew(ME)
    store.runs.release(ME)
    assert store.runs.get(run_id) == before


def test_a_deleted_run_stops_its_worker(store: Store, run_id: int) -> None:
    store.runs.claim(run_id, ME)
    store.runs.delete(run_id)
    with pytest.raises(StoreError, match="no longer held"):
        store.runs.progress(run_id, ME, 1, 2)
    with pytest.raises(StoreError, match="no run"):
        store.runs.get(run_id)


def test_renewing_keeps_the_lease(
    store: Store, run_id: int, time_passes: Callable[[float], None]
) -> None:
    store.runs.claim(run_id, ME)
    time_passes(LEASE_SECONDS - 5)
    store.runs.renew(ME)
    time_passes(LEASE_SECONDS - 5)
    assert not store.runs.claim(run_id, OTHER)
    store.runs.progress(run_id, ME, 0, 1)
    time_passes(LEASE_SECONDS - 5)
    assert not store.runs.claim(run_id, OTHER)


def test_releasing_gives_back_only_ones_own(store: Store, log_id: int) -> None:
    mine, theirs, ended = (store.runs.create(log_id, {}) for _ in range(3))
    store.runs.claim(mine, ME)
    store.runs.claim(theirs, OTHER)
    store.runs.claim(ended, ME)
    store.runs.finish(ended, ME, "done")
    store.runs.release(ME)
    assert [store.runs.get(run).status for run in (mine, theirs, ended)] == [
        "queued",
        "running",
        "done",
    ]
    assert store.runs.claim(mine, OTHER)


def test_void_leases_frees_what_was_running(store: Store, log_id: int) -> None:
    running, queued, ended = (store.runs.create(log_id, {}) for _ in range(3))
    store.runs.claim(running, ME)
    store.runs.claim(ended, ME)
    store.runs.finish(ended, ME, "failed", "No disk space is left.")
    store.runs.void_leases()
    assert list(store.runs.claimable()) == [running, queued]
    assert store.runs.get(ended).message == "No disk space is left."


def test_progress_is_kept_and_hears_of_cancelling(store: Store, run_id: int) -> None:
    store.runs.claim(run_id, ME)
    store.runs.enter_stage(run_id, ME, "embed", 10, 50)
    assert store.runs.progress(run_id, ME, 20, 50) is False
    run = store.runs.get(run_id)
    assert (run.stage, run.done, run.total, run.stage_started_done) == ("embed", 20, 50, 10)
    store.runs.request_cancel(run_id)
    assert store.runs.progress(run_id, ME, 21, 50) is True
    store.runs.finish(run_id, ME, "cancelled", "Stopped.")
    run = store.runs.get(run_id)
    assert (run.status, run.message, run.cancel_requested) == ("cancelled", "Stopped.", False)
    assert run.finished_at is not None
    assert not run.active


def test_cancelling_a_waiting_run_ends_it_at_once(store: Store, run_id: int) -> None:
    store.runs.request_cancel(run_id)
    run = store.runs.get(run_id)
    assert (run.status, run.started_at) == ("cancelled", None)
    assert not store.runs.claim(run_id, ME)
    assert store.runs.get(run_id) == run
    store.runs.request_cancel(run_id)
    assert store.runs.get(run_id) == run


def test_a_cancel_that_the_worker_did_not_live_to_see_reaches_the_next(
    store: Store, run_id: int, time_passes: Callable[[float], None]
) -> None:
    store.runs.claim(run_id, ME)
    store.runs.request_cancel(run_id)
    time_passes(LEASE_SECONDS + 1)
    store.runs.claim(run_id, OTHER)
    assert store.runs.progress(run_id, OTHER, 0, 1) is True


@pytest.mark.parametrize("status", ["done", "failed", "cancelled"])
def test_an_ended_run_can_go_on(store: Store, run_id: int, status: str) -> None:
    store.runs.claim(run_id, ME)
    store.runs.save_manifest(run_id, ME, {"mean": "kept"})
    store.runs.finish(run_id, ME, status, "why")
    store.runs.requeue(run_id, {"namer": "local"})
    run = store.runs.get(run_id)
    assert (run.status, run.message, run.lease, run.finished_at) == ("queued", "", None, None)
    assert (run.config, run.manifest) == ({"namer": "local"}, {"mean": "kept"})
    store.runs.claim(run_id, OTHER)
    store.runs.requeue(run_id)
    assert store.runs.get(run_id).lease == OTHER, "a run that is worked on is left alone"


def test_runs_are_listed_newest_first_and_by_log(
    store: Store, small_log: ActivityLog, log_id: int, run_id: int
) -> None:
    other = store.logs.add(small_log, "other")
    second, third = store.runs.create(other, {}), store.runs.create(log_id, {})
    assert [run.id for run in store.runs.list()] == [third, second, run_id]
    assert [run.id for run in store.runs.list(log_id)] == [third, run_id]
    assert store.runs.latest_with_results(log_id) is None
    assert store.results.counts(run_id)[0] == 0


SECOND = 1_000_000


@pytest.mark.parametrize(
    ("values", "left"),
    [
        # 30 of 90 in 10 seconds: the other 60 take 20.
        ({"done": 30, "total": 90}, 20.0),
        # 20 were there when the stage began: 10 in 10 seconds, so 60 take 60.
        ({"done": 30, "total": 90, "stage_started_done": 20}, 60.0),
        ({"done": 90, "total": 90}, 0.0),
        ({"done": 0, "total": 90}, None),
        ({"done": 20, "total": 90, "stage_started_done": 20}, None),
        ({"done": 30, "total": 90, "stage_started_at": None}, None),
        ({"done": 30, "total": 90, "status": "queued"}, None),
        ({"done": 30, "total": 90, "stage_started_at": 100 * SECOND}, None),
    ],
)
def test_seconds_left(values: dict[str, object], left: float | None) -> None:
    usual: dict[str, object] = {
        "id": 1,
        "log_id": 1,
        "status": "running",
        "stage": "embed",
        "stage_started_at": 90 * SECOND,
        "stage_started_done": 0,
        "config": {},
        "manifest": {},
        "created_at": 0,
        "started_at": 0,
        "finished_at": None,
        "heartbeat_at": 100 * SECOND,
        "lease": ME,
        "cancel_requested": False,
        "message": "",
    }
    run = RunSummary(**(usual | values))  # type: ignore[arg-type]
    assert run.seconds_left(at=100 * SECOND) == left


def test_workers_sign_on_and_off(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(now(), 15 * SECOND)
    monkeypatch.setattr(workers_module, "shared_now", lambda engine: next(clock))
    store.workers.sign_on("w1", 10, "here")
    store.workers.sign_on("w2", 11, "there")
    store.workers.beat("w2", 11, "there")
    # w1 was silent for 45 seconds, w2 for 15.
    (alive,) = store.workers.alive()
    assert (alive.id, alive.pid, alive.host) == ("w2", 11, "there")
    store.workers.sign_off("w2")
    assert store.workers.alive() == []


def test_the_lease_is_a_matter_of_the_clock_that_all_share(
    store: Store, run_id: int, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.runs.claim(run_id, ME)
    monkeypatch.setattr(engine_module, "now", lambda: now() + (LEASE_SECONDS + 1) * SECOND)
    # An SQLite file has no clock but the machine's; on a server this machine's does not matter.
    assert list(store.runs.claimable()) == ([] if database else [run_id])


def test_a_lease_from_the_future_is_void(
    store: Store, run_id: int, time_passes: Callable[[float], None]
) -> None:
    store.runs.claim(run_id, ME)
    time_passes(-(LEASE_SECONDS - 5))
    assert list(store.runs.claimable()) == []
    time_passes(-10)
    assert not store.runs.get(run_id).held
    assert store.runs.claim_next(OTHER) == run_id


def test_a_worker_that_another_has_forgotten_is_announced_again(store: Store) -> None:
    store.workers.beat("w1", 10, "here")
    assert [(w.id, w.pid) for w in store.workers.alive()] == [("w1", 10)]


def test_a_worker_whose_clock_was_set_back_is_not_alive_for_ever(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "shared_now", lambda engine: now() + 3_600 * SECOND)
    store.workers.sign_on("w1", 10, "here")
    monkeypatch.undo()
    assert store.workers.alive() == []
