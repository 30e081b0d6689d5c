"""Trajectories as an activity log, so that journeys, memory and user embeddings read them as they
read any other log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from journeys.agents.trajectories import Trajectory, signal_of
from journeys.timeline import ActivityLog
from journeys.words import shorten

#: Where the clock of logs without times begins; their events are a second apart.
NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)

_TITLE = 120


def activity_log(trajectories: Iterable[Trajectory], *, tools: bool = False) -> ActivityLog:
    """One event a request; of what the user endorsed, the action is ``like``, else ``message``.

    Logs without times keep their order on a made-up clock, and the column ``timed`` says so.

    Args:
        trajectories: of any users, in any order.
        tools: also one event a tool call (``tool_call``), a microsecond after one another.
    """
    rows: list[dict[str, Any]] = []
    for each in trajectories:
        time = each.time or NO_CLOCK + timedelta(seconds=each.order)
        title = each.context.get("title") or shorten(each.request, _TITLE)
        if not title.strip():
            continue
        said = signal_of(each)
        rows.append(
            {
                "user_id": each.user_id,
                "timestamp": time,
                "item_id": each.id,
                "title": title,
                "text": each.request if each.request != title else "",
                "action": "like" if said is not None and said.liked else "message",
                "source": each.source,
                "timed": each.time is not None,
            }
        )
        for place, tool in enumerate(each.tools if tools else (), start=1):
            rows.append(
                rows[-1 if place == 1 else -place]
                | {
                    "timestamp": time + timedelta(microseconds=place),
                    "item_id": f"{each.id}#{place}",
                    "title": tool,
                    "text": "",
                    "action": "tool_call",
                }
            )
    columns = ["user_id", "timestamp", "item_id", "title", "text", "action", "source", "timed"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)
    return ActivityLog(frame)
