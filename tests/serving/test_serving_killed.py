"""Servers that are killed or stopped in the middle, and two at once: nothing is lost or doubled."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from journeys.agents.states import UserState
from journeys.agents.trajectories import Feedback, Trajectory
from journeys.serving.operations import Operations
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.store.agent_keys import SCOPES
from tests.serving.servers import Server

USERS = 5


def episodes(store: Store) -> Counter[str]:
    """How often each event is there."""
    found: Counter[str] = Counter()
    for _, kept in store.agent_users.all():
        found.update(each.id for each in UserState.from_json(kept.text).episodes)
    return found


class Writers:
    """Threads that record events, and remember which of them were acknowledged."""

    def __init__(self, key: str) -> None:
        self.headers = {"Authorization": f"Bearer {key}"}
        self.acknowledged: list[str] = []
        self.unanswered: list[str] = []
        self.stop = threading.Event()

    def run(self, url: str, name: str) -> None:
        number = 0
        with httpx2.Client(base_url=url, headers=self.headers, timeout=30) as client:
            while not self.stop.is_set():
                event, number = f"{name}-{number}", number + 1
                try:
                    self.send(client, event)
                except httpx2.HTTPError:
                    self.unanswered.append(event)
                    return

    def send(self, client: httpx2.Client, event: str) -> str:
        given = {"id": event, "user": f"u{hash(event) % USERS}", "request": "do it"}
        answer = client.post("/v1/events", json={**given, "outcome": "success"})
        assert answer.status_code == 200, answer.text
        self.acknowledged.append(event)
        return str(answer.json()["status"])


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_acknowledged_is_there_once_however_the_server_ends(
    store: Store, start: Callable[[], Server], how: signal.Signals, tmp_path: Path
) -> None:
    key, _ = store.agent_keys.create("k", SCOPES, everybody=True, user_per_minute=1_000_000)
    server, writers = start(), Writers(key)
    with ThreadPoolExecutor(8) as threads:
        for name in range(8):
            threads.submit(writers.run, server.url, f"w{name}")
        until = time.monotonic() + 60
        while len(writers.acknowledged) < 60 and time.monotonic() < until:
            time.sleep(0.01)
        server.process.send_signal(how)
        server.process.wait(timeout=60)
    if how is signal.SIGTERM:  # it finished what was under way, and ended in good order
        assert "Application shutdown complete" in (tmp_path / "server.log").read_text()
    assert len(writers.acknowledged) >= 60
    kept = episodes(store)
    assert not set(writers.acknowledged) - set(kept)
    assert max(kept.values()) == 1
    if how is signal.SIGTERM:
        return
    again = start()
    with httpx2.Client(base_url=again.url, headers=writers.headers, timeout=30) as client:
        for event in writers.unanswered:  # as a client does: what had no answer is sent again
            writers.send(client, event)
        assert writers.send(client, writers.acknowledged[0]) == "duplicate"
    kept = episodes(store)
    assert set(kept) == set(writers.acknowledged)
    assert max(kept.values()) == 1


def test_two_servers_of_one_store_lose_nothing_of_one_user(settings: Settings) -> None:
    stores = [open_store(settings) for _ in range(2)]
    conflicts: list[int] = []
    servers = [Operations(store, on_conflict=lambda: conflicts.append(1)) for store in stores]

    def record(number: int) -> None:
        operations = servers[number % 2]
        given = Trajectory(f"e{number}", "p1", None, "do it")
        assert operations.record_event(given).status == "accepted"
        said = operations.record_feedback("p1", f"e{number}", Feedback("accept"))
        assert said.status == "accepted"

    record(80)
    begun = stores[0].agent_users.read("p1")
    assert begun is not None
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(record, range(80)))
    kept = stores[0].agent_users.read("p1")
    assert kept is not None
    state = UserState.from_json(kept.text)
    assert sorted(each.id for each in state.episodes) == sorted(f"e{n}" for n in range(81))
    assert state.rows.events == 81
    assert kept.version - begun.version == 160
    for store in stores:
        store.close()


def test_a_server_sees_the_weights_that_another_one_published(settings: Settings) -> None:
    first, second = (open_store(settings) for _ in range(2))
    here, there = Operations(first), Operations(second)
    before = there.get_user_context("p1")[0].version
    at = first.agent_models.in_use()
    model = here.weights.current().model.calibrated(1.0, 0.5)
    first.agent_models.publish(at, model.version, model.to_bytes(), {}, ())
    assert there.get_user_context("p1")[0].version == model.version != before
    second.agent_models.roll_back()
    assert here.get_user_context("p1")[0].version == before
    first.close()
    second.close()
