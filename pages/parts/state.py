"""The session's keys, all in one place."""

from __future__ import annotations

from typing import Any

import streamlit as st

from journeys.journey import FRIEND_LEVEL

_LOG, _RUN, _PERSON, _LEVEL = "log_id", "run_id", "person_id", "level"
_OWN_LEVELS = "own_levels"
_NOTICES, _UPLOADS, _IMPORTED = "notices", "uploads", "imported"
_CHANGED = "changed"
_PAGE = "page"
_PROMPTS, _NEXT_PROMPTS = "prompts_id", "next_prompts"


def page() -> str:
    """The page that the session is on; "" before the first."""
    return str(st.session_state.get(_PAGE, ""))


def on_page(name: str) -> None:
    """Remember which page is drawn."""
    st.session_state[_PAGE] = name


def log_id() -> int | None:
    """The log that the session looks at."""
    return st.session_state.get(_LOG)


def choose_log(chosen: int | None) -> None:
    """Look at another log; the run and the person go with the old one."""
    if st.session_state.get(_LOG) != chosen:
        st.session_state.pop(_RUN, None)
        st.session_state.pop(_PERSON, None)
    st.session_state[_LOG] = chosen


def run_id() -> int | None:
    """The run of the log that the session looks at; None for the newest."""
    return st.session_state.get(_RUN)


def choose_run(chosen: int | None) -> None:
    """Look at another run; None follows the newest."""
    st.session_state[_RUN] = chosen


def person_id() -> int | None:
    """The person that the session looks at."""
    return st.session_state.get(_PERSON)


def choose_person(chosen: int | None) -> None:
    """Look at another person."""
    st.session_state[_PERSON] = chosen


def level() -> int:
    """The level of specificity that names are shown at, 1 to 5.

    For a person with a level of their own it is that one; for the others the session's.
    """
    own = st.session_state.get(_OWN_LEVELS, {})
    return int(own.get(person_id(), st.session_state.get(_LEVEL, FRIEND_LEVEL)))


def choose_level(chosen: int) -> None:
    """Show names at another level: this person's, where they have their own; else everybody's."""
    own = st.session_state.get(_OWN_LEVELS, {})
    if person_id() in own:
        st.session_state[_OWN_LEVELS] = {**own, person_id(): chosen}
    else:
        st.session_state[_LEVEL] = chosen


def begin_at_level(person: int, learned: int) -> None:
    """Show a person's names at the level that they were found to prefer, until it is changed."""
    own = st.session_state.get(_OWN_LEVELS, {})
    st.session_state[_OWN_LEVELS] = {person: learned, **own}


def prompts_id() -> str:
    """The prompt set that the page Prompts shows; '' for the shipped one."""
    return str(st.session_state.get(_PROMPTS, ""))


def choose_prompts(chosen: str) -> None:
    """Look at another prompt set."""
    st.session_state[_PROMPTS] = chosen


def next_prompts() -> str | None:
    """The prompt set that the next discovery should begin with; None where none was named."""
    return st.session_state.get(_NEXT_PROMPTS)


def use_prompts_next(chosen: str | None) -> None:
    """Suggest a prompt set for the next discovery."""
    st.session_state[_NEXT_PROMPTS] = chosen


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


def kept(name: str, belongs_to: object) -> dict[Any, Any]:
    """What this session keeps under a name; emptied when it comes to belong to something else.

    It is the session's own, so it may hold titles, which the caches shared by sessions may not.
    """
    key = f"kept-{name}"
    owner, values = st.session_state.get(key, (None, {}))
    if owner != belongs_to:
        values = {}
        st.session_state[key] = (belongs_to, values)
    return values  # type: ignore[no-any-return]


def changed() -> int | None:
    """The edit of a person's journeys that this session made last, unless it was undone."""
    return st.session_state.get(_CHANGED)


def note_change(edit_id: int | None) -> None:
    """Remember that this edit was made, or that the last one was undone."""
    st.session_state[_CHANGED] = edit_id


def before(name: str, now: bool) -> bool:
    """What was noted under this name at the last script run; notes ``now`` for the next."""
    key = f"before-{name}"
    was = bool(st.session_state.get(key, False))
    st.session_state[key] = now
    return was
