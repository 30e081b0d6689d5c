"""Logs of agents that repair software, as SWE-agent writes them (``.traj``): a list of action and
observation, and how it ended. The instance's name tells the repository (``owner__repo-123``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from journeys.agents.adapters.common import Unread, error_in, objects, request_of, steps_of, time_of
from journeys.agents.trajectories import Step, Trajectory
from journeys.ingest.sources.conversations import mappings
from journeys.ingest.sources.text import text_of

_INSTANCE = re.compile(r"^(?P<owner>[\w.-]+?)__(?P<repo>[\w.-]+)-\d+$")


def read_swe(path: Path, unread: Unread) -> Iterator[Trajectory]:
    """Trajectories of a ``.traj`` file, or of JSON lines of such objects."""
    for order, record in enumerate(objects(path, unread)):
        steps = tuple(_steps(record))
        if not steps:
            unread.add("no steps")
            continue
        identity = text_of(record.get("instance_id")) or path.stem
        found = _INSTANCE.match(identity)
        repo = text_of(record.get("repo")) or (f"{found['owner']}/{found['repo']}" if found else "")
        yield Trajectory(
            id=f"{identity}:{order}",
            user_id=text_of(record.get("user_id")) or "me",
            time=time_of(record.get("created_at")),
            request=text_of(record.get("problem_statement")) or request_of(steps),
            steps=steps,
            outcome=_outcome(record),
            source="swe",
            context={"repo": repo} if repo else {},
            order=order,
        )


def _steps(record: Mapping[str, Any]) -> Iterator[Step]:
    history = record.get("history") or record.get("messages")
    for step in steps_of(history):
        if step.role == "user" and step.text:
            yield step
            break
    for turn in mappings(record.get("trajectory") or []):
        action, seen = text_of(turn.get("action")), text_of(turn.get("observation"))
        if action:
            name, _, rest = action.partition(" ")
            yield Step(
                "assistant",
                text_of(turn.get("thought")),
                tool=name.split("\n")[0],
                arguments=rest,
                result=seen,
                error=error_in(seen),
            )


def _outcome(record: Mapping[str, Any]) -> str:
    """Only what tests said; that something was submitted is no success."""
    info = record.get("info")
    for holder in (record, info if isinstance(info, Mapping) else {}):
        if isinstance(resolved := holder.get("resolved"), bool):
            return "success" if resolved else "failure"
    return ""
