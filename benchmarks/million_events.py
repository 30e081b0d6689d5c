"""1,000,000 events of 10,000 users: the run ends, and with how much memory.

    python benchmarks/million_events.py --work DIR [--users N] [--through cli|database]

The log is made up: every user has their own items, times and titles, drawn around a few
directions of their own. Vectors are made by the script and put into the cache beforehand, so no
model is loaded. Peak memory is the greatest resident size of the run's process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from common import ROOT, provenance

from journeys.embedding import load_embedder, text_keys
from journeys.settings import Settings
from journeys.store import open_store
from journeys.timeline import ActivityLog

EVENTS_A_USER = 100
DIMENSION = 384


def make(folder: Path, users: int) -> Path:
    """Write the log as Parquet and its vectors into the cache; returns the log's path."""
    path = folder / f"log-{users}.parquet"
    settings = Settings.from_environment({"JOURNEYS_HOME": str(folder / "home")})
    store = open_store(settings)
    model = load_embedder().id
    rng = np.random.default_rng(0)
    frames = []
    for start in range(0, users, 500):
        rows, texts, vectors = [], [], []
        for user in range(start, min(start + 500, users)):
            topics = rng.normal(size=(5, DIMENSION))
            chosen = rng.integers(0, 5, size=EVENTS_A_USER)
            times = 1_600_000_000 + np.sort(rng.integers(0, 63_000_000, size=EVENTS_A_USER))
            own = topics[chosen] + 0.9 * rng.normal(size=(EVENTS_A_USER, DIMENSION))
            vectors.append(own / np.linalg.norm(own, axis=1, keepdims=True))
            for at in range(EVENTS_A_USER):
                title = f"made-up title {user}-{at} on subject {user}-{chosen[at]}"
                rows.append((f"u{user:06d}", int(times[at]), f"i{user}-{at}", title))
                texts.append(title)
        store.vectors.put(model, text_keys(store.keys.text, texts), np.concatenate(vectors))
        frames.append(pd.DataFrame(rows, columns=["user_id", "timestamp", "item_id", "title"]))
    store.close()
    pd.concat(frames).to_parquet(path)
    return path


def through_cli(path: Path, folder: Path) -> None:
    """The command line on the Parquet file."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "journeys", "discover", str(path), "--out",
               str(folder / "out"), "--map", "none", "--json"]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "JOURNEYS_HOME": str(folder / "home")},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    summary = json.loads(done.stdout.splitlines()[-1])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print("\n| events | users | journeys | wall | peak memory |\n|---|---|---|---|---|")
    print(
        f"| {summary['events']:,} | {summary['users']:,} | {summary['journeys']:,} "
        f"| {time.perf_counter() - start:.0f} s | {peak:.2f} GB |"
    )
    print("\nSeconds by step: " + json.dumps(summary["seconds"]))


def through_database(path: Path, folder: Path) -> None:
    """Import into the store and the worker's run, in this process."""
    from journeys.discovery import DiscoveryConfig
    from journeys.ingest import read_log
    from journeys.jobs.worker import work

    settings = Settings.from_environment({"JOURNEYS_HOME": str(folder / "home")})
    store = open_store(settings)
    start = time.perf_counter()
    log: ActivityLog | None = read_log(path)
    log_id = store.logs.add(log, "million")
    imported = time.perf_counter() - start
    log = None
    run_id = store.runs.create(log_id, DiscoveryConfig(map="none").to_dict())
    start = time.perf_counter()
    work(settings, idle_seconds=0)
    took = time.perf_counter() - start
    run = store.runs.get(run_id)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        "\n| events | import | run | status | journeys | peak memory |\n|---|---|---|---|---|---|"
    )
    print(
        f"| {run.manifest['events']:,} | {imported:.0f} s | {took:.0f} s | {run.status} "
        f"| {store.results.counts(run_id)[0]:,} | {peak:.2f} GB |"
    )
    print("\nSeconds by step: " + json.dumps(run.manifest["seconds"]))
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--through", choices=("cli", "database"), default="cli")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    print(provenance())
    path = options.work / f"log-{options.users}.parquet"
    if not path.exists():
        start = time.perf_counter()
        path = make(options.work, options.users)
        print(f"\nMade {path.name} and its vectors in {time.perf_counter() - start:.0f} s.")
        # Measured in a process of its own: the making needs memory that the run does not.
        os.execv(sys.executable, [sys.executable, *sys.argv])
    (through_cli if options.through == "cli" else through_database)(path, options.work)


if __name__ == "__main__":
    main()
