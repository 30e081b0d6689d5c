"""One journey as a card: its name, what it is, and the evidence behind it."""

from __future__ import annotations

import streamlit as st

from journeys.journey import Journey
from journeys.naming.safety import sensitive_topics
from journeys.sensitive import LABELS
from pages.parts.journey_choice import Chosen
from pages.parts.journey_edit import edit_panel
from pages.parts.journey_events import event_list, event_table
from pages.parts.journey_rename import naming_panel
from pages.parts.text import count, plain

_STAGES = {
    "emerging": ("new, and growing", "green"),
    "ongoing": ("going on", "blue"),
    "dormant": ("resting", "orange"),
    "ended": ("ended", "gray"),
}
_KINDS = {"evergreen": "returns over months", "situational": "one burst"}

#: Central events that a card shows before "show all".
FEW = 6


def journey_card(chosen: Chosen, journey: Journey, level: int) -> None:
    """The card of a journey, with its name at a level."""
    with st.container(border=True, key=f"journey-{journey.id}"):
        st.markdown(f"##### {journey.rank}. {plain(journey.name(level))}")
        st.markdown(_badges(chosen, journey, level))
        st.caption(
            f"{count(len(journey), 'event')} · {_span(journey)} · "
            f"active in {count(journey.active_months, 'month')} · "
            f"{journey.confidence:.0%} confidence"
            + (f" · {journey.stability:.0%} stable" if journey.stability is not None else "")
        )
        if journey.keyphrases:
            st.caption(f"Key phrases: {', '.join(plain(p) for p in journey.keyphrases[:6])}")
        # What is folded is drawn when it is unfolded: a person may have many journeys.
        evidence = st.expander(
            f"Evidence: {count(len(journey), 'event')}",
            type="compact",
            key=f"evidence-{journey.id}",
            on_change="rerun",
        )
        if evidence.open:
            with evidence:
                _evidence(chosen, journey)
        naming = st.expander(
            "Why this name, rename", type="compact", key=f"naming-{journey.id}", on_change="rerun"
        )
        if naming.open:
            with naming:
                naming_panel(chosen, journey, level)
        edit_panel(chosen, journey, level)


def _badges(chosen: Chosen, journey: Journey, level: int) -> str:
    stage, colour = _STAGES[journey.stage]
    badges = [f":{colour}-badge[{stage}]", f":gray-badge[{_KINDS[journey.kind]}]"]
    if journey.names.provisional:
        badges.append(":orange-badge[:material/hourglass: provisional name]")
    elif journey.names.namer == "person":
        badges.append(":violet-badge[:material/edit: renamed by hand]")
    elif level in journey.names.fallback:
        badges.append(":orange-badge[key phrases at this level]")
    titles = chosen.timeline.titles
    topics = sensitive_topics(journey.names, [titles[at] for at in journey.central])
    if topics:
        told = ", ".join(LABELS[topic].lower() for topic in topics)
        badges.append(f":red-badge[:material/shield: sensitive: {told}]")
    return " ".join(badges)


def _span(journey: Journey) -> str:
    first, last = journey.first_seen, journey.last_seen
    if first.date() == last.date():
        return f"{first.day} {first:%b %Y}"
    return f"{first.day} {first:%b %Y} – {last.day} {last:%b %Y}"


def _evidence(chosen: Chosen, journey: Journey) -> None:
    """The most central events, and all on demand."""
    everything = st.toggle(
        "Show all", key=f"all-{journey.id}", disabled=len(journey) <= len(journey.central[:FEW])
    )
    if everything:
        event_table(chosen.timeline, journey.members.tolist(), key=f"events-{journey.id}")
    else:
        st.caption("The most typical first.")
        event_list(chosen.timeline, journey.central[:FEW])
