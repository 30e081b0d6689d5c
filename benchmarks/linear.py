"""Does cost grow with the number of events, and memory not? 1, 4 and 16 times the same people.

    python benchmarks/linear.py --work DIR [--times 1 4 16] [--through worker cli partitions]
        [--repeats 2]

The people of reddit_mix_dev (about 19,000 events) once, four and sixteen times, each copy under
ids of its own, so a person's work is the same at every size. Texts are embedded once beforehand and
then taken from the cache. ``worker``: the log is imported, then a worker's process makes the run, a
person at a time out of the database. ``cli``: ``discover`` on a Parquet file, which holds the log
in memory. ``partitions``: the engine of ``--engine ray`` in one process, with the fake embedder,
since it keeps no cache. Each measurement is a process of its own; its peak is its greatest resident
size.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd
from common import labelled, provenance

from journeys.discovery import DiscoveryConfig
from journeys.embedding import embed_missing, load_embedder, text_keys
from journeys.embedding.fake import FakeEmbedder
from journeys.ingest import read_log
from journeys.settings import Settings
from journeys.store import open_store

LOG = "reddit_mix_dev/events.jsonl"


def settings_of(work: Path) -> Settings:
    """The installation that all sizes share."""
    return Settings.from_environment({"JOURNEYS_HOME": str(work / "home")})


def prepare(work: Path, times: int) -> Path:
    """Write the log so many times over, and its vectors into the cache."""
    path = work / f"log-{times}.parquet"
    if path.exists():
        return path
    log = read_log(labelled(LOG))
    frame = log.frame[["user_id", "timestamp", "item_id", "title", "text", "action", "source"]]
    copies = [frame.assign(user_id=[f"{user}-{at:03d}" for user in frame["user_id"]])
              for at in range(times)]  # fmt: skip
    store = open_store(settings_of(work))
    texts = list(dict.fromkeys(text for t in log.timelines() for text in t.texts()))
    keys = text_keys(store.keys.text, texts)
    embed_missing(texts, keys, load_embedder(device="cpu"), store.vectors)
    store.close()
    pd.concat(copies, ignore_index=True).to_parquet(path)
    return path


def by_worker(work: Path, path: Path, times: int) -> dict[str, float]:
    """The run of a worker; the log must be there already."""
    from journeys.jobs.worker import work as take_work

    settings = settings_of(work)
    store = open_store(settings)
    log_id = next(log.id for log in store.logs.list() if log.name == f"{times} times")
    run_id = store.runs.create(log_id, DiscoveryConfig(map="none").to_dict())
    start = time.perf_counter()
    take_work(settings, idle_seconds=0)
    took = time.perf_counter() - start
    manifest = store.runs.get(run_id).manifest
    store.close()
    return {"events": manifest["events"], "seconds": took}


def by_cli(work: Path, path: Path, times: int) -> dict[str, float]:
    """``discover`` in this process."""
    from journeys.cli import main as journeys

    os.environ["JOURNEYS_HOME"] = str(work / "home")
    start = time.perf_counter()
    out = work / f"out-{times}"
    if journeys(["discover", str(path), "--out", str(out), "--map", "none"]):
        raise SystemExit("the run failed")
    took = time.perf_counter() - start
    return {"events": json.loads((out / "manifest.json").read_text())["events"], "seconds": took}


def by_partitions(work: Path, path: Path, times: int) -> dict[str, float]:
    """The cluster's engine in one process, in blocks and partitions of 5,000 events."""
    import shutil

    from journeys.cluster import InProcess, Job, Sizes, discover_by_partition
    from journeys.discovery.progress import Silent

    out = work / f"parts-{times}"
    shutil.rmtree(out, ignore_errors=True)
    job = Job(out, DiscoveryConfig(map="none"), FakeEmbedder, FakeEmbedder().id,
              sizes=Sizes(5000, 5000))  # fmt: skip
    start = time.perf_counter()
    manifest = discover_by_partition(job, [path], InProcess(), Silent())
    return {"events": manifest["events"], "seconds": time.perf_counter() - start}


WAYS: Mapping[str, Callable[[Path, Path, int], dict[str, float]]] = MappingProxyType(
    {"worker": by_worker, "cli": by_cli, "partitions": by_partitions}
)


def imported(work: Path, path: Path, times: int) -> None:
    """Put the log into the store, once."""
    store = open_store(settings_of(work))
    if f"{times} times" not in {log.name for log in store.logs.list()}:
        store.logs.add(read_log(path), f"{times} times")
    store.close()


def child(way: str, work: Path, times: int) -> dict[str, float]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--work", str(work), "--child", way, str(times)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(way: str, work: Path, times: int) -> dict[str, float]:
    """In the child: the run, its processor time and its peak."""
    path = work / f"log-{times}.parquet"
    if way == "import":
        imported(work, path, times)
        return {}
    busy = time.process_time()
    found = WAYS[way](work, path, times)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**found, "busy": time.process_time() - busy, "peak": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--work", type=Path, required=True, metavar="DIR")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--through", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.child:
        print(json.dumps(measured(options.child[0], options.work, int(options.child[1]))))
        return
    print(provenance())
    print("\n| through | events | seconds | by the processor | microseconds an event, processor "
          "| against the smallest | peak memory |\n|---|---|---|---|---|---|---|")  # fmt: skip
    for way in options.through:
        first = 0.0
        for times in options.times:
            prepare(options.work, times)
            if way == "worker":
                child("import", options.work, times)
            found = [child(way, options.work, times) for _ in range(options.repeats)]
            best = min(found, key=lambda each: each["busy"])
            each = best["busy"] / best["events"] * 1e6
            first = first or each
            print(f"| {way} | {best['events']:,} | {min(f['seconds'] for f in found):.1f} "
                  f"| {best['busy']:.1f} | {each:.0f} | {each / first:.2f} "
                  f"| {best['peak']:.0f} MB |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
