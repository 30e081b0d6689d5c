"""After the corrections: which of the found journeys are those that the participant stated."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from journeys.store import Participant
from journeys.study.answers import Match
from journeys.study.path import Step
from journeys.study.screens import found_names
from pages.parts import study_door
from pages.parts.resources import store
from pages.parts.study_visit import Visit, go, header
from pages.parts.text import plain

#: What stands for "none" among the choices; None is a question that was not answered.
_NONE = (0, "")


def matching(current: Visit) -> None:
    """One question for each journey that was stated; every answer is saved at once."""
    header(current)
    who = current.participant
    take = store().participation
    stated, given = take.stated(who), take.matches(who)
    st.subheader("What you said at first", anchor=False)
    st.markdown(
        "Before you saw anything you said what you pursue. Which of the journeys found in your "
        "log is it?"
    )
    names = found_names(current.found, current.records)
    for at, words in enumerate(stated):
        _question(current, at, words, names, given)
    left = len(stated) - len(given)
    if left and stated:
        st.caption("You may leave some out.")
    st.button("Go on", type="primary", width="stretch", on_click=_done, args=(who,))
    st.button(
        "Back",
        icon=":material/arrow_back:",
        width="stretch",
        on_click=go,
        args=(who, Step.CORRECTIONS),
    )


def _question(
    current: Visit,
    at: int,
    words: str,
    names: Mapping[tuple[int, str], str],
    given: Mapping[int, Match],
) -> None:
    key = current.key(f"match-{at}")
    if key not in st.session_state:
        kept = given.get(at) or _NONE
        st.session_state[key] = kept if at in given and kept in (*names, _NONE) else None
    st.selectbox(
        f"You said: “{plain(words)}”",
        [*names, _NONE],
        format_func=lambda which: names.get(which, "None of these"),
        placeholder="Choose a journey, or none",
        key=key,
        # Without a filter a tap brings up the list and no keyboard over it.
        filter_mode=None,
        on_change=_match,
        args=(current.participant, at),
    )


@study_door.act
def _match(participant: Participant, at: int) -> None:
    chosen = study_door.get(participant, f"match-{at}")
    if chosen is None:
        store().participation.drop_match(participant, at)
    else:
        store().participation.save_match(participant, at, None if chosen == _NONE else chosen)


@study_door.act
def _done(participant: Participant) -> None:
    store().participation.reach(participant, "matched")
    go(participant)
