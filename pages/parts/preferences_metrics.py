"""How well acceptance is foretold, for people and for simulated users apart; the shared weights."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import streamlit as st

from journeys.agents.watching import Foretold, foretold
from journeys.errors import JourneysError
from journeys.serving.publishing import publish_refresh
from pages.parts import state
from pages.parts.preferences_choice import Chosen
from pages.parts.preferences_service import operations
from pages.parts.resources import store
from pages.parts.text import count, moment


def metrics(chosen: Chosen) -> None:
    """Figures over all users, and the versions of the shared weights."""
    states = list(chosen.known.users.values())
    if chosen.known.total > len(states):
        st.caption(f"Of the {len(states):,} users who were heard of last.")
    st.subheader("People", anchor=False)
    _figures(foretold(found for found in states if not found.simulated), "people")
    if any(found.simulated for found in states):
        st.subheader("Simulated users", anchor=False)
        st.caption("They are more cooperative than people: never a measure of success with people.")
        _figures(foretold(found for found in states if found.simulated), "simulated")
    st.caption(
        "Each chance was believed just before its answer came, so nothing is judged on what it "
        "learnt from. The arrow compares with the shared weights alone: what the users' own "
        "preferences add."
    )
    _shared()


def _figures(found: Foretold | None, key: str) -> None:
    if found is None:
        st.info("No answer was foretold yet.")
        return
    st.markdown(
        f"{count(found.feedback, 'answer')} of {count(found.users, 'user')}; "
        f"{found.accepted:.0%} accepted."
    )
    with st.container(horizontal=True, key=f"preferences-metrics-{key}"):
        both = not math.isnan(found.auc)
        st.metric(
            "AUC",
            f"{found.auc:.3f}" if both else "needs both answers",
            f"{found.auc - found.auc_without:+.3f}" if both else None,
            help="Chance that an accepted request was rated above a rejected one; 0.5 is chance.",
        )
        st.metric(
            "Log loss (nats)",
            f"{found.logloss:.3f}",
            f"{found.logloss - found.logloss_without:+.3f}",
            delta_color="inverse",
            help="Lower is better; 0.693 is a coin.",
        )
        st.metric(
            "Calibration error",
            f"{found.ece:.3f}",
            help="Mean gap between the chances that were told and what came; 0 is perfect.",
        )


def _shared() -> None:
    st.subheader("Shared weights", anchor=False)
    versions = store().agent_models.list()
    lines = [
        "| Version | Since (UTC) | Fitted on | Log loss, before and after (nats) | |",
        "|---|---|---|---|---|",
    ]
    for version in versions:
        judged = version.judged
        told = f"{judged['before']:.3f} to {judged['logloss']:.3f}" if judged else ""
        lines.append(
            f"| {version.name} | {moment(version.since)} "
            f"| {count(version.people, 'user') if judged else 'nothing'} | {told} "
            f"| {'in use' if version.in_use else ''} |"
        )
    st.markdown("\n".join(lines))
    st.caption(
        "A refresh fits them anew on all that people said, and judges them on the newest fifth; "
        "where they would be worse, nothing changes."
    )
    in_use = next((at for at, version in enumerate(versions) if version.in_use), 0)
    with st.container(horizontal=True):
        st.button("Refresh now", icon=":material/refresh:", on_click=_refresh)
        st.button(
            "Go back to the version before",
            icon=":material/undo:",
            disabled=in_use + 1 >= len(versions),
            on_click=_back,
        )


def _refresh() -> None:
    try:
        judged, published, _ = publish_refresh(operations(), datetime.now(UTC))
    except JourneysError as error:
        state.notify(str(error))
        return
    words = "The new weights are in use" if published else "The new weights are worse and not used"
    state.notify(
        f"{words}: log loss {judged.logloss:.3f} on {count(judged.examples, 'answer')}, "
        f"before {judged.before:.3f}."
    )


def _back() -> None:
    try:
        store().agent_models.roll_back()
    except JourneysError as error:
        state.notify(str(error))
    else:
        version = operations().weights.current().model.version
        state.notify(f"Version {version} is in use again.")
