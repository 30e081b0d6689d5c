"""The selectbox of logs, on every page that is about one."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from journeys.store import LogSummary
from pages.parts import state


def log_choice(logs: Mapping[int, LogSummary], key: str) -> LogSummary:
    """Let the user choose among the logs; the session's one is shown, and stays so.

    Args:
        logs: id -> log, the session's among them.
        key: of the widget.
    """
    st.session_state[key] = state.log_id()
    st.selectbox(
        "Log",
        list(logs),
        format_func=lambda log_id: logs[log_id].name,
        key=key,
        on_change=lambda: state.choose_log(st.session_state[key]),
    )
    return logs[state.log_id() or 0]
