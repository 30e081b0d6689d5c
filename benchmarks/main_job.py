"""The main job on reddit_mix_dev: overhead of the whole run, what a second run does, and ARI.

    python benchmarks/main_job.py --out DIR [--home DIR]

The first run embeds (minutes on a CPU); ``--home`` keeps its vectors for the next time. Figures:

* the whole run with cached vectors and no map against clustering and reading alone;
* a second run with another granularity: texts embedded and maps drawn (both must be 0);
* macro ARI over users against the groups, seeds 0 to 4, beside peers on the same vectors.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import labelled, provenance, run_timed

from journeys.embedding import load_embedder
from journeys.evaluation.metrics import macro_mean, score_user
from journeys.ingest import read_log
from journeys.settings import Settings
from journeys.store import open_store

LOG = "reddit_mix_dev/events.jsonl"


def discover(out: Path, home: Path, *more: str) -> dict[str, object]:
    """One run of the command line; its JSON summary with the wall time of the process."""
    command = [sys.executable, "-m", "journeys", "discover", str(labelled(LOG)), "--json"]
    wall, printed = run_timed(
        [*command, "--out", str(out), *more], JOURNEYS_HOME=str(home), DATABASE_URL=""
    )
    return {**json.loads(printed.splitlines()[-1]), "wall": wall}


def overhead(out: Path, home: Path, repeats: int) -> None:
    print(
        "\n| run | read | cluster | whole run | ratio | process wall |\n|---|---|---|---|---|---|"
    )
    ratios = []
    for at in range(repeats):
        summary = discover(out, home, "--map", "none", "--namer", "keyphrase")
        seconds = summary["seconds"]
        alone = seconds["read"] + seconds["cluster"]
        ratios.append(seconds["total"] / alone)
        print(
            f"| {at + 1} | {seconds['read']:.2f} s | {seconds['cluster']:.2f} s "
            f"| {seconds['total']:.2f} s | {ratios[-1]:.2f} | {summary['wall']:.2f} s |"
        )
    print(f"\nMedian ratio {statistics.median(ratios):.2f} (must be at most 3).")


def second_run(out: Path, home: Path) -> None:
    discover(out, home, "--map", "user", "--users", "10")
    before = vectors(home)
    discover(out, home, "--map", "user", "--users", "10", "--granularity", "0.8")
    manifest = json.loads((out / "manifest.json").read_text())
    print(
        f"\nSecond run with granularity 0.8 on 10 users: {vectors(home) - before} texts embedded, "
        f"{manifest['maps']['drawn']} maps "
        f"drawn, {manifest['maps']['cached']} taken from the cache."
    )


def vectors(home: Path) -> int:
    """Vectors in the cache."""
    from sqlalchemy import func, select

    from journeys.store.schema import VectorRow

    store = open_store(Settings.from_environment({"JOURNEYS_HOME": str(home)}))
    with store.engine.connect() as connection:
        count = connection.scalar(select(func.count()).select_from(VectorRow)) or 0
    store.close()
    return count


def quality(out: Path, home: Path, seeds: int) -> None:
    log = read_log(labelled(LOG), keep=["group"])
    groups = log.frame["group"].fillna("").astype(str).to_numpy(dtype=object)
    print(
        "\n| seed | ARI | 95% interval over users | B-cubed F1 | coverage |\n|---|---|---|---|---|"
    )
    for seed in range(seeds):
        discover(out, home, "--map", "none", "--seed", str(seed))
        ids = np.empty(len(log), dtype=np.int64)
        ids[log.report.record_event] = assigned(out / "assignments.csv")
        row(str(seed), log, groups, lambda t, ids=ids: ids[t.start : t.start + len(t)])
    store = open_store(Settings.from_environment({"JOURNEYS_HOME": str(home)}))
    model = load_embedder().id
    from journeys.embedding import text_keys

    def raw(timeline):
        return store.vectors.get(model, text_keys(store.keys.text, timeline.texts()))

    print("\nPeers and baselines on the same vectors, in the same run:\n")
    print("| method | ARI | 95% interval over users | B-cubed F1 | coverage | ms a user |")
    print("|---|---|---|---|---|---|")
    row("everything in one cluster", log, groups, lambda t: np.zeros(len(t), int), timed=True)
    row("every event alone", log, groups, lambda t: np.arange(len(t)), timed=True)
    row("HDBSCAN on raw vectors", log, groups, lambda t: plain_hdbscan(raw(t)), timed=True)
    row(
        "UMAP-5 + HDBSCAN (BERTopic's recipe)",
        log,
        groups,
        lambda t: umap_hdbscan(raw(t)),
        timed=True,
    )
    store.close()


def plain_hdbscan(vectors: np.ndarray) -> np.ndarray:
    from hdbscan import HDBSCAN

    return HDBSCAN(min_cluster_size=5).fit_predict(vectors)


def umap_hdbscan(vectors: np.ndarray) -> np.ndarray:
    """BERTopic's defaults, with its smallest topic set to the size of a journey."""
    import warnings

    from hdbscan import HDBSCAN
    from umap import UMAP

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reduced = UMAP(
            n_neighbors=min(15, len(vectors) - 1), n_components=5, min_dist=0.0,
            metric="cosine", random_state=0, n_jobs=1,
        ).fit_transform(vectors)  # fmt: skip
    return HDBSCAN(min_cluster_size=5).fit_predict(reduced)


def row(name, log, groups, labels_of, timed: bool = False) -> None:
    scores, took = [], 0.0
    for timeline in log.timelines():
        start = time.perf_counter()
        labels = np.asarray(labels_of(timeline))
        took += time.perf_counter() - start
        scores.append(score_user(labels, groups[timeline.start : timeline.start + len(timeline)]))
    scores = [score for score in scores if score is not None]
    ari = [score.ari for score in scores]
    interval = macro_mean(ari)
    cells = [
        name,
        f"{interval.mean:.3f}",
        f"{interval.low:.3f} to {interval.high:.3f}",
        f"{np.mean([s.bcubed.f1 for s in scores]):.3f}",
        f"{np.mean([s.coverage for s in scores]):.2f}",
    ]
    if timed:
        cells.append(f"{1000 * took / len(log.users):.1f}")
    print("| " + " | ".join(cells) + " |", flush=True)


def assigned(path: Path) -> np.ndarray:
    """Labels by readable record, in input order, from assignments.csv; -1 for unassigned."""
    import csv

    with path.open(newline="", encoding="utf-8") as file:
        ids = np.array([line["journey_id"] for line in csv.DictReader(file)], dtype=object)
    _, labels = np.unique(ids.astype(str), return_inverse=True)
    return np.where(ids == "", -1, labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "main_job")
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "main_job_home")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    print(provenance())
    overhead(options.out, options.home, options.repeats)
    second_run(options.out, options.home)
    quality(options.out, options.home, options.seeds)


if __name__ == "__main__":
    main()
