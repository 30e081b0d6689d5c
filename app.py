"""The Streamlit entry: ``streamlit run app.py``. Settings, navigation, nothing else.

The file is read twice: as a module by the server, which takes :data:`server` from it, and as the
script that draws a page for each session.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from journeys.errors import JourneysError
from pages.parts import entry, notices, places, resources, study_door
from pages.parts.server import middleware
from pages.parts.study_role import role
from pages.parts.text import plain


def draw() -> None:
    """Draw the page that this session asks for, as far as it may."""
    st.set_page_config(
        page_title="Interest Journeys",
        # A file of ours: a named icon would be fetched from a font host.
        page_icon=str(Path(__file__).parent / "pages" / "parts" / "icon.png"),
        layout="centered" if study_door.invited() else "wide",
        initial_sidebar_state="collapsed" if study_door.invited() else "auto",
        menu_items={
            "About": "Finds the journeys in an activity log and names them as a person would."
        },
    )

    if study_door.invited():
        # A participant's session has this one page, so that no address leads to another.
        page = places.participant_page()
    else:
        try:
            page = places.researcher_page(role())
        except JourneysError as error:
            places.door_page(error).run()
            st.stop()
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


if __name__ == "__main__":
    draw()
else:
    server = st.App(__file__, middleware=middleware())
