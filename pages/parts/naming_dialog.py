"""Naming the journeys of a run that ended: by whom, what it will cost, and the limits to it."""

from __future__ import annotations

import streamlit as st

from journeys.store import RunSummary
from pages.parts.actions import go_on
from pages.parts.example_choice import NO_EXAMPLES
from pages.parts.namers import LABELS, available, tuned_model
from pages.parts.naming_costs import cost_fields, expected_for_run
from pages.parts.notices import told
from pages.parts.prompt_fields import manner_fields
from pages.parts.text import count

#: Settings of cost that a namer does not have.
_COSTLESS = dict.fromkeys(("price", "concurrency", "max_cost", "max_tokens", "max_calls"))


@st.dialog("Name with a language model")
def naming_dialog(run: RunSummary, waiting: int) -> None:
    """Ask who names the journeys that wait, and begin."""
    now = available()
    st.markdown(f"{count(waiting, 'journey has', 'journeys have')} key phrases for a name so far.")
    models = [namer for namer in ("openai", "local", "tuned") if namer in now.offered]
    usable = [namer for namer in models if not now.problem(namer)]
    if not usable:
        st.markdown("Names that read as a person would say them need a language model.")
        if st.button("Go to Settings", icon=":material/settings:", key="name-settings"):
            st.switch_page("pages/settings.py")
        return
    namer = st.radio("By", usable, format_func=LABELS.__getitem__, key=f"namer-{run.id}")
    changes = {"namer": namer, "model": None, **_COSTLESS, **NO_EXAMPLES}
    if namer == "tuned":
        changes["model"] = tuned_model(now, key=f"tuned-{run.id}")
    else:
        changes |= manner_fields(run.config, key=f"run-{run.id}")
        with st.expander("Price and limits"):
            changes |= cost_fields(namer, run.config, key=f"run-{run.id}")
        expected_for_run(run.id, run.config | changes)
    if st.button("Start naming", type="primary", key=f"start-naming-{run.id}"):
        with told():
            go_on(run.id, changes)
            st.rerun()
