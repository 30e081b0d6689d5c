"""Every page is drawn through ``app.py``, and for who may be on it.

Streamlit takes a folder called ``pages`` for its older kind of navigation until ``app.py`` has
run once. A page that is opened by its own address before that runs alone, without the app's
navigation and error states; it then goes the long way round. That holds also when it is the first
thing that a server is asked for.
"""

from __future__ import annotations

from pathlib import PurePosixPath

import streamlit as st

from journeys.errors import JourneysError
from pages.parts import state
from pages.parts.places import parameters, require_place
from pages.parts.text import plain

_THROUGH, _WANTED = "through-app", "wanted-page"


def through_app(page: str) -> None:
    """In a page, before anything else: draw it by way of ``app.py``, and only for who may see it.

    ``app.py`` offers nobody a page that they may not see. This holds also where it is not asked.
    """
    if not st.session_state.get(_THROUGH):
        st.session_state[_WANTED] = page
        st.switch_page("app.py", query_params=parameters())
    try:
        require_place(page)
    except JourneysError as error:
        st.error(plain(str(error)), icon=":material/lock:")
        st.stop()
    state.on_page(PurePosixPath(page).stem)


def arrived() -> None:
    """In ``app.py``: go on to the page that was asked for, if any and if they may see it."""
    st.session_state[_THROUGH] = True
    wanted = st.session_state.pop(_WANTED, None)
    if not wanted:
        return
    try:
        require_place(wanted)
    except JourneysError:
        return
    st.switch_page(wanted, query_params=parameters())
