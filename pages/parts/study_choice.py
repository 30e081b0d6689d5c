"""Which log and study the page is about."""

from __future__ import annotations

import streamlit as st

from journeys.store import LogSummary, Study
from journeys.study.roles import Right
from pages.parts import state
from pages.parts.resources import store
from pages.parts.study_role import allowed

_STUDY, _NEXT = "study-choice", "study-next"

STATES = {"draft": "Draft", "open": "Open", "closed": "Closed"}


def choose_log() -> LogSummary:
    """The log whose people are asked; where there is none with journeys, what to do."""
    logs = {log.id: log for log in store().logs.list() if store().runs.with_results(log.id)}
    if not logs:
        st.info("There is nobody to ask yet. Find journeys in a log first.")
        if allowed(Right.SEE_TITLES):
            st.page_link(
                "pages/discover.py", label="Go to Discover", icon=":material/travel_explore:"
            )
        st.stop()
    ids = list(logs)
    if len(ids) == 1:
        return logs[ids[0]]
    index = ids.index(state.log_id() or ids[0]) if state.log_id() in logs else 0
    chosen = st.selectbox(
        "Log", ids, index=index, format_func=lambda id_: logs[id_].name, key="study-log"
    )
    state.choose_log(chosen)
    return logs[chosen]


def choose_study(log: LogSummary) -> Study | None:
    """One of the log's studies; None for a new one."""
    studies = {study.id: study for study in store().studies.list(log.id)}
    if not studies:
        if not allowed(Right.CHANGE_DESIGN):
            st.info("There is no study of this log yet.")
            st.stop()
        return None
    options: list[int | None] = [*studies]
    if allowed(Right.CHANGE_DESIGN):
        options.append(None)
    wanted = st.session_state.pop(_NEXT, None)
    if wanted in studies:
        st.session_state[_STUDY] = wanted
    elif st.session_state.get(_STUDY) not in options:
        st.session_state.pop(_STUDY, None)
    chosen = st.selectbox(
        "Study",
        options,
        format_func=lambda id_: "A new study" if id_ is None else _words(studies[id_]),
        key=_STUDY,
    )
    return None if chosen is None else studies[chosen]


def look_at(study_id: int) -> None:
    """Show this study when the page is drawn next."""
    st.session_state[_NEXT] = study_id


def _words(study: Study) -> str:
    # What a select box offers is no markdown, so nothing is escaped.
    return f"{study.id} · {study.design.title} · {STATES[study.state]}"
