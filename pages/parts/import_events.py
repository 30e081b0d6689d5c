"""The person's own hand: look through the events, and take out any, before they are stored."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from journeys.ingest.preparing import Prepared
from journeys.ingest.reviewing import Review
from journeys.ingest.searching import events_with
from pages.parts.text import count

#: Events in the table at a time; a search narrows them.
_SHOWN = 500


def events_panel(review: Review, prepared: Prepared, key: str) -> None:
    """The events that will be stored, with a search and ways to delete."""
    st.caption("These events will be stored. What you delete here reaches no database.")
    words = st.text_input(
        "Search",
        placeholder="Words in a title, text or web address",
        key=f"{key}-search",
        icon=":material/search:",
    )
    found = events_with(prepared.log, words)
    shown = found[:_SHOWN]
    frame = _table(prepared, shown.tolist())
    told = count(len(found), "event") + (" found" if words.strip() else "")
    if len(found) > len(shown):
        told += f"; the first {len(shown):,} are shown, search to see others"
    st.caption(told + ".")
    marked = st.dataframe(
        frame,
        hide_index=True,
        height=min(len(frame) + 1, 9) * 35 + 3,
        on_select="rerun",
        selection_mode="multi-row",
        # Another table after each deletion: row numbers of the last one mean nothing now.
        key=f"{key}-events-{review.deleted}-{words}",
    )
    rows = [row for row in marked.selection.rows if row < len(shown)]
    with st.container(horizontal=True):
        if st.button(
            f"Delete selected ({len(rows):,})" if rows else "Delete selected",
            disabled=not rows,
            icon=":material/delete:",
            key=f"{key}-delete-selected",
        ):
            review.delete(prepared, shown[rows])
            st.rerun()
        if words.strip() and st.button(
            f"Delete all that match ({len(found):,})",
            disabled=not len(found),
            icon=":material/delete_sweep:",
            key=f"{key}-delete-matching",
        ):
            review.delete(prepared, found, words)
            st.rerun()
        if review.deleted and st.button(
            f"Bring back {count(review.deleted, 'deleted event')}",
            icon=":material/undo:",
            type="tertiary",
            key=f"{key}-undelete",
        ):
            review.restore()
            st.rerun()


def _table(prepared: Prepared, rows: list[int]) -> pd.DataFrame:
    """The rows as a person reads them; columns that say nothing are left out."""
    frame: pd.DataFrame = prepared.log.frame.iloc[rows]
    columns = {
        "title": frame["title"],
        "when": frame["timestamp"].dt.strftime("%Y-%m-%d %H:%M"),
        "address": frame["url"],
        "text": frame["text"].str.slice(0, 200),
        "action": frame["action"],
        "source": frame["source"],
        "topics": frame.get("sensitive_topics", ""),
    }
    if len(prepared.log.users) > 1:
        columns["person"] = frame["user_id"]
    table = pd.DataFrame(columns)
    said = [name for name in table if name in ("title", "when") or (table[name] != "").any()]
    return table[said]
