"""The session's keys, all in one place. Nothing here is a person's secret."""

from __future__ import annotations

import streamlit as st

from journeys.journey import FRIEND_LEVEL

_LOG, _PERSON, _LEVEL = "log_id", "person_id", "level"


def log_id() -> int | None:
    """The log that the session looks at."""
    return st.session_state.get(_LOG)


def choose_log(chosen: int | None) -> None:
    """Look at another log; the person goes with the old one."""
    if st.session_state.get(_LOG) != chosen:
        st.session_state.pop(_PERSON, None)
    st.session_state[_LOG] = chosen


def person_id() -> int | None:
    """The person that the session looks at."""
    return st.session_state.get(_PERSON)


def choose_person(chosen: int | None) -> None:
    """Look at another person."""
    st.session_state[_PERSON] = chosen


def level() -> int:
    """The level of specificity that names are shown at, 1 to 5."""
    return int(st.session_state.get(_LEVEL, FRIEND_LEVEL))


def choose_level(chosen: int) -> None:
    """Show names at another level."""
    st.session_state[_LEVEL] = chosen
