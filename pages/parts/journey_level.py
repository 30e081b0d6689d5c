"""The slider that says how specific names are. Moving it calls nothing: all names are stored."""

from __future__ import annotations

import streamlit as st

from journeys.journey import LEVELS
from pages.parts import state

_KEY = "level-slider"


def level_words(level: int) -> str:
    """A level's number and name."""
    return f"{level} · {LEVELS[level - 1]}"


def level_slider() -> int:
    """Choose the level of specificity, 1 to 5."""
    st.session_state[_KEY] = state.level()
    st.select_slider(
        "How specific the names are",
        range(1, len(LEVELS) + 1),
        format_func=level_words,
        key=_KEY,
        on_change=lambda: state.choose_level(st.session_state[_KEY]),
        help="From the broad field to the detail of the moment. Level 3 is what the person "
        "would tell a friend who asks. With the slider in focus, the arrow keys move it.",
    )
    return state.level()
