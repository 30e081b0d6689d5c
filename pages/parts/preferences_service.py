"""What agents know of users, over the app's store."""

from __future__ import annotations

import streamlit as st

from journeys.serving.looking import Known, known
from journeys.serving.operations import Operations
from pages.parts import state
from pages.parts.resources import store


@st.cache_resource(show_spinner=False)
def operations() -> Operations:
    """The operations that a server offers, without a server."""
    return Operations(store())


def users() -> Known:
    """Users who were written last; kept for the session until somebody is written."""
    found = operations()  # where nothing is kept yet, it begins the shared weights
    changed = (store().agent_users.changed(), store().agent_models.in_use())
    kept = state.kept("preferences", changed)
    if "known" not in kept:
        kept["known"] = known(found)
    held: Known = kept["known"]
    return held
