"""Named ways to import: chosen above the columns, saved below the rules."""

from __future__ import annotations

import streamlit as st

from journeys.ingest.profiles import (
    Profile,
    delete_profile,
    load_profile,
    profile_names,
    save_profile,
)
from pages.parts import state
from pages.parts.notices import told
from pages.parts.resources import store


def choose_profile(key: str) -> tuple[str, Profile]:
    """The chosen profile and its name; the default and '' where there is none to choose."""
    names = profile_names(store().choices)
    if not names:
        return "", Profile()
    chosen = st.selectbox(
        "Profile",
        ["", *names],
        format_func=lambda name: name or "None",
        key=f"{key}-profile",
        help="Columns, time zone and rules as they were saved under a name.",
    )
    profile = Profile()
    if chosen:
        with told():
            profile = load_profile(store().choices, chosen)
    return chosen, profile


def save_panel(profile: Profile, name: str, key: str) -> None:
    """Save the present settings under a name, or forget the chosen profile."""
    with st.expander("Save these settings as a profile"):
        given = st.text_input("Name of the profile", name, max_chars=80, key=f"{key}-profile-name")
        with st.container(horizontal=True):
            if st.button("Save the profile", disabled=not given.strip(), key=f"{key}-save-profile"):
                with told():
                    saved = save_profile(store().choices, given, profile)
                    state.notify(f"The profile {saved} is saved.")
                    st.rerun()
            if name and st.button(f"Forget {name}", type="tertiary", key=f"{key}-forget-profile"):
                delete_profile(store().choices, name)
                st.rerun()
