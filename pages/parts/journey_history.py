"""A journey's names over time: what, by whom, when; and using an earlier one again."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from journeys.discovery.storage import PERSON_NAMER
from journeys.journey import Journey
from journeys.store.rows import NamingRecord
from pages.parts import state
from pages.parts.journey_choice import Chosen
from pages.parts.namer_words import namer_words
from pages.parts.notices import told
from pages.parts.resources import store
from pages.parts.text import moment, plain


def names_over_time(
    chosen: Chosen, journey: Journey, level: int, history: Sequence[NamingRecord]
) -> None:
    """Every name that the journey ever had, the one that counts first.

    Args:
        history: as :meth:`journeys.store.names.NameStore.over_time` gives it.
    """
    if len(history) < 2:
        return
    st.markdown(f"**Names at level {level} over time**")
    for at, record in enumerate(history):
        with st.container(
            horizontal=True, vertical_alignment="center", key=f"past-{journey.id}-{at}"
        ):
            st.markdown(
                f"{plain(record.names.at(level))}{_badge(at, record)}  \n"
                f":small[:gray[{_by(chosen, record)}]]",
                width="stretch",
            )
            if at and record.names.levels != journey.names.levels:
                st.button(
                    "Use again",
                    icon=":material/restore:",
                    type="tertiary",
                    key=f"again-{journey.id}-{at}",
                    help="All five levels of it. The names of now stay in this list.",
                    on_click=use_names,
                    args=(chosen.run.id, journey, record),
                )


def use_names(run_id: int, journey: Journey, record: NamingRecord) -> None:
    """Let names of the history count; a callback."""
    with told():
        if record.names.namer == PERSON_NAMER:
            store().results.add_names(run_id, journey.id, record.names)
        else:
            store().names.choose(run_id, journey.id, record.names)
        state.notify("This name is used now. No later naming replaces it.")


def undo_by_hand(run_id: int, journey: Journey, current: NamingRecord, place: str) -> None:
    """The way back from names that a person gave or chose, where such count now.

    Args:
        place: tells the button from that of another place.
    """
    own = current.names.namer == PERSON_NAMER
    if not own and not current.chosen:
        return
    words = "Undo the last renaming" if own and not current.chosen else "Undo the last choice"
    if st.button(words, icon=":material/undo:", key=f"{place}-{journey.id}"):
        store().results.undo_names(run_id, journey.id)
        state.notify("The name before is back.")
        st.rerun()


def _badge(at: int, record: NamingRecord) -> str:
    if at == 0:
        return " :green-badge[:material/check: current]"
    return " :gray-badge[to compare]" if record.alternative else ""


def _by(chosen: Chosen, record: NamingRecord) -> str:
    parts = [namer_words(record.names), moment(record.created_at)]
    if record.chosen:
        parts.insert(1, "chosen by hand")
    if record.run_id != chosen.run.id:
        parts.append(f"in run {record.run_id}")
    return " · ".join(parts)
