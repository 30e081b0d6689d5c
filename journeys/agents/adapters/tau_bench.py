"""tau-bench (Yao et al. 2024): conversations of a simulated user with an agent that has tools.

They have no times. ``instruction``, ``gold_actions`` and ``reward`` are not known to the agent:
the request is what the user said, and the reward is the outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from journeys.agents.adapters.common import Unread, objects, request_of, steps_of
from journeys.agents.trajectories import Trajectory
from journeys.ingest.sources.text import text_of


def read_tau_bench(path: Path, unread: Unread) -> Iterator[Trajectory]:
    """Trajectories of ``trajectories.jsonl``, in its order."""
    for order, record in enumerate(objects(path, unread)):
        steps = steps_of(record.get("steps"))
        if not steps:
            unread.add("no steps")
            continue
        task, trial = text_of(record.get("task_id")), text_of(record.get("trial"))
        reward = record.get("reward")
        known = isinstance(reward, int | float)
        yield Trajectory(
            id=f"{task}:{trial}",
            user_id=text_of(record.get("user_id")),
            time=None,
            request=request_of(steps),
            steps=steps,
            outcome=("success" if reward == 1 else "failure") if known else "",
            source="tau-bench",
            context={"domain": "airline", "task": task},
            order=order,
        )
