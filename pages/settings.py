"""Settings: who names journeys, what may leave this machine, and where things are."""

from __future__ import annotations

import streamlit as st

from journeys.endpoint import choose_local_only
from journeys.study.roles import Right
from pages.parts.audit_panel import audit_panel
from pages.parts.endpoint_form import endpoint_panel
from pages.parts.entry import through_app
from pages.parts.installation import data_panel, models_panel
from pages.parts.namers import local_only
from pages.parts.resources import settings, store
from pages.parts.sign_in import account_panel
from pages.parts.study_role import allowed, role

through_app("pages/settings.py")
st.title("Settings", anchor=False)
account_panel()
if not allowed(Right.CHANGE_SETTINGS):
    st.caption(f"You are here as {role().value}. What the app is set to, its owner decides.")
    st.stop()
st.markdown(
    "Names that read as a person would say them need a language model: a built-in one that runs on "
    "this machine, or one behind an address of your choice. Without either, journeys are named by "
    "their key phrases."
)

st.subheader("This machine only", anchor=False)
on = st.toggle(
    "Refuse every endpoint that is not on this machine",
    value=local_only(),
    disabled=settings().local_only,
    help="Set by JOURNEYS_LOCAL_ONLY." if settings().local_only else None,
    key="local-only",
)
if on != local_only():
    choose_local_only(store().choices, on)
    st.rerun()

st.subheader("Built-in language models", anchor=False)
models_panel()

st.subheader("An endpoint", anchor=False)
endpoint_panel()

st.subheader("This installation", anchor=False)
data_panel()

if allowed(Right.SEE_AUDIT):
    folded = st.expander(
        "Who saw which raw data", icon=":material/policy:", key="audit", on_change="rerun"
    )
    if folded.open:
        with folded:
            audit_panel()
