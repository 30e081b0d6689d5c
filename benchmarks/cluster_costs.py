"""What the engine by partition costs, an event and a person, and that it finds what the local does.

    python benchmarks/cluster_costs.py real --log mixed_small/events.jsonl
    python benchmarks/cluster_costs.py made --users 2000
    python benchmarks/cluster_costs.py scale --users 200

``real`` measures every stage in one process with the real embedder, without Ray: the work itself;
and compares with ``discover`` on the same vectors, bit for bit, and with ``--own`` on vectors that
the local engine made in batches of its own. ``made`` measures the stages on a made log of any size
with the fake embedder, for all but embedding. ``scale`` measures the stage "find" with one and with
two Ray workers. Each says how busy the machine was: seconds of the
clock hold only for a machine as busy as that, seconds of the processor for any.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from common import ROOT, labelled

from journeys.cluster import InProcess, Job, RayWorkers, Sizes, discover_by_partition, read_journeys
from journeys.cluster.embedding import distinct_texts, load_vectors
from journeys.cluster.finding import Finding
from journeys.cluster.splitting import load_partition
from journeys.discovery import Discovery, DiscoveryConfig, Silent, Tools, discover
from journeys.embedding import MemoryVectorCache, load_embedder, text_keys
from journeys.embedding.fake import FakeEmbedder
from journeys.ingest import read_log

KEY = b"k" * 32
CONFIG = DiscoveryConfig(map="none")


class Timed(InProcess):
    """Processor and clock seconds by stage."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self.clock: dict[str, float] = {}

    def each(self, work: Any, items: Sequence[int], *, keep: bool = False) -> Any:
        name = type(work).__name__
        for item in items:
            cpu, clock = time.process_time(), time.perf_counter()
            answer = work(item)
            self.cpu[name] = self.cpu.get(name, 0.0) + time.process_time() - cpu
            self.clock[name] = self.clock.get(name, 0.0) + time.perf_counter() - clock
            yield answer


class Kept(Timed):
    """Keeps the work folder's vectors before it goes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, np.ndarray] = {}

    def each(self, work: Any, items: Sequence[int], *, keep: bool = False) -> Any:
        if isinstance(work, Finding):
            for partition in range(work.job.partitions):
                log = load_partition(work.job, partition)
                texts, rows = distinct_texts(log)
                vectors = load_vectors(work.job, partition, log)
                first = np.unique(rows, return_index=True)[1]
                self.texts.update(zip(texts, vectors[first], strict=True))
        yield from super().each(work, items, keep=keep)


def real_job(out: Path, sizes: Sizes) -> Job:
    return Job(
        out, CONFIG, partial(load_embedder, "minilm"), load_embedder("minilm").id, sizes=sizes
    )


def run_real(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """What every stage costs, and whether both engines find the same."""
    path = labelled(options.log)
    workers = Kept()
    sizes = Sizes(options.block, options.partition)
    manifest = discover_by_partition(real_job(folder / "out", sizes), [path], workers, Silent())
    result = costs(manifest, workers, folder / "out")
    print(json.dumps(result, indent=1), flush=True)
    by_partition = {row["journey_id"]: row for row in read_journeys(folder / "out")}
    log = read_log(path)
    embedder = load_embedder("minilm")
    given = MemoryVectorCache()
    keys = text_keys(KEY, list(workers.texts))
    given.put(embedder.id, keys, np.stack(list(workers.texts.values())))
    one = discover(log, CONFIG, tools=Tools(embedder, given, {}, KEY))  # type: ignore[arg-type]
    result["same_vectors"] = compared(one, by_partition, manifest)
    if options.own:
        own = discover(
            log,
            CONFIG,
            tools=Tools(embedder, MemoryVectorCache(), {}, KEY),  # type: ignore[arg-type]
        )
        result["own_vectors"] = compared(own, by_partition, manifest)
    return result


def costs(manifest: dict[str, Any], workers: Timed, out: Path) -> dict[str, Any]:
    """Seconds of the processor a stage, over what the stage works on."""
    events, people, texts = manifest["events"], manifest["users"], manifest["texts_embedded"]
    size = sum(file.stat().st_size for file in out.rglob("*.parquet"))
    return {
        "events": events,
        "people": people,
        "distinct_texts": texts,
        "journeys": manifest["journeys"],
        "partitions": manifest["partitions"],
        "cpu_seconds": {name: round(s, 2) for name, s in workers.cpu.items()},
        "clock_seconds": {name: round(s, 2) for name, s in workers.clock.items()},
        "cpu_us_an_event": {name: round(s / events * 1e6, 1) for name, s in workers.cpu.items()},
        "cpu_ms_a_text": round(workers.cpu.get("Embedding", 0.0) / texts * 1e3, 2),
        "cpu_ms_a_person_find": round(workers.cpu.get("Finding", 0.0) / people * 1e3, 2),
        "result_bytes_an_event": round(size / events, 1),
    }


def compared(
    found: Discovery, other: dict[str, dict[str, Any]], manifest: dict[str, Any]
) -> dict[str, Any]:
    """How far a local discovery and the journeys of a folder agree."""
    mine = {journey.id: journey for journey in found.journeys}
    exact = 0
    for user in found.users:
        for j in user.journeys:
            row = other.get(j.id)
            exact += row is not None and (
                row["score"], row["confidence"], row["rank"], row["names"], row["keyphrases"],
                row["members"], row["membership"], row["central"],
            ) == (
                j.score, j.confidence, j.rank, list(j.names.levels), list(j.keyphrases),
                j.members.tolist(), user.membership[j.members].tolist(), list(j.central),
            )  # fmt: skip
    return {
        "mean_equal": found.manifest["mean"] == manifest["mean"],
        "journeys_here": len(mine),
        "same_members": len(mine.keys() & other.keys()),
        "bit_for_bit": exact,
        "unassigned_equal": found.unassigned_share == manifest["unassigned_share"],
    }


def run_made(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """What the stages cost on a made log."""
    workers = Timed()
    sizes = Sizes(options.block, options.partition)
    job = Job(folder / "out", CONFIG, FakeEmbedder, FakeEmbedder().id, sizes=sizes)
    manifest = discover_by_partition(job, [made_log(options, folder)], workers, Silent())
    result = costs(manifest, workers, folder / "out")
    result["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return result


def made_log(options: argparse.Namespace, folder: Path) -> Path:
    """A made log as Parquet."""
    sys.path.insert(0, str(ROOT))
    from tests.logs import make_log

    path = folder / "log.parquet"
    log = make_log(users=options.users, per_topic=options.per_topic)
    log.frame.to_parquet(path, row_group_size=options.block, index=False)
    return path


def run_scale(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Events a second of the stage "find" on Ray, one worker and two, in turns."""
    path = made_log(options, folder)
    sizes = Sizes(partition_events=options.partition)
    job = Job(folder / "out", CONFIG, FakeEmbedder, FakeEmbedder().id, sizes=sizes)

    class Stop(Exception):
        pass

    class UpToFinding(InProcess):
        job: Job | None = None

        def each(self, work: Any, items: Sequence[int], *, keep: bool = False) -> Any:
            if isinstance(work, Finding):
                self.job = work.job
                raise Stop
            return super().each(work, items, keep=keep)

    before = UpToFinding()
    try:
        discover_by_partition(job, [path], before, Silent())
    except Stop:
        assert before.job is not None
    work = Finding(before.job)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(options.repeats):
        for count in (1, 2):
            with RayWorkers(count) as workers:
                list(workers.each(work, range(count)))  # imports, on every worker
                start = time.perf_counter()
                list(workers.each(replace(work), range(before.job.partitions)))
                seconds[count].append(time.perf_counter() - start)
    best = {count: min(took) for count, took in seconds.items()}
    bare: dict[int, float] = {}
    for count in (1, 2):
        # The machine's own: the same work in bare processes, without Ray.
        with get_context("spawn").Pool(count) as pool:
            pool.map(work, range(count), chunksize=1)
            start = time.perf_counter()
            pool.map(work, range(before.job.partitions), chunksize=1)
            bare[count] = time.perf_counter() - start
    return {
        "two_bare_processes_against_one": round(bare[1] / bare[2], 2),
        "partitions": before.job.partitions,
        "seconds": {str(c): [round(s, 2) for s in took] for c, took in seconds.items()},
        "two_against_one": round(best[1] / best[2], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("real", "made", "scale"))
    parser.add_argument("--log", default="mixed_small/events.jsonl")
    parser.add_argument("--block", type=int, default=1_000)
    parser.add_argument("--partition", type=int, default=500)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--per-topic", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--own", action="store_true", help="embed again in the local engine")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cluster-costs-"))
    load = os.getloadavg()[0]
    try:
        kinds = {"real": run_real, "made": run_made, "scale": run_scale}
        result = kinds[options.what](options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result["load_before_after"] = [round(load, 1), round(os.getloadavg()[0], 1)]
    result["cores"] = os.cpu_count()
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
