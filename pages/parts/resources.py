"""What outlives a page's script run: the settings and the store, one a server process."""

from __future__ import annotations

import streamlit as st

from journeys.settings import Settings
from journeys.store import Store, open_store
from pages.parts.reading import reader


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The installation's settings, read once."""
    return Settings.from_environment()


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The store; its engine pools the connections of all sessions.

    Pages have no other: this one notes who reads titles, before they are read.
    """
    return open_store(settings()).read_by(reader)
