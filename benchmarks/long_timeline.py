"""Seconds and memory of extracting the journeys of one person with a very long timeline.

    python benchmarks/long_timeline.py [--events N ...] [--extractor NAME ...]

Made-up vectors: 60 interests, each a direction with noise around it, pursued in bursts; one event
in ten is of none. Each size in a process of its own, in one thread, imports not counted in the
seconds but in the memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time

import numpy as np
from common import provenance, run_timed

from journeys.evaluation.metrics import score_user
from journeys.evaluation.report import markdown
from journeys.extraction import UserEvents, get_extractor

INTERESTS, DIMENSIONS, MINUTE = 60, 384, 60_000_000


def made_up(events: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors (n, 384) float32, times (n,) and the true interest of each event, '' for none."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(INTERESTS, DIMENSIONS)).astype(np.float32)
    # Bursts of 20 events on average; a person has a few interests at a time.
    switch = rng.random(events) < 0.05
    at = np.maximum.accumulate(np.where(switch, np.arange(events), 0))
    interest = rng.integers(0, INTERESTS, events)[at]
    none = rng.random(events) < 0.1
    vectors = rng.normal(size=(events, DIMENSIONS)).astype(np.float32)
    vectors *= 1.3
    vectors[~none] += centres[interest[~none]]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    truth = np.where(none, "", interest.astype(str))
    return vectors, np.cumsum(rng.integers(1, 60, events)) * MINUTE, truth


def one(name: str, events: int) -> None:
    """Measure one size; prints a JSON object."""
    extractor = get_extractor(name)
    vectors, times, truth = made_up(events)
    extractor.extract(UserEvents(vectors[:200], times[:200]))
    start = time.perf_counter()
    clusters = extractor.extract(UserEvents(vectors, times))
    seconds = time.perf_counter() - start
    score = score_user(clusters.labels, truth)
    print(
        json.dumps(
            {
                "events": events,
                "extractor": name,
                "clusters": len(clusters),
                "ari": score.ari if score else None,
                "seconds": seconds,
                "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--events", type=int, nargs="+", default=[5_000, 10_000, 100_000, 200_000])
    parser.add_argument("--extractor", nargs="+", default=["hdbscan"])
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        one(options.extractor[0], options.events[0])
        return
    print(provenance(), "\n", flush=True)
    rows = []
    for name in options.extractor:
        for events in options.events:
            command = [sys.executable, __file__, "--alone", "--extractor", name]
            _, printed = run_timed([*command, "--events", str(events)], OMP_NUM_THREADS="1")
            found = json.loads(printed.splitlines()[-1])
            rows.append(
                [
                    name,
                    f"{events:,}",
                    f"{found['seconds']:.2f} s",
                    f"{found['peak_gb']:.2f} GB",
                    str(found["clusters"]),
                    f"{found['ari']:.3f}",
                ]
            )
    print(markdown(["extractor", "events", "extraction", "peak memory", "clusters", "ARI"], rows))


if __name__ == "__main__":
    main()
