"""Made-up users with tastes, for tests of the learner for agents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from journeys.agents.features import Features, FeatureSchema, encode
from journeys.agents.fitting import Example

START = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA = FeatureSchema(content=2)
TASKS = ("fix", "feat", "docs")


def features(**fields: str) -> Features:
    """Features on the first day."""
    return encode(SCHEMA, fields, START)


def world(users: int = 30, events: int = 20, seed: int = 0) -> list[Example]:
    """All like fixes more than features; user 0, 3, 6, ... like documentation, others do not."""
    rng = np.random.default_rng(seed)
    found = []
    for at in range(users * events):
        user, task = at % users, TASKS[rng.integers(3)]
        logit = {"fix": 1.5, "feat": -1.0, "docs": 2.0 if user % 3 == 0 else -2.0}[task]
        made = encode(
            SCHEMA,
            {"task_type": task, "repo": f"r{user}"},
            START + timedelta(hours=at),
            rng.normal(size=2),
        )
        liked = int(rng.random() < 1 / (1 + np.exp(-logit)))
        found.append(Example(f"u{user}", START + timedelta(hours=at + 1), made, liked))
    return found
