"""Events as people read them: a short list, or a table of all."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from journeys.timeline import Timeline
from pages.parts.text import day, plain


def event_list(timeline: Timeline, positions: Sequence[int]) -> None:
    """A line an event: title, date, action. For a few events."""
    times = timeline.times
    titles, actions = timeline.titles, timeline.frame["action"].tolist()
    st.markdown(
        "\n".join(
            f"- :small[{plain(titles[at]) or '(no title)'} :gray[· {day(int(times[at]))} · "
            f"{plain(actions[at])}]]"
            for at in positions
        )
    )


def event_table(timeline: Timeline, positions: Sequence[int], key: str) -> None:
    """All events in a table that can be sorted and searched, newest first."""
    rows = timeline.frame.iloc[list(positions)].sort_values("timestamp", ascending=False)
    st.dataframe(
        rows[["timestamp", "title", "action"]],
        hide_index=True,
        height=min(38 + 35 * len(rows), 420),
        column_config={
            "timestamp": st.column_config.DatetimeColumn("Date", format="D MMM YYYY", width=100),
            "title": st.column_config.TextColumn("Title", width="large"),
            "action": st.column_config.TextColumn("Action", width="small"),
        },
        key=key,
    )
