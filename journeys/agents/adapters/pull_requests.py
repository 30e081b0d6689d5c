"""Pull requests of coding agents with what became of them (AIDev, arXiv 2507.15003).

What is known when a request is opened goes into ``context`` and ``request``. When it was closed,
its reviews and its timeline tell the outcome: of these only the time of the close is read, as that
of the feedback, so that nothing is learnt before somebody decided. A request whose user is not
its author, or that is open, says nothing of its user's taste and is left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from journeys.agents.adapters.common import Unread, objects, time_of
from journeys.agents.trajectories import Feedback, Trajectory
from journeys.ingest.sources.text import text_of

_KINDS = {"merged": "accept", "rejected": "reject"}
_CONTEXT = {"agent": "agent", "group": "repo", "task_type": "task_type", "language": "language"}


def read_pull_requests(path: Path, unread: Unread) -> Iterator[Trajectory]:
    """Trajectories of ``agent_prs.jsonl``, in its order."""
    for order, record in enumerate(objects(path, unread)):
        kind = _KINDS.get(text_of(record.get("outcome")))
        opened, closed = time_of(record.get("timestamp")), time_of(record.get("closed_at"))
        if record.get("user_source") != "author":
            unread.add("the user is not the author")
        elif kind is None:
            unread.add("still open")
        elif opened is None or closed is None:
            unread.add("no time")
        else:
            title, text = text_of(record.get("title")), text_of(record.get("text"))
            context = {ours: text_of(record.get(theirs)) for theirs, ours in _CONTEXT.items()}
            yield Trajectory(
                id=text_of(record.get("item_id")),
                user_id=text_of(record.get("user_id")),
                time=opened,
                request=f"{title}\n{text}".strip(),
                feedback=(Feedback(kind, closed),),
                source="agent-prs",
                context={"title": title} | {key: value for key, value in context.items() if value},
                order=order,
            )
