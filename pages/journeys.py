"""Journeys: what each person is pursuing, in words, over time and on a map."""

from __future__ import annotations

import streamlit as st

from journeys.families import Family, families, worth_grouping
from journeys.journey import FRIEND_LEVEL
from pages.parts.entry import through_app
from pages.parts.journey_card import journey_card
from pages.parts.journey_choice import Chosen, choose, without_journeys
from pages.parts.journey_edit import last_change, move_in_panel
from pages.parts.journey_events import event_table
from pages.parts.journey_level import level_slider
from pages.parts.journey_naming import provisional_notice, watch
from pages.parts.journey_pictures import event_map, timeline
from pages.parts.text import count, plain


def unassigned(chosen: Chosen, level: int = FRIEND_LEVEL) -> None:
    """The events in no journey, with their share."""
    number = chosen.person.n_unassigned
    share = f"{chosen.found.unassigned_share:.0%} of {count(chosen.person.n_events, 'event')}"
    words = f"In no journey: {count(number, 'event')} ({share})"
    if not number:
        st.caption(f":material/check: {words}")
        return
    folded = st.expander(words, icon=":material/scatter_plot:", key="unassigned", on_change="rerun")
    if not folded.open:
        return
    with folded:
        st.caption("They are like too few others of this person. Nothing is hidden.")
        positions = [at for at, label in enumerate(chosen.found.labels.tolist()) if label < 0]
        event_table(chosen.timeline, positions, key="unassigned-events")
        move_in_panel(chosen, positions, level)


def added_since(chosen: Chosen) -> None:
    """Say that the log has events which this discovery has not seen."""
    added = chosen.log.added_since(chosen.run.created_at)
    if not added:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f":material/add_circle: {count(added, 'event was', 'events were')} added to this log "
            "after this discovery.",
            width="content",
        )
        st.page_link("pages/discover.py", label="Discover again", icon=":material/travel_explore:")


def cards(chosen: Chosen, level: int) -> None:
    """The journeys, strongest first; on request by the broad group that each is nested in."""
    journeys = chosen.found.journeys
    groups = [Family("", journeys)]
    if worth_grouping(journeys) and st.toggle(
        "Group by family",
        key="group-by-family",
        help="A family is a broad group of this person's journeys. Its heading is made of their "
        "names at level 1.",
    ):
        groups = list(families(journeys))
    for family in groups:
        if family.heading:
            number = count(len(family.journeys), "journey")
            st.markdown(f"#### {plain(family.heading)} :small[:gray[· {number}]]")
        with st.grid(columns="auto", min_column_width=340, gap="small"):
            for journey in family.journeys:
                journey_card(chosen, journey, level)


through_app("pages/journeys.py")
st.title("Journeys", anchor=False)
chosen = choose()
watch(chosen)
added_since(chosen)
if not chosen.found.journeys:
    st.info(f"This person has no journeys. {plain(chosen.found.note)}", icon=":material/info:")
    st.page_link(
        "pages/discover.py", label="Change the rules on the page Discover", icon=":material/tune:"
    )
    last_change(chosen, FRIEND_LEVEL)
    unassigned(chosen)
    without_journeys(chosen.run.id)
    st.stop()

level = level_slider(chosen.person.person_id)
provisional_notice(chosen)
last_change(chosen, level)
words, months, picture = st.tabs(
    [":material/route: Journeys", ":material/view_timeline: Timeline", ":material/map: Map"],
    key="journeys-view",
    on_change="rerun",
)
if words.open:
    with words:
        cards(chosen, level)
if months.open:
    with months:
        timeline(chosen, level)
if picture.open:
    with picture:
        event_map(chosen, level)
unassigned(chosen, level)
without_journeys(chosen.run.id)
with st.container(horizontal=True):
    st.page_link(
        "pages/explore.py", label="Try other settings on this person", icon=":material/tune:"
    )
    st.page_link(
        "pages/compare.py", label="Compare with names by another namer", icon=":material/compare:"
    )
