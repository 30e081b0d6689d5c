"""Runs that wait or are worked on: what is done, what is next, how long it takes."""

from __future__ import annotations

import time

import streamlit as st

from journeys.discovery.config import DiscoveryConfig
from journeys.store import RunSummary
from journeys.store.runs import STAGES
from pages.parts import state
from pages.parts.actions import wake_worker
from pages.parts.naming_costs import cost_words
from pages.parts.resources import store
from pages.parts.text import count, duration, moment, plain

#: The stages in the order of the work, and what each counts.
UNITS = {
    "embed": ("text", "texts"),
    "cluster": ("person", "people"),
    "stability": ("person", "people"),
    "project": ("event", "events"),
    "name": ("journey", "journeys"),
}

#: What takes the first seconds of a stage, before there is anything to count.
_WARMING_UP = {"embed": "Loading the text model", "project": "Getting ready to draw"}

#: A worker that was asked for takes so long to say that it is there.
_WAKING_SECONDS = 20


def stages_of(config: DiscoveryConfig) -> list[str]:
    """The stages that a run with these settings goes through."""
    skipped = {"project" if config.map == "none" else "", "name" * (config.namer == "keyphrase")}
    skipped.add("stability" * (config.stability_draws == 0))
    return [stage for stage in UNITS if stage not in skipped]


def active_runs(log_id: int) -> None:
    """The log's unfinished runs, redrawn every second while there are any."""
    active = any(run.active for run in store().runs.list(log_id))
    st.fragment(run_every=1.0 if active else None)(_active_runs)(log_id)


def _active_runs(log_id: int) -> None:
    runs = [run for run in store().runs.list(log_id) if run.active]
    if state.before(f"active-{log_id}", bool(runs)) and not runs:
        # The rest of the page shows the result, and the clock of this fragment must stop.
        st.rerun()
    for run in runs:
        with st.container(border=True):
            _run(run)


def _run(run: RunSummary) -> None:
    st.markdown(f"**Run {run.id}** · asked for {moment(run.created_at)}")
    if store().workers.alive():
        _stages(run)
    elif time.time() - run.created_at / 1e6 < _WAKING_SECONDS:
        st.progress(0.0, "Waiting for the worker to start")
    else:
        st.warning(
            "No worker is running, so nothing happens at the moment. What was done is kept.",
            icon=":material/hourglass_disabled:",
        )
        if st.button("Start the worker", type="primary", key=f"wake-{run.id}"):
            wake_worker()
            st.toast("The worker starts; this takes a few seconds.")
    if run.cancel_requested:
        st.caption("Stopping. What was found so far is kept.")
    else:
        st.button(
            "Cancel",
            key=f"cancel-{run.id}",
            icon=":material/stop_circle:",
            on_click=store().runs.request_cancel,
            args=(run.id,),
        )


def _stages(run: RunSummary) -> None:
    stages = stages_of(DiscoveryConfig.from_dict(run.config))
    at = stages.index(run.stage) if run.stage in stages else -1
    marks = []
    for place, stage in enumerate(stages):
        if place < at:
            marks.append(f":primary[:material/check_circle:] {STAGES[stage]}")
        elif place == at:
            marks.append(f":primary[:material/pending:] **{STAGES[stage]}**")
        else:
            marks.append(f":gray[:material/radio_button_unchecked: {STAGES[stage]}]")
    st.markdown("  \n".join(marks))
    if run.status == "queued":
        st.progress(0.0, "Waiting for its turn")
    elif at < 0:
        st.progress(0.0, "Getting ready")
    elif run.stage in _WARMING_UP and not run.done and run.total:
        st.progress(0.0, _WARMING_UP[run.stage])
    else:
        one, many = UNITS[run.stage]
        words = f"{run.done:,} of {count(run.total, one, many)}"
        left = run.seconds_left()
        words += f", about {duration(left)} left" if left is not None else ""
        st.progress(min(run.done / run.total, 1.0) if run.total else 1.0, words)
    if run.stage == "name":
        st.caption(plain(cost_words(run.manifest.get("llm", {}))))
