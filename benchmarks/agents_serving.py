"""How fast the server for agents answers over HTTP, and that a kill loses nothing.

    OMP_NUM_THREADS=1 python benchmarks/agents_serving.py [--users 100000] [--json]

The state is that of agents_online.py in a new SQLite store: ten own rows a user on average, a
shared model of 50,000 ids with factors. A real server process (`python -m journeys serve`) is asked
by this one, open loop: requests are sent when they are due, 50 a second at random moments
(exponential pauses), whether earlier ones are answered or not, and a time is counted from when the
request was due. Of ten requests four rank 100 candidates, three record an event, two record
feedback to one, one asks for a user's context. Half of the requests go to 200 busy users, the
others to any.

Two thirds through, the server is killed (SIGKILL) and started again. Latencies are of what was due
before. Afterwards every acknowledged event must be there exactly once, with the feedback that was
acknowledged for it; an event whose answer did not come is sent again, as a client would.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import numpy as np
import psutil
from agents_online import N_IDS, shared_model
from common import ROOT, provenance

from journeys.agents.rows import BIAS, Belief, UserRows
from journeys.agents.states import UserState
from journeys.privacy import pseudonyms
from journeys.serving.weights import Weights
from journeys.settings import Settings
from journeys.store import Store, open_store

SEED = 0
KINDS = ("rank", "event", "feedback", "context")
BUSY = 200


@dataclass
class Told:
    """What was sent and answered."""

    took: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    events: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    unanswered: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    failed: int = 0
    cpu: float = 0.0
    answered: int = 0


def filled(store: Store, users: int, rows: int, rng: np.random.Generator) -> int:
    """A store with users and a shared model; returns how many rows of users there are."""
    Weights(store)
    model = shared_model(rng)
    place = store.agent_models.in_use()
    store.agent_models.publish(place, model.version, model.to_bytes(), {"examples": 0}, people=())
    now, total = datetime.now(UTC), 0
    batch = []
    for alias in pseudonyms(store.keys.pseudonym, (f"u{n}" for n in range(users))):
        names = [BIAS, *(f"tool=t{n}" for n in rng.choice(1_000, rows // users - 1, replace=False))]
        values = rng.normal(0, 0.5, len(names)).tolist()
        beliefs = {name: Belief(value, 0.2) for name, value in zip(names, values, strict=True)}
        batch.append((alias, model.version, UserState(UserRows(beliefs, now, 10)).to_json()))
        total += len(beliefs)
        if len(batch) == 5_000:
            store.agent_users.add_many(batch)
            batch = []
    if batch:
        store.agent_users.add_many(batch)
    return total


def start(home: Path, port: int) -> subprocess.Popen[bytes]:
    """A server process that answers."""
    log = (home / "server.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "journeys", "serve", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "JOURNEYS_HOME": str(home), "DATABASE_URL": ""},
        stdout=log,
        stderr=log,
    )
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx2.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                return process
        except httpx2.HTTPError:
            time.sleep(0.05)
    raise SystemExit(f"The server does not start; see {home / 'server.log'}.")


class Load:
    """Requests of all kinds, drawn with a seed."""

    def __init__(self, client: httpx2.AsyncClient, users: int, told: Told) -> None:
        self._client = client
        self._rng = np.random.default_rng(SEED + 1)
        self._users = users
        self._told = told
        self._number = 0

    def make(self) -> tuple[str, dict[str, object]]:
        """The next request: its kind and what is sent."""
        rng, self._number = self._rng, self._number + 1
        busy = rng.random() < 0.5
        user = f"u{rng.integers(BUSY if busy else self._users)}"
        kind = str(rng.choice(KINDS, p=(0.4, 0.3, 0.2, 0.1)))
        open_ = [each for each in self._told.events if each not in self._told.said]
        if kind == "feedback" and not open_:
            kind = "event"
        repo = f"r{rng.integers(N_IDS)}"
        if kind == "rank":
            tools = rng.choice(1_000, 100, replace=False)
            return kind, {
                "user": user,
                "request": {"repo": repo, "task_type": "k1", "agent": "a"},
                "candidates": [{"id": f"t{n}", "fields": {"tool": f"t{n}"}} for n in tools],
            }
        if kind == "event":
            return kind, {
                "id": f"e{self._number}",
                "user": user,
                "time": datetime.now(UTC).isoformat(),
                "request": "Please add a test for the parser of dates, it fails on leap years",
                "steps": [{"role": "assistant", "tool": f"t{rng.integers(1_000)}",
                           "arguments": {"path": "tests/test_dates.py"}, "result": "1 failed"}],
                "context": {"repo": repo, "task_type": "k1"},
            }  # fmt: skip
        if kind == "feedback":
            event = str(rng.choice(open_))
            said = str(rng.choice(["accept", "reject"]))
            self._told.said[event] = ""  # asked, not yet acknowledged
            return kind, {"user": self._told.events[event], "event": event, "kind": said}
        return kind, {"user": user}

    async def send(self, kind: str, given: dict[str, object], due: float, timed: bool) -> None:
        """Send one request and note its answer."""
        path = {"event": "events"}.get(kind, kind)
        told = self._told
        try:
            answer = await self._client.post(f"/v1/{path}", json=given)
        except httpx2.HTTPError:
            told.failed += 1
            told.unanswered.append((kind, given))
            return
        told.statuses[answer.status_code] += 1
        if timed:
            told.took[kind].append(time.perf_counter() - due)
        if answer.status_code == 200 and kind == "event":
            told.events[str(given["id"])] = str(given["user"])
        if answer.status_code == 200 and kind == "feedback":
            told.said[str(given["event"])] = str(given["kind"])


async def run(home: Path, port: int, key: str, options: argparse.Namespace) -> Told:
    """The load, with the kill in it."""
    process = start(home, port)
    idle = processor_seconds(process)
    told = Told()
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=50)
    async with httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{port}",
        headers={"Authorization": f"Bearer {key}"},
        limits=limits,
        timeout=20,
    ) as client:
        load = Load(client, options.users, told)
        for _ in range(50):  # connections and caches
            kind, given = load.make()
            await load.send(kind, given, time.perf_counter(), timed=False)
        pauses = np.random.default_rng(SEED + 2)
        tasks: set[asyncio.Task[None]] = set()
        began = due = time.perf_counter()
        kill_at, end = began + options.seconds * 2 / 3, began + options.seconds
        killed = False
        while due < end:
            due += float(pauses.exponential(1 / options.rate))
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if not killed and due >= kill_at:
                writes = [load.send("event", *_event(load), timed=False) for _ in range(8)]
                tasks.update(map(asyncio.create_task, writes))
                await asyncio.sleep(0.003)
                told.cpu = processor_seconds(process) - idle
                told.answered = sum(told.statuses.values())
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed = True
                process = await asyncio.to_thread(start, home, port)
                due = time.perf_counter()
                continue
            kind, given = load.make()
            task = asyncio.create_task(load.send(kind, given, due, timed=not killed))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        for kind, given in list(told.unanswered):
            await load.send(kind, given, time.perf_counter(), timed=False)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    return told


def processor_seconds(process: subprocess.Popen[bytes]) -> float:
    """Processor time of a process so far."""
    used = psutil.Process(process.pid).cpu_times()
    return used.user + used.system


def _event(load: Load) -> tuple[dict[str, object], float]:
    while True:
        kind, given = load.make()
        if kind == "event":
            return given, time.perf_counter()


def checked(store: Store, told: Told) -> dict[str, int]:
    """Whether what was acknowledged is there, once."""
    found: Counter[str] = Counter()
    said: dict[str, str] = {}
    for _, kept in store.agent_users.all():
        for episode in UserState.from_json(kept.text).episodes:
            found[episode.id] += 1
            said[episode.id] = episode.said
    acknowledged = {event: kind for event, kind in told.said.items() if kind}
    return {
        "events": len(told.events),
        "events_lost": sum(event not in found for event in told.events),
        "events_doubled": sum(times > 1 for times in found.values()),
        "feedback": len(acknowledged),
        "feedback_lost": sum(said.get(event) != kind for event, kind in acknowledged.items()),
        "cut_off_by_the_kill": told.failed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeys-serving-") as folder:
        home = Path(folder)
        store = open_store(Settings.from_environment({"JOURNEYS_HOME": folder}))
        rows = filled(store, options.users, options.rows, np.random.default_rng(SEED))
        key, _ = store.agent_keys.create(
            "load", ["read", "write", "feedback"], everybody=True, per_minute=1_000_000
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        told = asyncio.run(run(home, port, key, options))
        kept = checked(store, told)
        size = sum(path.stat().st_size for path in home.glob("journeys.sqlite3*")) / 2**20
        store.close()
    times = {kind: told.took[kind] for kind in KINDS}
    times["all"] = [each for kind in KINDS for each in told.took[kind]]
    figures = {
        kind: {f"p{at}_ms": float(np.percentile(each, at) * 1e3) for at in (50, 95, 99)}
        | {"n": len(each)}
        for kind, each in times.items()
        if each
    }
    print(provenance(), f"; seed {SEED}", sep="")
    print(f"{options.users:,} users, {rows:,} own rows, database {size:.0f} MiB")
    print(f"load average {os.getloadavg()[0]:.1f}; answers {dict(told.statuses)}")
    for kind, each in figures.items():
        print(
            f"{kind}: n {each['n']}, p50 {each['p50_ms']:.1f} ms, p95 {each['p95_ms']:.1f} ms, "
            f"p99 {each['p99_ms']:.1f} ms"
        )
    each_cpu = told.cpu / max(told.answered, 1) * 1e3
    print(f"processor time of the server: {each_cpu:.1f} ms a request")
    print(kept)
    if options.json:
        print(json.dumps({"latency": figures, "kept": kept, "own_rows": rows, "cpu_ms": each_cpu}))


if __name__ == "__main__":
    main()
