"""The Streamlit entry: ``streamlit run app.py``. Settings, navigation, nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from journeys.errors import JourneysError
from pages.parts import entry, notices, resources, study_door
from pages.parts.text import plain

st.set_page_config(
    page_title="Interest Journeys",
    # A file of ours: a named icon would be fetched from a font host.
    page_icon=str(Path(__file__).parent / "pages" / "parts" / "icon.png"),
    layout="centered" if study_door.invited() else "wide",
    initial_sidebar_state="collapsed" if study_door.invited() else "auto",
    menu_items={"About": "Finds the journeys in an activity log and names them as a person would."},
)

if study_door.invited():
    # A participant's session has this one page, so that no address leads to another.
    page = st.navigation(
        [st.Page("pages/participate.py", title="Your journeys", default=True)], position="hidden"
    )
else:
    page = st.navigation(
        [
            st.Page("pages/logs.py", title="Logs", icon=":material/upload_file:", default=True),
            st.Page("pages/discover.py", title="Discover", icon=":material/travel_explore:"),
            st.Page("pages/journeys.py", title="Journeys", icon=":material/route:"),
            st.Page("pages/explore.py", title="Explore", icon=":material/tune:"),
            st.Page("pages/prompts.py", title="Prompts", icon=":material/edit_note:"),
            st.Page("pages/compare.py", title="Compare names", icon=":material/compare:"),
            st.Page("pages/years.py", title="Years", icon=":material/history:"),
            st.Page("pages/ratings.py", title="Ratings", icon=":material/thumbs_up_down:"),
            st.Page("pages/study.py", title="Study", icon=":material/science:"),
            st.Page("pages/study_results.py", title="Study results", icon=":material/query_stats:"),
            st.Page("pages/label.py", title="Label names", icon=":material/label:"),
            st.Page("pages/settings.py", title="Settings", icon=":material/settings:"),
        ]
    )
entry.arrived()

try:
    resources.store()
except JourneysError as error:
    st.title("The app cannot open its data")
    st.error(plain(str(error)), icon=":material/database_off:")
    if st.button("Try again", type="primary", icon=":material/refresh:"):
        st.rerun()
    st.stop()

notices.show()
with notices.told():
    page.run()
