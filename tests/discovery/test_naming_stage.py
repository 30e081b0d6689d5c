"""Naming through a real HTTP endpoint: the cap, the ledger, interruptions, and the key."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from journeys.discovery import DiscoveryConfig, MemoryStorage, Silent, Tools, run_discovery
from journeys.discovery.namers import namer_opener
from journeys.discovery.naming_stage import FAILURES_IN_A_ROW
from journeys.embedding import MemoryVectorCache
from journeys.embedding.fake import FakeEmbedder
from journeys.endpoint import Endpoint
from journeys.errors import Cancelled, ConfigError
from journeys.jobs.execute import execute
from journeys.naming import MemoryCompletionCache
from journeys.naming.estimate import Estimate
from journeys.naming.fake import FakeChat
from journeys.naming.ledger import Ledger
from journeys.settings import Settings
from journeys.store import open_store
from journeys.timeline import ActivityLog
from tests.logs import make_log

KEY = "sk-very-secret-0123456789abcdef"


class Server(ThreadingHTTPServer):
    """Answers naming prompts from their titles; ``failing`` requests fail with that status."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests = 0
        self.failing: dict[int, int] = {}
        self.noise: set[int] = set()
        self.delay = 0.0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.lock:
            self.server.requests += 1
            status = self.server.failing.get(self.server.requests, 200)
            noise = self.server.requests in self.server.noise
        time.sleep(self.server.delay)
        if status != 200:
            # As some endpoints do, it repeats the key and the request.
            authorization = self.headers["authorization"]
            text = json.dumps({"error": {"message": f"{authorization} {body.decode()}"}})
        else:
            done = FakeChat().complete(json.loads(body)["messages"])
            text = json.dumps(
                {
                    "choices": [
                        {"message": {"role": "assistant", "content": "{" if noise else done.text}}
                    ],
                    "usage": {"prompt_tokens": 200, "completion_tokens": 50},
                }
            )
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[Server]:
    opened = Server()
    threading.Thread(target=opened.serve_forever, args=(0.02,), daemon=True).start()
    yield opened
    opened.shutdown()
    opened.server_close()


@pytest.fixture(scope="module")
def log() -> ActivityLog:
    return make_log(users=6)


class Run:
    """A run in memory that can be carried on with other settings."""

    def __init__(self, log: ActivityLog, server: Server) -> None:
        self.storage = MemoryStorage(log, text_key=b"k")
        self.cache = MemoryCompletionCache()
        self.server = server
        self.told: list[Estimate] = []

    def go(
        self,
        progress: Any = None,
        before: Callable[[Estimate], None] | None = None,
        **config: Any,
    ) -> dict[str, Any]:
        settings = DiscoveryConfig(map="none", namer="openai", **{"concurrency": 4, **config})
        open_namer, concurrency = namer_opener(
            settings,
            models_dir=Path(),
            endpoint=Endpoint(self.server.url, "m", KEY),
            local_only=True,
            cache=self.cache,
            secret=b"k",
        )
        tools = Tools(
            FakeEmbedder(), MemoryVectorCache(), {}, b"k", open_namer, concurrency,  # type: ignore[arg-type]
            before,
        )  # fmt: skip
        return run_discovery(self.storage, settings, tools, progress or Silent())

    def counts(self) -> tuple[int, int]:
        """(journeys, of which a model has named)."""
        names = [j.names for user in self.storage.results.values() for j in user.journeys]
        return len(names), sum(not each.provisional for each in names)


@pytest.mark.parametrize(
    ("limit", "most"),
    [
        ({"max_calls": 5}, 5),
        ({"max_tokens": 2_600}, 10),
        ({"max_cost": 0.0050, "price": (2.0, 2.0)}, 10),
    ],
)
def test_at_the_cap_naming_stops_and_a_higher_one_goes_on(
    log: ActivityLog, server: Server, limit: dict[str, Any], most: int
) -> None:
    run = Run(log, server)
    manifest = run.go(**limit)
    journeys, named = run.counts()
    assert server.requests <= most
    assert 0 < named < journeys
    assert manifest["naming_problem"].startswith(f"{journeys - named} of {journeys} journeys keep")
    assert "is reached. Raise it" in manifest["naming_problem"]
    before = server.requests
    manifest = run.go()
    assert run.counts() == (journeys, journeys)
    assert manifest["naming_problem"] == ""
    ledger = Ledger.from_dict(manifest["llm"])
    assert ledger.requests == server.requests > before
    assert ledger.tokens == ledger.calls * 250
    assert ledger.cost is None, "the second attempt's price is not known"


def test_an_old_attempt_counts_towards_the_cap(log: ActivityLog, server: Server) -> None:
    run = Run(log, server)
    run.go(max_calls=5)
    run.go(max_calls=5)
    assert server.requests <= 5
    run.go(max_calls=8)
    assert 5 < server.requests <= 8


def test_failures_and_retries_are_in_the_ledger(log: ActivityLog, server: Server) -> None:
    server.failing = {1: 500, 2: 503, 5: 429}
    run = Run(log, server)
    manifest = run.go()
    ledger = Ledger.from_dict(manifest["llm"])
    assert dict(ledger.failures) == {"server_error": 2, "rate_limit": 1}
    assert ledger.retries == 3
    assert ledger.requests == server.requests
    assert ledger.seconds > 0
    assert run.counts()[0] == run.counts()[1]


def all_names(run: Run) -> list[tuple[str, ...]]:
    return [j.names.levels for user in run.storage.results.values() for j in user.journeys]


def test_answers_that_nobody_can_read_are_an_accident_of_the_moment(
    log: ActivityLog, server: Server
) -> None:
    undisturbed = Run(log, server)
    undisturbed.go()
    server.requests, server.noise = 0, {1, 2, 5, 6}
    run = Run(log, server)
    manifest = run.go(concurrency=1)
    assert manifest["naming_problem"] == ""
    assert all_names(run) == all_names(undisturbed)
    assert Ledger.from_dict(manifest["llm"]).requests == server.requests


def test_a_model_that_never_answers_readably_is_left_soon_and_told(
    log: ActivityLog, server: Server
) -> None:
    server.noise = set(range(1_000))
    run = Run(log, server)
    manifest = run.go(concurrency=1)
    journeys, named = run.counts()
    assert named == 0
    assert manifest["naming_problem"].startswith(f"{journeys} of {journeys} journeys keep")
    assert "cannot be read" in manifest["naming_problem"]
    assert server.requests <= 2 * (FAILURES_IN_A_ROW + 1)
    server.noise = set()
    assert run.go()["naming_problem"] == ""
    assert run.counts() == (journeys, journeys)


def test_a_damaged_answer_is_asked_for_again_and_replaced(log: ActivityLog, server: Server) -> None:
    first = Run(log, server)
    first.go()
    paid = server.requests
    broken, *_ = first.cache.entries
    sound = first.cache.entries[broken]
    first.cache.entries[broken] = replace(sound, text=sound.text[:9])
    second = Run(log, server)
    second.cache = first.cache
    second.go()
    assert server.requests == paid + 1
    assert first.cache.entries[broken] == sound
    assert all_names(first) == all_names(second)


def test_a_person_is_loaded_once_for_all_their_journeys(log: ActivityLog, server: Server) -> None:
    loaded: list[int] = []

    class Counting(MemoryStorage):
        def load_user(self, person: int) -> Any:
            loaded.append(person)
            return super().load_user(person)

    run = Run(log, server)
    run.storage = Counting(log, text_key=b"k")
    run.go(max_calls=0)  # only the estimate's sample, and the first journeys
    sample = len(loaded)
    loaded.clear()
    run.go()
    people = sum(bool(user.journeys) for user in run.storage.results.values())
    assert len(loaded) <= sample + people
    assert run.counts()[0] == run.counts()[1] > 2 * people


class CancelAfter(Silent):
    """Asks to stop once so many journeys are named."""

    def __init__(self, names: int) -> None:
        self.names = names
        self.naming = False
        self.done = 0

    def stage(self, name: str, done: int, total: int) -> None:
        self.naming, self.done = name == "name", done

    def update(self, done: int) -> None:
        self.done = done

    def should_stop(self) -> bool:
        return self.naming and self.done >= self.names


def test_interrupted_the_ledger_goes_on_and_no_answer_is_paid_for_twice(
    log: ActivityLog, server: Server
) -> None:
    server.delay = 0.02
    run = Run(log, server)
    with pytest.raises(Cancelled):
        run.go(CancelAfter(3))
    journeys, named = run.counts()
    assert 3 <= named < journeys
    first = Ledger.from_dict(run.storage.manifest()["llm"])
    assert first.calls >= named
    last = Ledger.from_dict(run.go()["llm"])
    assert run.counts() == (journeys, journeys)
    assert last.calls == server.requests, "those under way were answered and kept"
    assert last.seconds > first.seconds


def test_the_estimate_comes_before_anything_is_sent(log: ActivityLog, server: Server) -> None:
    run = Run(log, server)

    def refuse(told: Estimate) -> None:
        assert server.requests == 0
        run.told = [told]
        raise Cancelled("only the estimate")

    with pytest.raises(Cancelled):
        run.go(before=refuse, price=(1.0, 1.0))
    assert server.requests == 0
    (told,) = run.told
    assert told.journeys == run.counts()[0]
    assert told.sampled > 3
    assert told.prompt_tokens > 0
    assert told.cost is not None


def test_a_limit_on_money_without_a_price_is_refused_before_the_run(
    log: ActivityLog, server: Server
) -> None:
    with pytest.raises(ConfigError, match="price"):
        Run(log, server).go(max_cost=1.0)


@pytest.mark.parametrize(
    "wrong",
    [{"concurrency": 0}, {"concurrency": 65}, {"price": (1.0,)}, {"max_calls": -1},
     {"price": (-1.0, 1.0)}, {"max_cost": float("nan")}],
)  # fmt: skip
def test_impossible_costs_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        DiscoveryConfig(**wrong)


def test_a_price_survives_the_database() -> None:
    config = DiscoveryConfig(price=(0.1, 0.4), max_cost=2.0, concurrency=64)
    assert DiscoveryConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize("failing", [{}, {3: 500, 4: 402}])
def test_the_key_is_in_no_file_log_or_message(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    failing: dict[int, int],
) -> None:
    from journeys.discovery import Discovery
    from journeys.export import write_discovery

    caplog.set_level("DEBUG")
    server.failing = failing
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    home = tmp_path / "home"
    environ = {"JOURNEYS_HOME": str(home), "OPENAI_BASE_URL": server.url, "OPENAI_MODEL": "m"}
    settings = Settings.from_environment(environ)
    store = open_store(settings)
    log = make_log(users=2)
    log_id = store.logs.add(log, "a log")
    run_id = store.runs.create(log_id, DiscoveryConfig(map="none", namer="openai").to_dict())
    assert store.runs.claim(run_id, "w")
    execute(store, settings, run_id, "w", make_embedder=lambda _: FakeEmbedder())
    run = store.runs.get(run_id)
    assert run.status == "done"
    assert bool(run.message) == bool(failing)
    assert server.requests > 3
    results = [store.results.user(run_id, p, t) for p, t in store.logs.timelines(log_id)]
    memory = Run(log, server)
    memory.go()
    found = Discovery(log, tuple(memory.storage.results.values()), {}, memory.storage.manifest())
    write_discovery(found, tmp_path / "out", pseudonym_key=None, inherited=())
    store.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".sqlite3" for path in files)
    assert any(path.name == "manifest.json" for path in files)
    for path in files:
        assert KEY.encode() not in path.read_bytes(), path.name
    captured = capfd.readouterr()
    for text in (run.message, repr(results), caplog.text, captured.out, captured.err):
        assert KEY not in text
