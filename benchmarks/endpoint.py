"""A thousand journeys named through an endpoint that fails as real ones do.

    python benchmarks/endpoint.py [--journeys 1000] [--concurrency 32] [--seed 0]
                                  [--storage memory,database] [--calm] [--capacity N]

A real HTTP server in a process of its own answers on loopback after one second, with names made
from the titles of the journey asked about. Of the requests, drawn at random, 5% fail (500 or
503), 1% are told to slow down (429 with Retry-After: 1), 1% are never answered (the connection
stays open for two minutes), and 2% are answered with broken JSON: half of them a completion
whose names are cut off, half a body that is no JSON at all. Journeys of a made-up log are found
with the deterministic embedder of the tests and named by the real pipeline, in memory and on the
database as the worker does it. "Named" counts journeys whose names are the model's at every
level, "partly" those with a level marked as fallback, "lost" the rest. Requests are counted by
the server. With --capacity, what comes while N requests are being answered is told to slow down.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from common import provenance

SECONDS = 1.0
HANG_SECONDS = 120.0
#: Kind of fault -> share of the requests.
FAULTS = {"error": 0.05, "slow down": 0.01, "hang": 0.01, "malformed": 0.02}
KEY = "sk-bench-only"
MODEL = "bench-model"


class Server(ThreadingHTTPServer):
    """The endpoint: what it does to a request is drawn from a seed."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, faults: dict[str, float], seed: int, capacity: int | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._faults = faults
        self._capacity = capacity
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.under_way = self.most = 0

    def draw(self) -> str:
        with self._lock:
            at = self._random.random()
            kind = "answer"
            for name, share in self._faults.items():
                if at < share:
                    kind = name
                    break
                at -= share
            if self._capacity is not None and self.under_way > self._capacity:
                kind = "slow down"
            self.counts[kind] += 1
        return kind

    @contextmanager
    def counted(self) -> Iterator[None]:
        with self._lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            yield
        finally:
            with self._lock:
                self.under_way -= 1


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send(200, json.dumps({"counts": self.server.counts, "most": self.server.most}))

    def do_POST(self) -> None:
        started = time.monotonic()
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.counted():
            kind = self.server.draw()
            if kind == "error":
                time.sleep(0.2)
                status = random.choice((500, 503))
                return self._send(status, '{"error": {"message": "no", "type": "server_error"}}')
            if kind == "slow down":
                return self._send(429, '{"error": {"message": "slow down"}}', {"Retry-After": "1"})
            if kind == "hang":
                time.sleep(HANG_SECONDS)
                self.close_connection = True
                return None
            body = json.dumps(_completion(request, cut=kind == "malformed"))
            time.sleep(max(0.0, SECONDS - (time.monotonic() - started)))
        if kind == "malformed" and random.random() < 0.5:
            body = body[: len(body) // 2]
        return self._send(200, body)

    def _send(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        data = body.encode()
        try:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self.close_connection = True  # the client has given up waiting

    def log_message(self, format: str, *args: object) -> None:
        return


def _completion(request: dict[str, Any], *, cut: bool) -> dict[str, Any]:
    """Names for the journey asked about, also when it is asked for once more."""
    from journeys.naming.fake import FakeChat

    asked = next(
        message
        for message in reversed(request["messages"])
        if message["role"] == "user" and '\n"' in message["content"]
    )
    schema = request.get("response_format", {}).get("json_schema", {}).get("schema")
    done = FakeChat().complete([asked], schema=schema)
    text = done.text[: len(done.text) // 8] if cut else done.text
    prompt = sum(len(message["content"]) for message in request["messages"]) // 4
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
            }
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": len(text) // 4,
            "total_tokens": prompt + len(text) // 4,
        },
    }


@contextmanager
def served(options: argparse.Namespace) -> Iterator[str]:
    """The endpoint in a process of its own; gives its address."""
    command = [sys.executable, __file__, "--serve", "--seed", str(options.seed)]
    command += ["--calm"] * options.calm
    if options.capacity is not None:
        command += ["--capacity", str(options.capacity)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.wait()


def told(url: str) -> dict[str, Any]:
    """What the server counted."""
    with urllib.request.urlopen(url) as answer:
        result: dict[str, Any] = json.load(answer)
    return result


def make_log(journeys: int, seed: int) -> Any:
    """People with four interests each, of forty whose words have nothing in common."""
    import pandas as pd

    from journeys.timeline import ActivityLog

    draw = random.Random(seed)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u")]
    interests = [["".join(draw.sample(syllables, 3)) for _ in range(7)] for _ in range(40)]
    rows = []
    for user in range((journeys + 3) // 4):
        for interest in draw.sample(interests, 4):
            for number in range(10):
                words = " ".join([interest[0], *draw.sample(interest[1:], 4)])
                rows.append((f"user{user:05d}", draw.randrange(400), f"{words} part {number}"))
    frame = pd.DataFrame(rows, columns=["user_id", "day", "title"])
    frame["timestamp"] = pd.to_datetime(
        frame.pop("day") * 86_400 + 1_700_000_000 + frame.index, unit="s", utc=True
    )
    frame["item_id"] = [f"item{at}" for at in range(len(frame))]
    return ActivityLog(frame)


def in_memory(log: Any, config: Any, url: str) -> tuple[dict[str, Any], list[Any]]:
    """Manifest and names of a run in memory."""
    from journeys.discovery import MemoryStorage, Silent, Tools, run_discovery
    from journeys.discovery.namers import namer_opener
    from journeys.embedding import MemoryVectorCache
    from journeys.embedding.fake import FakeEmbedder
    from journeys.endpoint import Endpoint
    from journeys.naming import MemoryCompletionCache

    open_namer, concurrency = namer_opener(
        config,
        models_dir=Path(),
        endpoint=Endpoint(url, MODEL, KEY),
        local_only=True,
        cache=MemoryCompletionCache(),
        secret=b"bench",
    )
    tools = Tools(
        embedder=FakeEmbedder(),
        vectors=MemoryVectorCache(),
        maps={},  # type: ignore[arg-type]
        map_key=b"bench",
        open_namer=open_namer,
        concurrency=concurrency,
    )
    storage = MemoryStorage(log, text_key=b"bench")
    manifest = run_discovery(storage, config, tools, Silent())
    return manifest, [j.names for user in storage.results.values() for j in user.journeys]


def on_database(log: Any, config: Any, url: str) -> tuple[dict[str, Any], list[Any]]:
    """Manifest and names of a run as the worker carries it out."""
    from journeys.embedding.fake import FakeEmbedder
    from journeys.jobs.execute import execute
    from journeys.settings import Settings
    from journeys.store import open_store

    os.environ["OPENAI_API_KEY"] = KEY
    with tempfile.TemporaryDirectory() as home:
        environ = {"JOURNEYS_HOME": home, "OPENAI_BASE_URL": url, "OPENAI_MODEL": MODEL}
        settings = Settings.from_environment(environ)
        store = open_store(settings)
        log_id = store.logs.add(log, "bench")
        run_id = store.runs.create(log_id, config.to_dict())
        store.runs.claim(run_id, "bench")
        execute(store, settings, run_id, "bench", make_embedder=lambda _: FakeEmbedder())
        names = [
            journey.names
            for person, timeline in store.logs.timelines(log_id)
            for journey in store.results.user(run_id, person, timeline).journeys
        ]
        manifest = store.runs.get(run_id).manifest
        store.close()
    return manifest, names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--journeys", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--storage", default="memory,database")
    parser.add_argument("--calm", action="store_true", help="an endpoint without faults")
    parser.add_argument("--capacity", type=int, help="requests that the endpoint takes at once")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        server = Server({} if options.calm else FAULTS, options.seed, options.capacity)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        return
    from journeys.discovery import DiscoveryConfig

    print(provenance())
    log = make_log(options.journeys, options.seed)
    config = DiscoveryConfig(map="none", namer="openai", concurrency=options.concurrency)
    print(
        "\n| storage | journeys | named | partly | lost | naming, s | requests | a journey | "
        "at once | failures |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    for storage in options.storage.split(","):
        carry_out = {"memory": in_memory, "database": on_database}[storage]
        with served(options) as url:
            manifest, names = carry_out(log, config, url)
            counts = told(url)
        by_model = [found for found in names if not found.provisional]
        partly = sum(bool(found.fallback) for found in by_model)
        requests = sum(counts["counts"].values())
        failures = ", ".join(f"{k} {n}" for k, n in sorted(manifest["llm"]["failures"].items()))
        print(
            f"| {storage} | {len(names):,} | {len(by_model) - partly:,} | {partly} | "
            f"{len(names) - len(by_model)} | {manifest['seconds']['name']:.1f} | {requests:,} | "
            f"{requests / max(len(names), 1):.3f} | {counts['most']} | {failures or 'none'} |",
            flush=True,
        )
        if manifest["naming_problem"]:
            print(manifest["naming_problem"])


if __name__ == "__main__":
    main()
