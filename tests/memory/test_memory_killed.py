"""Real processes that append and tell, killed by SIGKILL, or two at once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from journeys.endpoint import consent_to
from journeys.memory import BySize
from journeys.settings import Settings
from journeys.store import Store, open_store
from tests.logs import make_log
from tests.memory.worlds import ReadingChat, phases

ROOT = Path(__file__).resolve().parents[2]

#: Appends in small transactions, and says after each how far it is.
APPENDER = """
import sys, time
from pathlib import Path
from journeys.settings import Settings
from journeys.store import memory_append, open_store
memory_append._EVENTS_AT_ONCE = 20
store = open_store(Settings.from_environment())
print("ready", flush=True)
while len(sys.argv) > 1 and not Path(sys.argv[1]).exists():
    time.sleep(0.001)
done = store.memory.append(1, on_progress=lambda taken, _total: print(taken, flush=True))
print("took", done.events, done.partitions, flush=True)
"""


def opened(home: Path) -> Store:
    return open_store(
        Settings.from_environment(
            {"JOURNEYS_HOME": str(home), "DATABASE_URL": os.environ.get("DATABASE_URL", "")}
        )
    )


def appender(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", APPENDER, *arguments],
        env={**os.environ, "JOURNEYS_HOME": str(home), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def everything(store: Store, memory: int) -> dict[str, dict[int, list[str]]]:
    """Pseudonym -> number of the partition -> item titles."""
    return {
        person.pseudonym: {
            number: [item.title for item in items]
            for number, items in store.memory.items(memory, person.person_id).items()
        }
        for person in store.memory.people(memory)
    }


@pytest.fixture
def grown(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, Store, dict[str, dict[int, list[str]]]]]:
    """A stored log with an empty memory of id 1, and what an undisturbed append makes of it."""
    monkeypatch.setenv("DATABASE_URL", database)
    store = opened(tmp_path)
    log = store.logs.add(make_log(9), "log")
    assert store.memory.open(log, BySize(10)) == 1
    calm = store.memory.open(store.logs.add(make_log(9), "calm"), BySize(10))
    store.memory.append(calm)
    yield tmp_path, store, everything(store, calm)
    store.close()


def test_an_append_that_is_killed_loses_and_doubles_nothing(
    grown: tuple[Path, Store, dict[str, dict[int, list[str]]]],
) -> None:
    home, store, calm = grown
    rng = random.Random(3)
    for _ in range(3):
        process = appender(home)
        assert process.stdout is not None
        for _line in range(rng.randint(1, 3)):
            process.stdout.readline()
        time.sleep(rng.uniform(0, 0.02))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for person, places in everything(store, 1).items():
            # Whole people enter at once, so what is there is as it will stay.
            assert places == calm[person]
    store.memory.append(1)
    assert everything(store, 1) == calm
    assert store.memory.get(1).events == len(make_log(9))


def test_two_processes_that_append_at_once_take_each_event_once(
    grown: tuple[Path, Store, dict[str, dict[int, list[str]]]],
) -> None:
    home, store, calm = grown
    both = [appender(home, str(home / "go")) for _ in range(2)]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    (home / "go").touch()
    took = [process.communicate()[0].splitlines()[-1].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(int(events) for _, events, _ in took) == len(make_log(9))
    assert everything(store, 1) == calm
    assert sum(int(closed) for _, _, closed in took) == store.memory.get(1).partitions


class TellingServer(ThreadingHTTPServer):
    """A real endpoint that answers the memory's questions, a moment after it got them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Telling)
        self.asked: list[str] = []
        self.more = threading.Condition()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def wait_for(self, requests: int, process: subprocess.Popen[str]) -> bool:
        """Until so many requests came; False when the process ended before."""
        with self.more:
            while len(self.asked) < requests and process.poll() is None:
                self.more.wait(timeout=0.5)
            return len(self.asked) >= requests


class _Telling(BaseHTTPRequestHandler):
    server: TellingServer

    def do_POST(self) -> None:
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.more:
            self.server.asked.append(json.dumps(body["messages"][-1]))
            self.server.more.notify_all()
        time.sleep(0.03)
        schema = body["response_format"]["json_schema"]["schema"]
        answer = ReadingChat().complete(body["messages"], schema=schema)
        reply = json.dumps(
            {
                "choices": [{"message": {"role": "assistant", "content": answer.text}}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 20},
            }
        ).encode()
        try:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)
        except OSError:
            return  # Who asked was killed.

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def telling_server() -> Iterator[TellingServer]:
    server = TellingServer()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def test_telling_that_is_killed_asks_again_at_most_what_was_in_flight(tmp_path: Path) -> None:
    home, size = tmp_path / "home", 5
    log = phases(size=20)
    path = tmp_path / "log.csv"
    log.frame.to_csv(path, index=False)
    partitions = len(log) // size
    with telling_server() as server:
        store = opened(home)
        consent_to(store.choices, server.origin)
        environment = {
            **os.environ,
            "JOURNEYS_HOME": str(home),
            "OPENAI_BASE_URL": f"{server.origin}/v1",
            "OPENAI_MODEL": "m",
            "OPENAI_API_KEY": "k",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "journeys", "memory", "append", str(path),
                   "--size", str(size), "--tell", "openai", "--json"]  # fmt: skip

        def start() -> subprocess.Popen[str]:
            return subprocess.Popen(
                command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE,
                stderr=(tmp_path / "errors").open("w"),
            )  # fmt: skip

        rng = random.Random(5)
        runs: list[list[str]] = []
        for _ in range(3):
            before = len(server.asked)
            process = start()
            waited = server.wait_for(before + rng.randint(2, 5), process)
            assert waited, (tmp_path / "errors").read_text()
            time.sleep(rng.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            runs.append(server.asked[before:])
        before = len(server.asked)
        process = start()
        last = json.loads(process.communicate()[0].splitlines()[-1])
        assert process.returncode == 0
        runs.append(server.asked[before:])

        # Within a run a question follows the answer before it, which was kept by then: of each
        # killed run only the last question can have lost its answer, and be asked once more.
        kept = {question for run in runs[:-1] for question in run[:-1]} | set(runs[-1])
        in_flight = [run[-1] for run in runs[:-1]]
        assert len(server.asked) - len(set(server.asked)) <= len(in_flight)
        for question in kept:
            allowed = 1 + in_flight.count(question)
            assert server.asked.count(question) <= allowed
        assert len(set(server.asked)) == 2 * partitions - 1
        assert last["partitions_in_all"] == partitions

        (memory,) = store.memory.of_log(store.logs.list()[0].id)
        (person,) = store.memory.people(memory.id)
        notes = store.memory.notes(memory.id, person.person_id)
        assert len(notes) == 2 * partitions
        assert {note.version for note in notes} == {1}
        titles = [
            title for part in everything(store, memory.id)[person.pseudonym].values()
            for title in part
        ]  # fmt: skip
        assert titles == log.frame["title"].tolist()
        store.close()
