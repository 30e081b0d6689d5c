"""Preferences: what an agent learnt of a user from what they accept and reject, and why."""

from __future__ import annotations

import streamlit as st

from pages.parts.entry import through_app
from pages.parts.preferences_choice import choose
from pages.parts.preferences_known import known
from pages.parts.preferences_metrics import metrics
from pages.parts.preferences_moves import moves
from pages.parts.preferences_requests import requests
from pages.parts.preferences_trial import trial
from pages.parts.tabs import open_tab

through_app("pages/preferences.py")
st.title("Preferences", anchor=False)
st.caption(
    "What AI agents learnt of each user from what they accepted and rejected: each user's own, on "
    "top of what all users share."
)
open_tab(
    "preferences-tabs",
    {
        "Preferences": known,
        "How they moved": moves,
        "Try a ranking": trial,
        "Requests": requests,
        "Metrics": metrics,
    },
    choose(),
)
