"""Interests: the current view, and apart from it the history, which forgets nothing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from journeys.memory import Life
from journeys.memory.years import ENDED_AFTER, standing, story
from pages.parts.text import count, day, plain
from pages.parts.years_choice import Chosen

_BADGES = {
    "current": ":green-badge[:material/radio_button_checked: current]",
    "fading": ":orange-badge[:material/trending_down: fading]",
    "dormant": ":blue-badge[:material/bedtime: dormant]",
    "ended": ":gray-badge[:material/do_not_disturb_on: ended]",
}
#: Interests of the history that are drawn at once.
_AT_ONCE = 12


def interests(chosen: Chosen) -> None:
    """Both views."""
    if not chosen.years.lives:
        st.info("No interests are known yet. Find journeys, or have the parts told of.")
        return
    last = chosen.years.parts[-1].record
    groups: dict[str, list[Life]] = {name: [] for name in _BADGES}
    for life in chosen.years.lives:
        groups[standing(life, last.number)].append(life)
    st.subheader("Now", anchor=False)
    st.caption(f"In the newest part, {day(last.first_at)} to {day(last.last_at)}.")
    now = groups["current"] + groups["fading"]
    lines = [
        f"- **{plain(life.name)}** · {life.seen[max(life.seen)].share:.0%} of events "
        f"{_BADGES[standing(life, last.number)]}"
        for life in sorted(now, key=lambda life: -life.seen[max(life.seen)].share)
    ]
    st.markdown("\n".join(lines) or "Nothing that is known as an interest.")
    st.subheader("History", anchor=False)
    st.caption(
        f"Dormant: not in the newest part. Ended: in none of the last {ENDED_AFTER}. What was "
        "once there stays here with its dates, whatever came later."
    )
    wanted = st.pills(
        "Show",
        [name for name in _BADGES if groups[name]],
        selection_mode="multi",
        format_func=lambda name: f"{name} ({len(groups[name])})",
        key=f"years-standing-{chosen.place}",
    ) if len(chosen.years.lives) > 1 else []  # fmt: skip
    _history(chosen, [
        life for life in chosen.years.lives
        if not wanted or standing(life, last.number) in wanted
    ])  # fmt: skip


def _history(chosen: Chosen, lives: Sequence[Life]) -> None:
    records = {part.record.number: part.record for part in chosen.years.parts}
    last = chosen.years.parts[-1].record.number
    key = f"years-all-{chosen.place}"
    everything = st.session_state.get(key, False)
    for life in lives if everything else lives[:_AT_ONCE]:
        parts = count(len(life.seen), "part")
        with st.container(border=True):
            st.markdown(f"**{plain(life.name)}** {_BADGES[standing(life, last)]}")
            if len(life.names) > 1:
                st.markdown(f":small[{' → '.join(plain(name) for name in life.names)}]")
            steps = [f"{m.what} {day(m.at)}" for m in story(life, records)]
            st.caption(
                f"{' · '.join(steps)} · last seen {day(records[max(life.seen)].last_at)}, in "
                f"{parts}"
            )
    if len(lives) > _AT_ONCE:
        st.toggle(f"Show all {len(lives)}", key=key)
