"""Logs: bring one in, see what is there, delete it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from journeys.store import LogSummary
from pages.parts.actions import open_sample
from pages.parts.entry import through_app
from pages.parts.import_state import let_go
from pages.parts.resources import store
from pages.parts.stored_logs import log_card
from pages.parts.upload import choose_file, import_panel

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

SAMPLE_WORDS = (
    "Eight people, about 1,500 events, two years. Everything in it is made up. Its journeys are "
    "found within a minute."
)


def sample_button(primary: bool) -> None:
    """One click to the sample's journeys."""
    if st.button(
        "Open the sample log",
        type="primary" if primary else "secondary",
        icon=":material/science:",
        key="open-sample",
    ):
        with st.spinner("Reading the sample log"):
            open_sample()
        st.switch_page("pages/journeys.py")


def empty() -> UploadedFile | None:
    """What to do when nothing is stored."""
    st.markdown(
        "An activity log says what people saw, read, searched or made, and when. From it, "
        "this app finds what each person is pursuing over weeks and years, says it in words, "
        "and asks whether that is them."
    )
    left, right = st.columns([2, 3], gap="medium")
    with left.container(border=True, height="stretch"):
        st.subheader("Look around first", anchor=False)
        st.markdown(SAMPLE_WORDS)
        sample_button(primary=True)
    with right.container(border=True, height="stretch"):
        st.subheader("Bring your own log", anchor=False)
        return choose_file()


def stored(logs: Sequence[LogSummary]) -> UploadedFile | None:
    """The logs that are there, and the way to add one."""
    for log in logs:
        log_card(log)
    st.subheader("Add a log", anchor=False)
    file = choose_file()
    if file is None and not any(log.is_sample for log in logs):
        st.caption(f"No log at hand? {SAMPLE_WORDS}")
        sample_button(primary=False)
    return file


through_app("pages/logs.py")
st.title("Logs", anchor=False)
known = store().logs.list()
chosen = stored(known) if known else empty()
if chosen is not None:
    import_panel(chosen)
else:
    let_go()
