"""Taking a person's notes away as files, and deleting a memory."""

from __future__ import annotations

import streamlit as st

from journeys.memory import MemorySummary
from journeys.memory.exporting import notes_csv, notes_json
from journeys.store.audit import Subject
from pages.parts import state
from pages.parts.notices import told
from pages.parts.resources import store
from pages.parts.taking import taken
from pages.parts.text import count
from pages.parts.years_choice import Chosen
from pages.parts.years_policy import policy_words


def files_and_deletion(chosen: Chosen) -> None:
    """Files are made when they are asked for."""
    records = [part.record for part in chosen.years.parts]
    pseudonym, person = chosen.person.pseudonym, Subject(person_id=chosen.person.person_id)
    st.subheader("Export", anchor=False)
    st.caption(
        "Everything told of this person, every version, with the titles of the evidence. For the "
        "log's owner, not to share: erasing the person does not reach a file that was downloaded."
    )
    with st.container(horizontal=True):
        st.download_button(
            "Notes (CSV)",
            taken(lambda: notes_csv(pseudonym, records, chosen.notes, chosen.years.items), person),
            f"years-{pseudonym}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            disabled=not chosen.notes,
            help=None if chosen.notes else "Nothing was told yet.",
        )
        st.download_button(
            "Parts and notes (JSON)",
            taken(lambda: notes_json(pseudonym, records, chosen.notes, chosen.years.items), person),
            f"years-{pseudonym}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
    st.subheader("Delete", anchor=False)
    st.caption("This way of cutting, with its parts and everything told of them. The log stays.")
    if st.button("Delete this memory", icon=":material/delete:", key="years-delete"):
        _delete(chosen.memory)


@st.dialog("Delete this memory?")
def _delete(memory: MemorySummary) -> None:
    st.markdown(
        f"{count(memory.partitions, 'part')} of {count(memory.people, 'person', 'people')} "
        f"({policy_words(memory.policy)}) and everything told of them go. The log, its journeys "
        "and other ways of cutting stay. Letting the events enter again cuts the same parts, but "
        "telling of them costs the calls again once answers were cleaned from the cache."
    )
    keep, go = st.columns(2)
    if keep.button("Keep it", width="stretch", key="years-delete-no"):
        st.rerun()
    if go.button(
        "Delete for good",
        type="primary",
        icon=":material/delete:",
        width="stretch",
        key="years-delete-yes",
    ):
        with told():
            store().memory.delete(memory.id)
            state.notify("The memory is deleted. The log is as it was.")
            st.rerun()
