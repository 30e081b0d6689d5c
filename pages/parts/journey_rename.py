"""Where a name comes from, giving a better one by hand, and the names before."""

from __future__ import annotations

import streamlit as st

from journeys.discovery.renaming import MOST_CHARACTERS, renamed
from journeys.errors import JourneysError
from journeys.journey import LEVELS, Journey
from pages.parts import state
from pages.parts.journey_choice import Chosen
from pages.parts.journey_history import names_over_time, undo_by_hand
from pages.parts.journey_why import why_this_name
from pages.parts.resources import store
from pages.parts.text import plain


def naming_panel(chosen: Chosen, journey: Journey, level: int) -> None:
    """Why this name, a field for another, and the names before."""
    history = store().names.over_time(chosen.run.id, journey.id)
    if not history:
        st.info("This journey is no longer there. Look at the page again.")
        return
    why_this_name(chosen, journey, level, history[0])
    _rename(chosen, journey, level)
    undo_by_hand(chosen.run.id, journey, history[0], "undo")
    names_over_time(chosen, journey, level, history)


def _rename(chosen: Chosen, journey: Journey, level: int) -> None:
    key = f"rename-{journey.id}-{level}"
    now = journey.name(level)
    if st.session_state.get(f"{key}-of") != now or key not in st.session_state:
        # Another name since the field was drawn, perhaps by an undo: the field follows.
        st.session_state[key] = now[:MOST_CHARACTERS]
        st.session_state[f"{key}-of"] = now
    with st.form(f"form-{key}", border=False):
        st.text_input(
            f"Another name at level {level} ({LEVELS[level - 1]})",
            max_chars=MOST_CHARACTERS,
            key=key,
        )
        with st.container(horizontal=True):
            save = st.form_submit_button("Save name", icon=":material/edit:")
    if save and st.session_state[key].strip() != now:
        try:
            names = renamed(journey.names, level, st.session_state[key])
        except JourneysError as error:
            st.error(plain(str(error)))
            return
        store().results.add_names(chosen.run.id, journey.id, names)
        state.notify("The name is saved. No later naming replaces it.")
        st.rerun()
