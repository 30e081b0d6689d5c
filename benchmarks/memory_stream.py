"""1,000,000 events of 10,000 users enter a memory: seconds, and what 1 % more events cost.

    python benchmarks/memory_stream.py --work DIR [--users N] [--size K]

No language model is asked. The log is made up; storing it is not part of the time.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from common import provenance

from journeys.memory import BySize
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.timeline import ActivityLog

EVENTS_A_USER = 100
#: Share of the users who come back with one event for each of their hundred.
BACK = 0.01


def made_up(users: np.ndarray, events: int, start: int, seed: int) -> ActivityLog:
    """``events`` events for each user, later than ``start`` seconds."""
    rng = np.random.default_rng(seed)
    times = start + np.sort(rng.integers(0, 63_000_000, size=(len(users), events)), axis=1)
    frame = pd.DataFrame(
        {
            "user_id": np.repeat([f"u{user:06d}" for user in users], events),
            "timestamp": pd.to_datetime(times.ravel(), unit="s", utc=True),
        }
    )
    frame["title"] = [f"made-up title {at}" for at in range(len(frame))]
    frame["item_id"] = [f"i{seed}-{at}" for at in range(len(frame))]
    return ActivityLog(frame)


def append(store: Store, memory: int) -> float:
    """Seconds of an append."""
    begun = time.perf_counter()
    done = store.memory.append(memory)
    seconds = time.perf_counter() - begun
    print(
        f"| {done.events:,} | {done.people:,} | {done.partitions:,} | {seconds:.2f} s |", flush=True
    )
    return seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=20)
    asked = parser.parse_args()
    store = open_store(Settings.from_environment({"JOURNEYS_HOME": str(asked.work / "home")}))
    log = store.logs.add(made_up(np.arange(asked.users), EVENTS_A_USER, 1_600_000_000, 0), "log")
    memory = store.memory.open(log, BySize(asked.size))
    print(provenance() + "\n")
    print("| events that entered | people | partitions closed | time |")
    print("|---|---|---|---|")
    whole = append(store, memory)
    rng = np.random.default_rng(1)
    for title, users, events in (
        ("1% of the events, of 1% of the users", rng.choice(asked.users, asked.users // 100, False),
         EVENTS_A_USER),
        ("1% of the events, one for each user", np.arange(asked.users), 1),
    ):  # fmt: skip
        store.logs.append(log, made_up(users, events, 1_670_000_000, len(title)))
        print(f"{title}: {append(store, memory) / whole:.1%} of the whole append")
    print(f"appending again: {append(store, memory):.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPeak memory {peak:,.0f} MiB, the made-up log included.")
    store.close()


if __name__ == "__main__":
    main()
