"""Which memory and person the page Years shows, and letting a log's events enter a memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from journeys.memory import MemorySummary, NoteRecord, PersonMemory, Policy
from journeys.memory.years import Years, years
from journeys.store import LogSummary
from pages.parts import state
from pages.parts.livebar import LiveBar
from pages.parts.log_choice import log_choice
from pages.parts.notices import told
from pages.parts.person_choice import LISTED, person_choice
from pages.parts.resources import store
from pages.parts.text import count, day, plain
from pages.parts.years_policy import policy_fields, policy_words


@dataclass(frozen=True)
class Chosen:
    """What the page shows."""

    log: LogSummary
    memory: MemorySummary
    person: PersonMemory
    names: Mapping[str, str]
    notes: Sequence[NoteRecord]
    years: Years

    @property
    def place(self) -> str:
        """Tells the widgets of one memory and person from those of another."""
        return f"{self.memory.id}-{self.person.person_id}"


def choose() -> Chosen:
    """Let the user choose; where there is nothing to show, say what to do and end the page."""
    logs = {log.id: log for log in store().logs.list()}
    if not logs:
        st.info("There is no log yet. Bring one in, or open the sample log.")
        st.page_link("pages/logs.py", label="Go to Logs", icon=":material/upload_file:")
        st.stop()
    if state.log_id() not in logs:
        state.choose_log(next(iter(logs)))
    left, right = st.columns(2)
    with left:
        log = log_choice(logs, "years-log")
    memories = store().memory.of_log(log.id)
    policy, memory = _policy(log, memories)
    _let_in(log, policy, memory)
    if memory is None or not memory.people:
        st.stop()
    with right:
        person = _person(memory)
    names = store().memory.journey_names(memory.id, person.person_id)
    notes = store().memory.notes(memory.id, person.person_id)
    found = years(
        store().memory.partitions(memory.id, person.person_id),
        store().memory.items(memory.id, person.person_id),
        names,
        notes,
    )
    chosen = Chosen(log, memory, person, names, notes, found)
    _in_numbers(chosen)
    if not found.parts:
        st.info(
            f"No part of this person's history is complete yet: {policy_words(memory.policy)}, and "
            f"{count(person.n_events, 'event waits', 'events wait')}. Choose smaller parts above, "
            "or another person."
        )
        st.stop()
    return chosen


def _person(memory: MemorySummary) -> PersonMemory:
    listing = store().listing

    def listed(beginning: str) -> dict[int, str]:
        found = listing.of_memory(memory.id, beginning=beginning, limit=LISTED)
        return {person.person_id: _words(person) for person in found}

    def one(person_id: int) -> str | None:
        found = listing.one_of_memory(memory.id, person_id)
        return None if found is None else _words(found)

    chosen = person_choice(
        "years-person",
        memory.people,
        listed,
        one,
        help="People are known by pseudonyms. Those with most parts stand first.",
    )
    person = None if chosen is None else listing.one_of_memory(memory.id, chosen)
    if person is None:
        st.info("Nobody is in this memory any more. Choose another log.")
        st.stop()
    return person


def _words(person: PersonMemory) -> str:
    parts = count(person.n_partitions, "part")
    return f"{person.pseudonym} · {parts} · {count(person.n_events, 'event')}"


def _policy(
    log: LogSummary, memories: Sequence[MemorySummary]
) -> tuple[Policy, MemorySummary | None]:
    """The chosen way to cut, and the memory of that kind, if there is one."""
    newest = memories[0].policy if memories else None
    words = f"Cut by: {policy_words(newest)}" if newest else "How the history is cut into parts"
    with st.expander(
        words if len(memories) < 2 else f"How the history is cut ({len(memories)} ways are kept)",
        expanded=not memories,
        icon=":material/content_cut:",
        key=f"years-cut-{log.id}",
    ):
        policy = policy_fields(newest, key=str(log.id))
        discovery = store().runs.latest_with_results(log.id)
        if discovery is None:
            st.warning(
                "No journeys were found in this log yet. Without them only a language model can "
                "tell what a part is about, and nothing can be cut where journeys change.",
                icon=":material/travel_explore:",
            )
            st.page_link("pages/discover.py", label="Find journeys first", icon=":material/tune:")
    return policy, next((memory for memory in memories if memory.policy == policy), None)


def _let_in(log: LogSummary, policy: Policy, memory: MemorySummary | None) -> None:
    """The button that lets new events enter, where there are some."""
    waiting = store().memory.waiting(memory.id) if memory else log.n_events
    newest = store().runs.latest_with_results(log.id)
    if memory and newest and memory.run_id != newest.id:
        st.caption("There is a newer discovery of this log.")
        st.button(
            "Use the journeys of the newest discovery",
            icon=":material/update:",
            key="years-newest",
            help="Parts and notes stay as they are. Journeys keep their ids between discoveries.",
            on_click=_use,
            args=(log.id, policy, newest.id),
        )
    if not waiting:
        return
    if memory is None:
        st.info(
            f"{plain(log.name)} has {count(log.n_events, 'event')} of "
            f"{count(log.n_users, 'person', 'people')}. Let them enter to cut them into parts: "
            f"{policy_words(policy)}. It takes seconds, asks no model, and sends nothing."
        )
    place = st.empty()
    label = f"Let {count(waiting, 'new event')} enter"
    if place.button(label, type="primary", icon=":material/login:", key="years-enter"):
        place.empty()
        _enter(log, policy, newest.id if newest else None)


def _use(log_id: int, policy: Policy, run_id: int) -> None:
    store().memory.open(log_id, policy, run_id)


def _enter(log: LogSummary, policy: Policy, run_id: int | None) -> None:
    bar = LiveBar("Events enter")
    # A click ends this script run between two transactions; what entered stays.
    st.button("Stop", icon=":material/stop_circle:", key="years-enter-stop")
    with told():
        memory = store().memory.open(log.id, policy, run_id)
        done = store().memory.append(
            memory,
            on_progress=lambda taken, total: bar.show(
                taken / total if total else 1.0, f"{taken:,} of {count(total, 'event')} entered"
            ),
        )
        late = f" {count(done.late, 'event')} came late." if done.late else ""
        state.notify(
            f"{count(done.events, 'event')} entered, {count(done.partitions, 'part')} closed.{late}"
        )
        st.rerun()


def _in_numbers(chosen: Chosen) -> None:
    parts, person = chosen.years.parts, chosen.person
    with st.container(horizontal=True, gap="large", key="years-numbers"):
        st.metric("Events", f"{person.n_events:,}", width="content")
        st.metric(
            "Parts",
            f"{len(parts):,}",
            help="Closed partitions. They never change; what comes late goes into the next one.",
            width="content",
        )
        st.metric("Told of", f"{chosen.years.told:,} of {len(parts):,}", width="content",
                  help="By a language model, once each. Of the others, the page shows what the "
                  "counts of events say.")  # fmt: skip
        st.metric(
            "Waiting",
            f"{len(chosen.years.items.get(0, ())):,}",
            help="Events in the cache: they become a part when it is complete.",
            width="content",
        )
    if parts:
        st.caption(
            f"From {day(parts[0].record.first_at)} to {day(parts[-1].record.last_at)}; "
            f"{policy_words(chosen.memory.policy)}."
        )
