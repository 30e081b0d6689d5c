"""The timeline and the map of a person's journeys. Both show titles or names of one person."""

from __future__ import annotations

from typing import Any

import streamlit as st

from journeys.figures import MOST_POINTS, map_figure, sampled, timeline_figure
from pages.parts.journey_choice import Chosen
from pages.parts.journey_events import event_list, event_table
from pages.parts.resources import store
from pages.parts.text import count, plain

#: Dragging must not catch the page's scrolling, so selecting is a tool to be picked first.
_CONFIG = {
    "displaylogo": False,
    "scrollZoom": False,
    "displayModeBar": True,
    "modeBarButtons": [["select2d", "lasso2d", "zoom2d", "resetScale2d"]],
}

_OWNER = (
    "It shows one person's names and titles: for the log's owner on this machine, not to share."
)

#: Selected events that are shown as a list; more come in a table.
_FEW = 6


def ink() -> str | None:
    """The page's colour of text, light or dark."""
    colour: str | None = st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")
    return colour


def timeline(chosen: Chosen, level: int) -> None:
    """Journeys as bars over months."""
    times = chosen.timeline.times
    st.plotly_chart(
        timeline_figure(
            [journey.name(level) for journey in chosen.found.journeys],
            [times[journey.members] for journey in chosen.found.journeys],
            label_length=48,
            ink=ink(),
        ),
        key="timeline",
        config={"displayModeBar": False},
        alt="Bars of the months in which each journey was pursued; the cards have the dates.",
    )
    st.caption(
        "A bar is a stretch without a break of two months or more. The fuller a marker, the more "
        f"events that month has. {_OWNER}"
    )


def event_map(chosen: Chosen, level: int) -> None:
    """Events as points; choosing some shows the evidence below."""
    points = store().results.map_points(chosen.run.id, chosen.person.person_id)
    if points is None:
        st.info(_why_no_map(chosen), icon=":material/map:")
        st.page_link("pages/discover.py", label="Go to Discover", icon=":material/travel_explore:")
        return
    selected: Any = st.plotly_chart(
        map_figure(
            points,
            chosen.found.labels,
            [journey.name(level) for journey in chosen.found.journeys],
            chosen.timeline.titles,
            chosen.timeline.times,
            ink=ink(),
        ),
        key=f"map-{chosen.run.id}-{chosen.person.person_id}",
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        config=_CONFIG,
        alt="Events as points, near each other when their titles are alike, coloured by journey.",
    )
    _selection(chosen, level, [point["customdata"] for point in selected["selection"]["points"]])
    if len(points) > MOST_POINTS:
        st.caption(
            f":material/grain: {len(sampled(chosen.found.labels)):,} of {len(points):,} events are "
            "drawn: of each journey the same share, evenly over time. The lists have all."
        )
    st.caption(
        "Events with like titles are near each other; distance across the map and the axes mean "
        f"nothing, so they have no units. {_OWNER}"
    )


def _selection(chosen: Chosen, level: int, customdata: list[Any]) -> None:
    """The events behind the selected points, with their journeys."""
    if not customdata:
        st.caption(
            ":material/touch_app: Click a point to see what it is. To choose several, pick box or "
            "lasso above the map first."
        )
        return
    positions = sorted({int(d[0] if isinstance(d, list) else d) for d in customdata})
    labels = chosen.found.labels[positions].tolist()
    for label in sorted(set(labels), key=lambda at: (at < 0, at)):
        journey = chosen.found.journeys[label] if label >= 0 else None
        own = [at for at, of in zip(positions, labels, strict=True) if of == label]
        name = f"{journey.rank}. {plain(journey.name(level))}" if journey else "In no journey"
        st.markdown(f"**{name}** · {count(len(own), 'selected event')}")
        if len(own) <= _FEW:
            event_list(chosen.timeline, own)
        else:
            event_table(chosen.timeline, own, key=f"selected-{label}")
        others = [at for at in journey.central if at not in own][:3] if journey else []
        if others and len(positions) == 1:
            st.caption("Typical of the same journey:")
            event_list(chosen.timeline, others)


def _why_no_map(chosen: Chosen) -> str:
    run = chosen.run
    if run.config.get("map") == "none":
        return "No map: this discovery was asked to draw none."
    if run.active:
        return "No map yet: it is drawn after the journeys are found."
    people = run.config.get("map_people")
    if run.manifest.get("maps", {}).get("left_out") and people:
        return f"No map: only the {people:,} people with most events have one in this discovery."
    return f"No map: this discovery was {plain(run.status)} before it was drawn. Resume it."
