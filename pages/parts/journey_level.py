"""The slider that says how specific names are. Moving it calls nothing: all names are stored."""

from __future__ import annotations

import streamlit as st

from journeys.journey import LEVELS
from pages.parts import state
from pages.parts.resources import store
from pages.parts.text import count

_KEY = "level-slider"


def level_words(level: int) -> str:
    """A level's number and name."""
    return f"{level} · {LEVELS[level - 1]}"


def level_slider(person: int | None = None) -> int:
    """Choose the level of specificity, 1 to 5.

    Args:
        person: whose names these are; a level that was learned of them is where it begins.
    """
    learned = None if person is None else store().studies.preferred_level(person)
    if person is not None and learned is not None:
        state.begin_at_level(person, learned.default)
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
    if learned is not None:
        st.caption(
            f"In a study this person preferred level {learned.level:.1f} "
            f"(± {2 * learned.spread:.1f}, from {count(learned.answers, 'answer')}), so names "
            f"begin at level {learned.default}."
        )
    return state.level()
