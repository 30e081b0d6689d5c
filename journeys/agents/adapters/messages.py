"""Logs of messages in OpenAI's form: one object a conversation, with ``messages``.

Also read where they are there: ``id``, ``user`` (or ``user_id``), ``created_at`` (or ``created``,
``timestamp``), ``feedback`` (kinds, or objects with ``kind``, ``time`` and ``text``), ``outcome``
and ``context`` (or ``metadata``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from journeys.agents.adapters.common import Unread, objects, request_of, steps_of, time_of
from journeys.agents.trajectories import Feedback, Trajectory
from journeys.ingest.sources.text import text_of


def read_messages(path: Path, unread: Unread) -> Iterator[Trajectory]:
    """Trajectories of a file with JSON or JSON lines."""
    for order, record in enumerate(objects(path, unread)):
        steps = steps_of(record.get("messages"))
        if not steps:
            unread.add("no messages")
            continue
        yield Trajectory(
            id=_first(record, "id", "conversation_id") or f"{path.stem}:{order}",
            user_id=_first(record, "user", "user_id") or "me",
            time=time_of(_first(record, "created_at", "created", "timestamp")),
            request=request_of(steps),
            steps=steps,
            outcome=text_of(record.get("outcome")),
            feedback=tuple(_feedback(record.get("feedback"))),
            source="openai",
            context=_context(record),
            order=order,
        )


def _first(record: Mapping[str, Any], *names: str) -> str:
    return next((text for name in names if (text := text_of(record.get(name)))), "")


def _feedback(given: object) -> Iterator[Feedback]:
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, str) and each:
            yield Feedback(each)
        elif isinstance(each, Mapping):
            yield Feedback(
                text_of(each.get("kind")), time_of(each.get("time")), text_of(each.get("text"))
            )


def _context(record: Mapping[str, Any]) -> dict[str, str]:
    for name in ("context", "metadata"):
        if isinstance(found := record.get(name), Mapping):
            return {str(key): text for key, value in found.items() if (text := text_of(value))}
    return {}
