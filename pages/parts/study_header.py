"""A study's state, its hash, and the buttons that open, close, export and delete it."""

from __future__ import annotations

import streamlit as st

from journeys.store import Study
from journeys.study.design_file import to_json
from journeys.study.roles import Right, require
from pages.parts import state
from pages.parts.notices import told
from pages.parts.resources import store
from pages.parts.study_choice import STATES
from pages.parts.study_role import allowed, role
from pages.parts.text import plain

_COLOURS = {"draft": "gray", "open": "green", "closed": "orange"}


def header(study: Study) -> None:
    """What the study is, and what can be done with it."""
    st.subheader(plain(study.design.title), anchor=False)
    st.badge(f"{STATES[study.state]} · version {study.version}", color=_COLOURS[study.state])  # type: ignore[arg-type]
    st.markdown("Hash of this design, for a preregistration:")
    st.code(study.design_hash, language=None)
    with st.container(horizontal=True):
        if allowed(Right.CHANGE_DESIGN):
            _open_or_close(study)
        st.download_button(
            "Export the design",
            to_json(study.design),
            f"study-{study.id}-v{study.version}.json",
            "application/json",
            icon=":material/download:",
            key="study-export",
        )
        if allowed(Right.DELETE) and st.button(
            "Delete", icon=":material/delete:", key="study-delete"
        ):
            _delete(study)
    if study.missing_runs:
        st.warning(
            f"Condition {', '.join(study.missing_runs)} has no discovery. Choose one under Design."
        )


def _open_or_close(study: Study) -> None:
    if study.state == "open":
        if st.button("Close the study", icon=":material/lock:", key="study-close"):
            store().studies.close(study.id)
            state.notify("The study takes no more answers.")
            st.rerun()
        return
    words = "Open the study" if study.state == "draft" else "Open it again"
    if st.button(words, type="primary", icon=":material/lock_open:", key="study-open"):
        with told():
            store().studies.open(study.id)
            state.notify("The study is open: links work now.")
            st.rerun()


@st.dialog("Delete this study?")
def _delete(study: Study) -> None:
    st.markdown(
        "Every invitation and every answer in it goes, for good. The log and its journeys stay. "
        "Files that were downloaded are beyond reach."
    )
    if st.button("Delete it with all answers", type="primary", key="study-delete-sure"):
        with told():
            require(role(), Right.DELETE)
            store().studies.delete(study.id)
            state.notify("The study was deleted.")
            st.rerun()
