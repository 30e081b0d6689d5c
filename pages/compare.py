"""Compare names: two namers side by side on one person's journeys."""

from __future__ import annotations

import streamlit as st

from journeys.study.sources import collect_sources
from pages.parts.compare_names import compare_names
from pages.parts.entry import through_app
from pages.parts.journey_choice import choose
from pages.parts.journey_level import level_slider
from pages.parts.other_namer import name_by_another, naming_progress
from pages.parts.resources import store
from pages.parts.text import plain

through_app("pages/compare.py")
st.title("Compare names", anchor=False)
chosen = choose()
if not chosen.found.journeys:
    st.info(f"This person has no journeys to name. {plain(chosen.found.note)}")
    st.page_link(
        "pages/discover.py", label="Change the rules on the page Discover", icon=":material/tune:"
    )
    st.stop()

naming_progress(chosen)
level = level_slider()
collected = collect_sources(
    store(), chosen.run.id, chosen.person.person_id, chosen.timeline, chosen.found
)
compare_names(chosen, collected, level)
name_by_another(chosen, expanded=len(collected.sources) < 2)
st.page_link("pages/journeys.py", label="Back to the journeys", icon=":material/route:")
