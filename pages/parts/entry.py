"""Every page is drawn through ``app.py``, also when it is the first thing a server is asked for.

Streamlit takes a folder called ``pages`` for its older kind of navigation until ``app.py`` has
run once. A page that is opened by its own address before that runs alone, without the app's
navigation and error states; it then goes the long way round.
"""

from __future__ import annotations

import streamlit as st

_THROUGH, _WANTED = "through-app", "wanted-page"


def through_app(page: str) -> None:
    """In a page: draw it by way of ``app.py`` unless that is what happens already."""
    if not st.session_state.get(_THROUGH):
        st.session_state[_WANTED] = page
        st.switch_page("app.py", query_params=st.query_params.to_dict())


def arrived() -> None:
    """In ``app.py``: go on to the page that was asked for, if any."""
    st.session_state[_THROUGH] = True
    wanted = st.session_state.pop(_WANTED, None)
    if wanted:
        st.switch_page(wanted, query_params=st.query_params.to_dict())
