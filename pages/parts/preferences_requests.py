"""A user's newest requests, and saying what they think of them."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from journeys.agents.states import Episode
from journeys.agents.trajectories import Feedback
from journeys.errors import JourneysError
from pages.parts import state
from pages.parts.preferences_choice import Chosen
from pages.parts.preferences_service import operations
from pages.parts.text import plain

_PAGE = 10
_BUTTONS = (
    ("accept", "Accepted", ":material/check:"),
    ("reject", "Rejected", ":material/close:"),
    ("correction", "Had to correct it", ":material/edit:"),
)
_SAID = {
    "accept": "accepted", "reject": "rejected", "correction": "corrected", "edit": "edited",
    "like": "liked", "success": "ended well", "failure": "failed",
}  # fmt: skip


def requests(chosen: Chosen) -> None:
    """The newest first, a page at a time."""
    episodes = chosen.state.episodes[::-1]
    if not episodes:
        st.info("Nothing is kept of this user's requests.")
        return
    pages = -(-len(episodes) // _PAGE)
    page = 1
    if pages > 1:
        page = int(
            st.number_input(f"Page of {pages:,}", 1, pages, key=f"{chosen.place}-page", width=160)
        )
    for episode in episodes[(page - 1) * _PAGE : page * _PAGE]:
        _request(chosen, episode)


def _request(chosen: Chosen, episode: Episode) -> None:
    with st.container(border=True):
        st.markdown(f"**{plain(episode.title) or 'No words'}**")
        parts = [f"{episode.time:%-d %b %Y, %H:%M} UTC" if episode.time else "no time"]
        parts += [plain(name.replace("=", ": ")) for name in episode.features.own]
        st.caption(" · ".join(parts))
        if episode.liked is not None:
            words = f"This user {_SAID.get(episode.said, plain(episode.said))} it."
            if episode.foreseen is not None:
                words += f" Expected beforehand: accepted with {episode.foreseen:.0%}."
            st.markdown(words)
        with st.container(horizontal=True):
            for kind, label, icon in _BUTTONS:
                st.button(
                    label,
                    icon=icon,
                    disabled=episode.said == kind,
                    key=f"{chosen.place}-{episode.id}-{kind}",
                    on_click=_say,
                    args=(chosen, episode.id, kind),
                )


def _say(chosen: Chosen, episode_id: str, kind: str) -> None:
    now = datetime.now(UTC)
    try:
        operations().record_feedback(chosen.user, episode_id, Feedback(kind, now))
    except JourneysError as error:
        state.notify(str(error))
    else:
        state.notify("Learnt. The tab Preferences shows what moved.")
