"""Study: design it, invite people, and see how far they are."""

from __future__ import annotations

import streamlit as st

from journeys.study.roles import Right
from pages.parts.entry import through_app
from pages.parts.study_choice import choose_log, choose_study
from pages.parts.study_design import design_panel, new_study
from pages.parts.study_header import header
from pages.parts.study_people import people_panel
from pages.parts.study_role import allowed, role

through_app("pages/study.py")
st.title("Study", anchor=False)
st.caption(
    "Ask the people of a log whether the journeys found in it are theirs. Each gets a link of "
    f"their own. You are here as {role().value}."
)
log = choose_log()
study = choose_study(log)
if study is None:
    new_study(log)
else:
    header(study)
    people, design = st.tabs(["Participants", "Design"])
    with people:
        people_panel(study)
    with design:
        if allowed(Right.CHANGE_DESIGN):
            design_panel(study)
        else:
            st.json(dict(study.runs), expanded=False)
