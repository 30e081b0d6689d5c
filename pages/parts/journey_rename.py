"""Where a name comes from, and giving a better one by hand."""

from __future__ import annotations

import streamlit as st

from journeys.discovery.renaming import MOST_CHARACTERS, renamed
from journeys.discovery.user import build_evidence
from journeys.errors import JourneysError
from journeys.journey import LEVELS, Journey, Names
from pages.parts import state
from pages.parts.journey_choice import Chosen
from pages.parts.resources import store
from pages.parts.text import moment, plain


def naming_panel(chosen: Chosen, journey: Journey, level: int) -> None:
    """Why this name, a field for another, and the names before."""
    _why(chosen, journey, level)
    _rename(chosen, journey, level)
    _history(chosen, journey, level)


def namer_words(names: Names) -> str:
    """Who or what made the names."""
    if names.namer == "person":
        return "given by hand"
    if names.namer == "keyphrase":
        return "key phrases of the titles"
    return f"language model {plain(names.namer.removeprefix('llm:'))}"


def _why(chosen: Chosen, journey: Journey, level: int) -> None:
    names = journey.names
    st.markdown(f"**Why this name?** It comes from: {namer_words(names)}.")
    if level in names.fallback:
        st.markdown(
            "At this level the model's answer did not pass the checks; key phrases stand in."
        )
    evidence = build_evidence(chosen.timeline, chosen.found, journey)
    st.markdown("The titles that a namer gets to see, as redacted:")
    st.markdown("\n".join(f"- :small[{plain(title)}]" for title in evidence.titles[:8]))


def _rename(chosen: Chosen, journey: Journey, level: int) -> None:
    key = f"rename-{journey.id}-{level}"
    with st.form(f"form-{key}", border=False):
        st.text_input(
            f"Another name at level {level} ({LEVELS[level - 1]})",
            value=journey.name(level),
            max_chars=MOST_CHARACTERS,
            key=key,
        )
        with st.container(horizontal=True):
            save = st.form_submit_button("Save name", icon=":material/edit:")
    if save and st.session_state[key].strip() != journey.name(level):
        try:
            names = renamed(journey.names, level, st.session_state[key])
        except JourneysError as error:
            st.error(plain(str(error)))
            return
        store().results.add_names(chosen.run.id, journey.id, names)
        state.notify("The name is saved. No later naming replaces it.")
        st.rerun()
    if journey.names.namer == "person" and st.button(
        "Undo the last renaming", icon=":material/undo:", key=f"undo-{journey.id}"
    ):
        store().results.undo_names(chosen.run.id, journey.id)
        state.notify("The name before is back.")
        st.rerun()


def _history(chosen: Chosen, journey: Journey, level: int) -> None:
    history = store().results.names_history(chosen.run.id, journey.id)
    if len(history) > 1:
        st.markdown(f"**Names at level {level} over time**")
        st.markdown(
            "\n".join(
                f"- :small[{plain(past.names.at(level))} :gray[· {namer_words(past.names)} · "
                f"{moment(past.created_at)}]]"
                for past in history
            )
        )
