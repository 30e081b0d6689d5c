"""Years: one person's history in partitions, what changed and when, and what telling it costs."""

from __future__ import annotations

import streamlit as st

from pages.parts.entry import through_app
from pages.parts.tabs import open_tab
from pages.parts.years_changes import what_changed
from pages.parts.years_choice import choose
from pages.parts.years_costs import costs
from pages.parts.years_files import files_and_deletion
from pages.parts.years_interests import interests
from pages.parts.years_pictures import pictures
from pages.parts.years_telling import telling, telling_progress

through_app("pages/years.py")
st.title("Years", anchor=False)
st.caption(
    "A long history, cut into parts that never change once they are closed. Of each part it is "
    "told once what it was about, and what changed since the one before."
)
chosen = choose()
telling_progress(chosen)
telling(chosen)
open_tab(
    "years-tabs",
    {
        "Over time": pictures,
        "What changed": what_changed,
        "Interests": interests,
        "Cost": costs,
        "Export and delete": files_and_deletion,
    },
    chosen,
)
