"""Discover: start a discovery, watch it, see what it found."""

from __future__ import annotations

import streamlit as st

from pages.parts import state
from pages.parts.entry import through_app
from pages.parts.resources import store
from pages.parts.run_form import run_form
from pages.parts.run_progress import active_runs
from pages.parts.run_results import ended_run
from pages.parts.text import count

through_app("pages/discover.py")
st.title("Discover", anchor=False)
logs = {log.id: log for log in store().logs.list()}
if not logs:
    st.info("There is no log yet. Bring one in first.", icon=":material/upload_file:")
    if st.button("Go to Logs", type="primary"):
        st.switch_page("pages/logs.py")
    st.stop()

log_ids = list(logs)
before = state.log_id()
chosen = st.selectbox(
    "Log",
    log_ids,
    index=log_ids.index(before) if before in logs else 0,
    format_func=lambda log_id: f"{logs[log_id].name} ({count(logs[log_id].n_events, 'event')})",
)
state.choose_log(chosen)
log = logs[chosen]

active_runs(log.id)
runs = store().runs.list(log.id)
ended = [run for run in runs if not run.active]
if runs:
    wanted = state.next_prompts() is not None
    with st.expander("New discovery", icon=":material/add:", key="new-discovery", expanded=wanted):
        run_form(log)
else:
    run_form(log)
newest = next((run.id for run in ended if run.status == "done"), None)
for run in ended:
    ended_run(run, expanded=run.id == newest)
