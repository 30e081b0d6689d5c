"""Whose preferences the page shows; people and simulated users are never in one list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from journeys.agents.rows import RowRules
from journeys.agents.shared import SharedModel
from journeys.agents.states import UserState
from journeys.serving.looking import Known
from pages.parts.preferences_import import importing
from pages.parts.preferences_service import users
from pages.parts.text import count


@dataclass(frozen=True)
class Chosen:
    """What the page shows.

    Attributes:
        known: users who were written last.
        user: their pseudonym.
        simulated: whether a language model or a rule played this user.
    """

    known: Known
    user: str
    state: UserState
    simulated: bool

    @property
    def model(self) -> SharedModel:
        """The shared weights in use."""
        return self.known.history.model

    @property
    def rules(self) -> RowRules:
        """How a user's own rows learn."""
        return RowRules()

    @property
    def last(self) -> datetime | None:
        """When this user last said or asked something."""
        times = (each.known or each.time for each in self.state.episodes)
        return max((time for time in times if time is not None), default=None)

    @property
    def place(self) -> str:
        """Tells the widgets of one user from those of another."""
        return f"preferences-{self.simulated}-{self.user}"


def choose() -> Chosen:
    """Let the user choose; where nobody is known, say what to do and end the page."""
    found = users()
    people = {user: state for user, state in found.users.items() if not state.simulated}
    simulated = {user: state for user, state in found.users.items() if state.simulated}
    if not found.users:
        st.info(
            "No agent has told anything of its users yet. Bring in a log of an agent here, or let "
            "the agent tell what happens as it happens: `python -m journeys serve`."
        )
        importing()
        st.stop()
    kind = "People"
    if simulated:
        kind = (
            st.segmented_control(
                "Who",
                ["People", "Simulated users"],
                default="People" if people else "Simulated users",
                key="preferences-kind",
                help="Simulated users are more cooperative than people. Nothing that is counted or "
                "learnt mixes the two.",
            )
            or "People"
        )
    listed = simulated if kind == "Simulated users" else people
    with st.expander("Bring in a log of an agent", icon=":material/upload_file:"):
        importing()
    if not listed:
        st.info("No person's feedback is known yet; there are simulated users only.")
        st.stop()
    user = _user(listed)
    if found.total > len(found.users):
        st.caption(
            f"The {len(found.users):,} users who were heard of last are listed, of "
            f"{count(found.total, 'user')}."
        )
    return Chosen(found, user, listed[user], kind == "Simulated users")


def _user(listed: dict[str, UserState]) -> str:
    order = sorted(listed, key=lambda user: (-listed[user].rows.events, user))
    chosen: str = st.selectbox(
        "User",
        order,
        format_func=lambda each: f"{each} · {count(listed[each].rows.events, 'answer')}",
        key="preferences-user",
        help="Users are known by pseudonyms, which are those of the logs. Those who said most "
        "stand first.",
    )
    return chosen
