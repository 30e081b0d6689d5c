"""What is lost, and what is saved, when new events join journeys instead of all being clustered.

    python benchmarks/updating.py [--log NAME ...] [--home DIR]

The last part of each person's events arrives later, at once or in batches. Three ways to go on:

* afresh: the extractor on all events, each time;
* update only: :func:`~journeys.extraction.updating.update_clusters`, however much is new;
* as in a run: an update, but afresh where :func:`~journeys.extraction.updating.is_due` says so.

"Frozen" is the best that any update could do that keeps old labels: the events are clustered
afresh, and what is old then gets its old labels back, each new cluster with its old majority.

ARI against the truth, macro means over people, with the paired difference to afresh and its 95%
bootstrap interval (none for three people); agreement is the ARI of the two clusterings. Cost is
the CPU time (one thread) of all batches together against clustering afresh at each batch.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from common import labelled as labelled_file
from common import provenance

from journeys.cli.progress import TerminalProgress
from journeys.embedding import load_embedder
from journeys.evaluation.intervals import FEWEST_FOR_INTERVAL, macro_mean
from journeys.evaluation.labelled import LabelledLog, prepare, read_labelled
from journeys.extraction import Clusters, Extractor, UserEvents, get_extractor
from journeys.extraction.base import renumber
from journeys.extraction.stability import agreement_of
from journeys.extraction.updating import NEW, is_due, update_clusters
from journeys.settings import Settings
from journeys.store import open_store

LOGS = {
    "reddit": ("reddit_mix_dev/events.jsonl", "group"),
    "til": ("til_notes/til_notes.jsonl", "group"),
    "angular": ("angular_components_commits/commits.csv", "group"),
}

#: (extractor, events, known labels, their membership) -> clusters of all the events.
Way = Callable[[Extractor, UserEvents, np.ndarray, np.ndarray], Clusters]


def afresh(extractor: Extractor, events: UserEvents, *_: np.ndarray) -> Clusters:
    return extractor.extract(events)


def as_in_a_run(
    extractor: Extractor, events: UserEvents, known: np.ndarray, membership: np.ndarray
) -> Clusters:
    if is_due(int(np.sum(known != NEW)), len(events)):
        return extractor.extract(events)
    return update_clusters(extractor, events, known, membership)


def frozen(
    extractor: Extractor, events: UserEvents, known: np.ndarray, membership: np.ndarray
) -> Clusters:
    found = extractor.extract(events).labels
    labels = np.where(known >= 0, known, -1)
    free = labels.max(initial=-1) + 1
    for cluster in range(found.max(initial=-1) + 1):
        members = np.flatnonzero(found == cluster)
        old = known[members][known[members] >= 0]
        new = members[known[members] < 0]
        if len(old) and (2 * len(old) >= len(members) or len(new) < 5):
            labels[new] = np.bincount(old).argmax()
        else:
            labels[new], free = free, free + 1
    return Clusters(renumber(labels), membership)


WAYS: dict[str, Way] = {
    "update only": update_clusters,
    "as in a run": as_in_a_run,
    "frozen": frozen,
}


def arrive(
    way: Way, extractor: Extractor, events: UserEvents, first: Clusters, cuts: Sequence[int]
) -> tuple[list[Clusters], float]:
    """The clusters after each batch, and the seconds that all took."""
    found, clusters, seconds = [], first, 0.0
    for cut in cuts:
        part = events.take(np.arange(cut))
        more = cut - len(clusters.labels)
        known = np.concatenate([clusters.labels, np.full(more, NEW)])
        membership = np.concatenate([clusters.membership, np.zeros(more, np.float32)])
        start = time.process_time()
        clusters = way(extractor, part, known, membership)
        seconds += time.process_time() - start
        found.append(clusters)
    return found, seconds


def shares(labelled: LabelledLog, extractor: Extractor, users: Sequence[str]) -> None:
    print(
        "\n| new | batches | way | ARI | afresh | difference | agreement | cost |"
        "\n|---|---|---|---|---|---|---|---|"
    )
    for share in (0.05, 0.1, 0.2, 0.3):
        for batches in (1, 3):
            totals = dict.fromkeys(("afresh", *WAYS), 0.0)
            rows: dict[str, list[tuple[float, float, float]]] = {way: [] for way in WAYS}
            for user in users:
                timeline = labelled.log.timeline(user)
                events = labelled.events(timeline)
                n = len(events)
                cuts = np.linspace(n * (1 - share), n, batches + 1).round().astype(int).tolist()
                first = extractor.extract(events.take(np.arange(cuts[0])))
                whole, seconds = arrive(afresh, extractor, events, first, cuts[1:])
                totals["afresh"] += seconds
                best = score(labelled, user, whole[-1])
                for name, way in WAYS.items():
                    found, seconds = arrive(way, extractor, events, first, cuts[1:])
                    totals[name] += seconds
                    agreement = agreement_of(found[-1].labels, whole[-1].labels)
                    rows[name].append((score(labelled, user, found[-1]), best, agreement))
            for name in WAYS:
                mine, fresh, agreement = np.array(rows[name]).T
                cost = "" if name == "frozen" else f"{totals[name] / totals['afresh']:.2f}"
                print(
                    f"| {share:.0%} | {batches} | {name} | {mine.mean():.3f} | {fresh.mean():.3f} "
                    f"| {difference(mine - fresh)} | {agreement.mean():.3f} | {cost} |",
                    flush=True,
                )


def trickle(labelled: LabelledLog, extractor: Extractor, users: Sequence[str]) -> None:
    """The last 30% in thirty batches: the gap at every step, and the cost of all."""
    gaps, fresh_runs, spent, wholly = [], 0, 0.0, 0.0
    for user in users:
        timeline = labelled.log.timeline(user)
        events = labelled.events(timeline)
        n = len(events)
        cuts = np.unique(np.linspace(0.7 * n, n, 31).round().astype(int)).tolist()
        first = extractor.extract(events.take(np.arange(cuts[0])))
        found, seconds = arrive(as_in_a_run, extractor, events, first, cuts[1:])
        spent += seconds
        whole, seconds = arrive(afresh, extractor, events, first, cuts[1:])
        wholly += seconds
        fresh_runs += sum(is_due(a, b) for a, b in pairwise(cuts))
        own = [score(labelled, user, clusters) for clusters in found]
        best = [score(labelled, user, clusters) for clusters in whole]
        gaps.append(np.nanmean(np.array(own) - np.array(best)))
    print(
        f"\nThe last 30% in thirty batches, as in a run: ARI {difference(np.array(gaps))} against "
        f"afresh on average over the batches; {fresh_runs / len(users):.1f} of them clustered "
        f"afresh; cost {spent / wholly:.2f} of clustering afresh each time."
    )


def long(labelled: LabelledLog, extractor: Extractor) -> None:
    """All people's events as one person's: time against what is new."""
    parts = [labelled.events(timeline) for timeline in labelled.log.timelines()]
    times = np.concatenate([part.times for part in parts])
    order = np.argsort(times, kind="stable")
    vectors = np.concatenate([part.vectors for part in parts])[order]
    events = UserEvents(vectors, times[order], labelled.mean)
    n = len(events)
    start = time.process_time()
    whole = extractor.extract(events)
    took = time.process_time() - start
    print(f"\nOne timeline of {n:,} events; afresh {took:.2f} s:\n")
    print("| new events | update | of afresh |\n|---|---|---|")
    for new in (1, 10, 100, 1_000):
        known = np.where(np.arange(n) < n - new, whole.labels, NEW)
        seconds = []
        for _ in range(3):
            start = time.process_time()
            update_clusters(extractor, events, known, whole.membership)
            seconds.append(time.process_time() - start)
        middle = sorted(seconds)[1]
        print(f"| {new:,} | {1000 * middle:.0f} ms | {middle / took:.3f} |", flush=True)


def score(labelled: LabelledLog, user: str, clusters: Clusters) -> float:
    """ARI against the truth of the events that are there; NaN while fewer than two groups are."""
    timeline = labelled.log.timeline(user)
    padded = np.full(len(timeline), -1, dtype=np.int64)
    padded[: len(clusters.labels)] = clusters.labels
    if len(clusters.labels) < len(timeline):
        from sklearn.metrics import adjusted_rand_score

        from journeys.evaluation.partition import as_singletons

        truth = labelled.truth.labels[timeline.start : timeline.start + len(clusters.labels)]
        known = truth != ""
        if len(set(truth[known])) < 2:
            return float("nan")
        return float(
            adjusted_rand_score(truth[known].astype(str), as_singletons(clusters.labels)[known])
        )
    scored = labelled.truth.score(timeline, padded)
    return scored.ari if scored else float("nan")


def difference(values: np.ndarray) -> str:
    if len(values) < FEWEST_FOR_INTERVAL:
        return f"{values.mean():+.3f} ({', '.join(f'{value:+.3f}' for value in values)})"
    interval = macro_mean(values.tolist())
    return f"{interval.mean:+.3f} ({interval.low:+.3f} to {interval.high:+.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--log", action="append", choices=LOGS, help="default: all")
    parser.add_argument("--home", type=Path, help="where vectors are kept (JOURNEYS_HOME)")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if options.home:
        os.environ["JOURNEYS_HOME"] = str(options.home)
    print(provenance())
    store = open_store(Settings.from_environment())
    try:
        for name in options.log or LOGS:
            file, column = LOGS[name]
            log, truth = read_labelled(labelled_file(file), column)
            progress = TerminalProgress()
            labelled = prepare(
                log, truth, load_embedder(), store.vectors, store.keys.text, progress
            )
            progress.close()
            users = truth.scorable(log)
            if name == "reddit":
                # The rules of updating were chosen on the other half.
                half = {user for at, user in enumerate(log.users) if (at // 2) % 2 == 1}
                users = [user for user in users if user in half]
            extractor = get_extractor()
            print(f"\n### {file.partition('/')[0]}, {len(users)} people")
            shares(labelled, extractor, users)
            trickle(labelled, extractor, users)
            if name == "reddit":
                long(labelled, extractor)
    finally:
        store.close()


if __name__ == "__main__":
    main()
