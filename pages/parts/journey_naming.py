"""What the page says of names that are not there yet, and how new ones reach it."""

from __future__ import annotations

import streamlit as st

from journeys.store.runs import STAGES
from pages.parts.journey_choice import Chosen
from pages.parts.local_model import fetch_progress
from pages.parts.namers import available, ways_to_a_model
from pages.parts.naming_dialog import naming_dialog
from pages.parts.resources import store
from pages.parts.text import plain


def watch(chosen: Chosen) -> None:
    """While the run is going on, say how far it is and redraw the page when names arrive."""
    if chosen.run.active:
        st.fragment(run_every=2.0)(_watch)(chosen)


def _watch(chosen: Chosen) -> None:
    run = store().runs.get(chosen.run.id)
    found = store().results.user(run.id, chosen.person.person_id, chosen.timeline)
    drawn = store().results.map_points(run.id, chosen.person.person_id) is not None
    seen = (run.active, drawn, [journey.names for journey in found.journeys])
    key = f"seen-{run.id}-{chosen.person.person_id}"
    before = st.session_state.get(key, seen)
    st.session_state[key] = seen
    if before != seen or not run.active:
        st.rerun()
    share = min(run.done / run.total, 1.0) if run.total else 0.0
    words = STAGES.get(run.stage, "Waiting for the worker")
    numbers = f": {run.done:,} of {run.total:,}" if run.total else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(share, f"{words}{numbers}")
        st.page_link("pages/discover.py", label="Details", icon=":material/travel_explore:")


def provisional_notice(chosen: Chosen) -> None:
    """Say that names are made of key phrases, and what gives better ones."""
    provisional = sum(journey.names.provisional for journey in chosen.found.journeys)
    if not provisional:
        return
    if chosen.run.active and chosen.run.config.get("namer") != "keyphrase":
        st.caption(
            ":material/hourglass: Names marked *provisional* are key phrases; the language "
            "model's replace them one by one."
        )
        return
    now = available()
    if chosen.run.message:
        st.warning(plain(chosen.run.message))
    if not now.any_model:
        st.markdown(
            ":orange-badge[:material/hourglass: provisional names] made of key phrases. Names as "
            "a person would say them need a language model:"
        )
        ways_to_a_model()
        fetch_progress()
    elif not chosen.run.active:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("Names marked *provisional* are key phrases.", width="content")
            if st.button("Name with the language model", type="primary", key="name-now"):
                journeys, named = store().results.counts(chosen.run.id)
                naming_dialog(chosen.run, journeys - named)
            st.caption("Names of all people in the log.", width="content")
