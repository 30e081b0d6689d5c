"""The session's keys, all in one place. Nothing here is a person's secret."""

from __future__ import annotations

import streamlit as st

from journeys.journey import FRIEND_LEVEL

_LOG, _PERSON, _LEVEL = "log_id", "person_id", "level"
_NOTICES, _UPLOADS, _IMPORTED = "notices", "uploads", "imported"


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


def notify(sentence: str) -> None:
    """Say this, as plain text, when the page is drawn next."""
    st.session_state[_NOTICES] = [*st.session_state.get(_NOTICES, []), sentence]


def take_notices() -> list[str]:
    """What is to be said; each sentence is given once."""
    return list(st.session_state.pop(_NOTICES, []))


def upload_key() -> str:
    """Key of the upload field; another one after each import, so that the upload is let go."""
    return f"upload-{st.session_state.get(_UPLOADS, 0)}"


def let_upload_go() -> None:
    """Empty the upload field at the next script run."""
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1


def imported_log() -> int | None:
    """The log that this session imported last and has not looked away from."""
    return st.session_state.get(_IMPORTED)


def remember_import(log_id: int | None) -> None:
    """Show the report of this import, or of none."""
    st.session_state[_IMPORTED] = log_id


def before(name: str, now: bool) -> bool:
    """What was noted under this name at the last script run; notes ``now`` for the next."""
    key = f"before-{name}"
    was = bool(st.session_state.get(key, False))
    st.session_state[key] = now
    return was
