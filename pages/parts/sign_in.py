"""What somebody sees who is not let in yet, or not at all; and signing out."""

from __future__ import annotations

import streamlit as st

from journeys.errors import JourneysError, SignInNeeded
from pages.parts.study_role import role, sign_in_ways, signed_in_as
from pages.parts.text import plain


def door(error: JourneysError) -> None:
    """The one page of a session that has no researcher: why, and what can be done."""
    if isinstance(error, SignInNeeded):
        st.title("Interest Journeys", anchor=False)
        st.markdown(f"{plain(str(error))} Participants need no account: open the link you got.")
        for way in sign_in_ways():
            label = f"Sign in with {way}" if way else "Sign in"
            if st.button(label, type="primary", icon=":material/login:", key=f"sign-in-{way}"):
                st.login(way or None)
        return
    st.title("You cannot go in", anchor=False)
    st.error(plain(str(error)), icon=":material/lock:")
    if st.user.to_dict().get("is_logged_in"):
        _sign_out("Sign in as somebody else")


def account_panel() -> None:
    """In Settings: who is signed in, and signing out. Nothing where nobody has to."""
    email = signed_in_as()
    if email:
        st.subheader("You", anchor=False)
        st.markdown(f"Signed in as **{plain(email)}**, {role().value}.")
        _sign_out("Sign out")


def _sign_out(label: str) -> None:
    if st.button(label, icon=":material/logout:", key="sign-out"):
        st.logout()
