"""Clustering, maps and the whole run against what people would write, from the same vectors.

    python benchmarks/speed_discovery.py [--parts cluster map whole profile] [--users N]
        [--repeats 3]

The log is reddit_mix_dev; its texts are embedded once, before anything is timed. Peers: UMAP to 5
dimensions and HDBSCAN with BERTopic's settings; the package BERTopic for each user, with its own
settings and the smallest topic set to the size of a journey, and with the best settings found for
it (corpus mean subtracted, left-overs to the nearest topic); umap-learn's own settings for the map.
The whole run reads the file, finds the journeys, names them by key phrases and writes its tables;
the peer's loop reads the same file, makes a model a user and asks it for its topics and their
words. Everything runs in this process with its libraries loaded; the fastest repeat counts.
``profile`` prints what the whole run's time goes to, by module and library.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from common import ROOT, labelled, provenance

from journeys.discovery import DiscoveryConfig, discover
from journeys.discovery.tools import Tools
from journeys.embedding import MemoryVectorCache, load_embedder
from journeys.evaluation.labelled import LabelledLog, prepare, read_labelled
from journeys.evaluation.metrics import macro_mean, score_user
from journeys.evaluation.protocol import evaluate_extractor
from journeys.export import write_discovery
from journeys.extraction import get_extractor
from journeys.ingest import read_log
from journeys.projection import project

PATH = labelled("reddit_mix_dev/events.jsonl")
KEY = b"speed" * 7


@dataclass
class Data:
    """The log with the truth, and its vectors as both sides are given them."""

    ready: LabelledLog
    cache: MemoryVectorCache
    model: str
    users: list[str]

    def vectors(self, user: str) -> np.ndarray:
        """Shape ``(events, 384)``."""
        return self.ready.vectors(self.ready.log.timeline(user))


def load(most: int | None) -> Data:
    log, truth = read_labelled(PATH, "group")
    embedder, cache = load_embedder(device="cpu"), MemoryVectorCache()
    ready = prepare(log, truth, embedder, cache, KEY)
    return Data(ready, cache, embedder.id, list(log.users)[:most])


def cluster(data: Data) -> None:
    arms = {
        "everything in one cluster": get_extractor("one"),
        "ours": get_extractor("hdbscan"),
        "UMAP-5 + HDBSCAN, BERTopic's settings": get_extractor(
            "umap-hdbscan", centred=False, fill=False
        ),
        "UMAP-5 + HDBSCAN, centred, left-overs given": get_extractor("umap-hdbscan"),
        "BERTopic": get_extractor("bertopic", centred=False, fill=False),
        "BERTopic, centred, left-overs given": get_extractor("bertopic"),
    }
    print("\n## Clustering a user\n\n| method | ms a user | ours is faster by | macro ARI "
          "| 95% interval over users |\n|---|---|---|---|---|")  # fmt: skip
    found = {
        name: evaluate_extractor(data.ready, extractor, seeds=[0], users=data.users)
        for name, extractor in arms.items()
    }
    for name, result in found.items():
        ari = result.figures()["ari"]
        print(f"| {name} | {result.ms_per_user:.1f} "
              f"| {result.ms_per_user / found['ours'].ms_per_user:.1f} "
              f"| {ari.mean:.3f} | {ari.low:.3f} to {ari.high:.3f} |", flush=True)  # fmt: skip


def maps(data: Data, repeats: int) -> None:
    from sklearn.manifold import trustworthiness
    from umap import UMAP

    def peer(rows: np.ndarray) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(UMAP(metric="cosine").fit_transform(rows))

    log = data.ready.log
    everything = np.concatenate([data.vectors(user) for user in log.users])
    several = [data.vectors(user) for user in data.users[:20]]
    drawn = np.random.default_rng(0).permutation(len(everything))
    peer(several[0])  # Compiles.
    print("\n## Maps\n\n| what | ours | umap-learn's defaults | faster by | trustworthiness, ours "
          "| umap-learn |\n|---|---|---|---|---|---|")  # fmt: skip
    cases = [(f"{len(several)} users, {len(np.concatenate(several)):,} events", several)]
    cases += [(f"one map of {n:,} events", [everything[drawn[:n]]]) for n in (2000, 10_000)]
    for name, parts in cases:
        best = {"ours": np.inf, "peer": np.inf}
        shown: dict[str, list[np.ndarray]] = {}
        for _ in range(repeats):
            for arm, draw in (("ours", _ours), ("peer", peer)):
                start = time.perf_counter()
                shown[arm] = [draw(rows) for rows in parts]
                best[arm] = min(best[arm], time.perf_counter() - start)
        trust = {
            arm: statistics.fmean(
                trustworthiness(rows[:2000], points[:2000], n_neighbors=10, metric="cosine")
                for rows, points in zip(parts, shown[arm], strict=True)
            )
            for arm in shown
        }
        print(f"| {name} | {best['ours']:.2f} s | {best['peer']:.2f} s "
              f"| {best['peer'] / best['ours']:.2f} | {trust['ours']:.3f} "
              f"| {trust['peer']:.3f} |", flush=True)  # fmt: skip


def _ours(rows: np.ndarray) -> np.ndarray:
    return project(rows)


def our_run(data: Data) -> tuple[list[str], list[np.ndarray]]:
    """File to tables; returns the users and their labels."""
    log = read_log(PATH, keep=["group"])
    tools = Tools(load_embedder(device="cpu"), data.cache, _NoMaps(), KEY)
    found = discover(log, DiscoveryConfig(map="none"), tools=tools)
    with tempfile.TemporaryDirectory() as out:
        write_discovery(found, Path(out))
    return list(log.users), [user.labels for user in found.users]


def bertopic_run(data: Data, *, best: bool) -> tuple[list[str], list[np.ndarray]]:
    """What one writes with BERTopic: a model a user, its topics and their words."""
    import pandas as pd
    from bertopic import BERTopic

    log = data.ready.log
    frame = pd.read_json(PATH, lines=True, dtype=False)
    assert len(frame) >= len(log)
    labels = []
    for timeline in log.timelines():
        rows = data.ready.vectors(timeline)
        if best:
            rows = rows - data.ready.mean
        texts = [text or "-" for text in timeline.texts()]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = BERTopic(min_topic_size=5)
            try:
                topics, _ = model.fit_transform(texts, embeddings=rows)
                if best and min(topics) < 0 <= max(topics):
                    topics = model.reduce_outliers(
                        texts, topics, strategy="embeddings", embeddings=rows
                    )
                model.get_topic_info()
            except (ValueError, TypeError):  # Too few texts for its UMAP, or no word in them.
                topics = [-1] * len(texts)
        labels.append(np.array(topics))
    return list(log.users), labels


class _NoMaps:
    def get(self, key: str) -> np.ndarray | None:
        return None

    def put(self, key: str, points: np.ndarray) -> None:
        raise AssertionError("no map was asked for")


def whole(data: Data, repeats: int) -> None:
    runs: dict[str, Callable[[], Any]] = {
        "ours": lambda: our_run(data),
        "BERTopic a user": lambda: bertopic_run(data, best=False),
        "BERTopic a user, centred, left-overs given": lambda: bertopic_run(data, best=True),
    }
    for run in runs.values():  # Loads and compiles.
        run()
    seconds = {name: [] for name in runs}  # type: dict[str, list[float]]
    labels = {}
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            labels[name] = run()[1]
            seconds[name].append(time.perf_counter() - start)
    log, truth = data.ready.log, data.ready.truth
    print(f"\n## The whole run, {len(log.users)} users, {len(log):,} events\n\n"
          "| run | seconds, best and each | ours is faster by | macro ARI "
          "| 95% interval over users |\n|---|---|---|---|---|")  # fmt: skip
    for name in runs:
        scores = [
            score.ari
            for timeline, own in zip(log.timelines(), labels[name], strict=True)
            if (score := score_user(
                own, truth.labels[timeline.start : timeline.start + len(timeline)]
            )) is not None
        ]  # fmt: skip
        ari = macro_mean(scores)
        each = ", ".join(f"{took:.2f}" for took in seconds[name])
        print(f"| {name} | {min(seconds[name]):.2f} ({each}) "
              f"| {min(seconds[name]) / min(seconds['ours']):.1f} "
              f"| {ari.mean:.3f} | {ari.low:.3f} to {ari.high:.3f} |")  # fmt: skip


def profile(data: Data) -> None:
    our_run(data)
    plain = time.perf_counter()
    our_run(data)
    plain = time.perf_counter() - plain
    watched = cProfile.Profile()
    watched.runcall(our_run, data)
    costs = costs_by_place(pstats.Stats(watched))
    total = sum(costs.values())
    print(f"\n## Profile of the whole run: {plain:.2f} s without the profiler, {total:.2f} s under "
          "it\n\n| module or library | own time and that of built-in functions it calls | share |"
          "\n|---|---|---|")  # fmt: skip
    for place, seconds in costs.most_common(10):
        print(f"| {place} | {seconds:.2f} s | {seconds / total:.0%} |")


def costs_by_place(stats: pstats.Stats) -> Counter[str]:
    """Own seconds by module of ours or library; a built-in function counts for who called it."""
    costs: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, callers) in stats.stats.items():  # type: ignore[attr-defined]
        if file != "~":
            costs[place_of(file)] += own
            continue
        for (caller, _, _), (_, _, share, _) in callers.items():
            costs[place_of(caller) if caller != "~" else name] += share
    return costs


def place_of(file: str) -> str:
    """``journeys/naming/keyphrases.py`` of a file of ours, else the library's name."""
    path = Path(file)
    if path.is_relative_to(ROOT):
        return str(path.relative_to(ROOT))
    parts = path.parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    return "Python's own library"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    every = ("cluster", "map", "whole", "profile")
    parser.add_argument("--parts", nargs="+", choices=every, default=every)
    parser.add_argument("--users", type=int, help="of clustering and maps; default all")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(provenance())
    data = load(options.users)
    if "cluster" in options.parts:
        cluster(data)
    if "map" in options.parts:
        maps(data, options.repeats)
    if "whole" in options.parts:
        whole(data, options.repeats)
    if "profile" in options.parts:
        profile(data)


if __name__ == "__main__":
    main()
