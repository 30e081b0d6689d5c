"""Explore: what other settings would find for a person, and journeys beside the survey."""

from __future__ import annotations

import streamlit as st

from pages.parts.entry import through_app
from pages.parts.journey_choice import choose
from pages.parts.preview_panel import preview_panel
from pages.parts.survey_panel import survey_panel

through_app("pages/explore.py")
st.title("Explore", anchor=False)
chosen = choose()
settings, survey = st.tabs(
    [":material/tune: Other settings", ":material/bar_chart: Beside the survey"],
    key="explore-view",
    on_change="rerun",
)
if settings.open:
    with settings:
        preview_panel(chosen)
if survey.open:
    with survey:
        survey_panel(chosen)
