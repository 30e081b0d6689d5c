"""How fast the learner for agents scores and learns, in process, on one core.

    OMP_NUM_THREADS=1 python benchmarks/agents_online.py [--users 100000] [--rows 1000000] [--json]

Users have ten rows of their own each on average, in one dictionary, under a shared model of 50,000
ids with factors in a table of 262,144 rows. A round is what a server does for a request: encode 100
candidates, score them by shared weights and by the user's rows with their uncertainty, and order
them by Thompson sampling; an update is an event with its feedback through the whole door
(redaction, duplicates) and the learning of it. Users are drawn at random, so that caches are cold.
Beside the time on the wall stands that of the processor, which other programs do not lengthen.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from datetime import UTC, datetime, timedelta

import numpy as np
from common import provenance

from journeys.agents.exploring import Exploration
from journeys.agents.features import Action, FeatureSchema
from journeys.agents.hashing import IdTable, TableRules
from journeys.agents.intake import EVERYBODY
from journeys.agents.refreshing import ModelHistory, Version
from journeys.agents.rows import BIAS, Belief, UserRows
from journeys.agents.service import PreferenceService
from journeys.agents.shared import SharedModel
from journeys.agents.states import UserState
from journeys.agents.trajectories import Feedback, Trajectory

NOW = datetime(2026, 6, 1, tzinfo=UTC)
N_IDS = 50_000
SEED = 0


def shared_model(rng: np.random.Generator) -> SharedModel:
    """A model with factors and content, all weights drawn."""
    schema = FeatureSchema()
    rules = TableRules(rows=262_144)
    names = [f"tool=t{n}" for n in range(1_000)] + [f"repo=r{n}" for n in range(N_IDS - 1_005)]
    names += [f"task_type=k{n}" for n in range(5)]
    linear = rng.normal(0, 0.3, rules.rows)
    factors = rng.normal(0, 0.1, (rules.rows, 8))
    linear[0], factors[0] = 0.0, 0.0
    table = IdTable(rules, frozenset(names))
    return SharedModel(schema, table, linear, factors, rng.normal(0, 0.1, schema.content), 0.5)


def filled(service: PreferenceService, users: int, rows: int, rng: np.random.Generator) -> int:
    """Users with rows of tools and repositories; returns how many rows there are."""
    total = 0
    for user in range(users):
        count = max(rows // users - 1, 1)
        names = [BIAS, *(f"tool=t{n}" for n in rng.choice(1_000, count, replace=False))]
        values = rng.normal(0, 0.5, len(names)).tolist()
        beliefs = {name: Belief(value, 0.2) for name, value in zip(names, values, strict=True)}
        service.states.put(f"u{user}", UserState(UserRows(beliefs, NOW, 10)))
        total += len(beliefs)
    return total


def timed(times: list[float]) -> dict[str, float]:
    """Percentiles in milliseconds."""
    return {f"p{at}_ms": float(np.percentile(times, at) * 1e3) for at in (50, 95, 99)} | {
        "n": len(times)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rng = np.random.default_rng(SEED)
    history = ModelHistory.begin().published(Version(shared_model(rng), NOW, None))
    service = PreferenceService(history=history, exploration=Exploration("thompson", budget=0.1))
    rows = filled(service, options.users, options.rows, rng)
    ranking, updates = [], []
    cpu_ranking, cpu_updates = [], []
    for number in range(options.rounds + 50):
        user = f"u{rng.integers(options.users)}"
        tools = rng.choice(1_000, 100, replace=False)
        content = rng.normal(size=(100, 16))
        candidates = [
            Action(f"t{tool}", {"tool": f"t{tool}"}, vector)
            for tool, vector in zip(tools, content, strict=True)
        ]
        request = {"repo": f"r{rng.integers(N_IDS)}", "task_type": "k1", "agent": "a"}
        now = NOW + timedelta(minutes=number)
        start, cpu = time.perf_counter(), time.process_time()
        service.rank_actions(EVERYBODY, user, request, candidates, now)
        ranked, cpu_ranked = time.perf_counter(), time.process_time()
        given = Trajectory(
            f"e{number}",
            user,
            now,
            "Please add a test for the parser of dates, it fails on leap years",
            feedback=(Feedback("accept", now),),
            context={"repo": request["repo"], "task_type": "k1", "tool": f"t{tools[0]}"},
        )
        begun, cpu_begun = time.perf_counter(), time.process_time()
        service.record_event(EVERYBODY, given, now, content=content[0])
        learnt, cpu_learnt = time.perf_counter(), time.process_time()
        if number >= 50:  # the first ones fill the cache of hashes
            ranking.append(ranked - start)
            updates.append(learnt - begun)
            cpu_ranking.append(cpu_ranked - cpu)
            cpu_updates.append(cpu_learnt - cpu_begun)
    found = {
        "users": options.users,
        "own_rows": rows,
        "shared_ids": N_IDS,
        "rank_100": timed(ranking),
        "update": timed(updates),
        "rank_100_cpu": timed(cpu_ranking),
        "update_cpu": timed(cpu_updates),
        "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "load_average": os.getloadavg()[0],
    }
    print(provenance(), f"; seed {SEED}", sep="")
    for what in ("rank_100", "update", "rank_100_cpu", "update_cpu"):
        each = found[what]
        print(f"{what}: p50 {each['p50_ms']:.2f} ms, p99 {each['p99_ms']:.2f} ms")
    print(f"{rows:,} rows of {options.users:,} users, {found['memory_mib']:.0f} MiB")
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
