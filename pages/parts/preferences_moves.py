"""How a user's preferences moved with what they said."""

from __future__ import annotations

from itertools import pairwise

import streamlit as st

from journeys.agents.explaining import said
from journeys.agents.watching import Moved, moved
from journeys.figures.preferences import moves_figure
from pages.parts.journey_pictures import ink
from pages.parts.preferences_choice import Chosen
from pages.parts.text import count, plain

_LINES = 6
_STEPS = 8


def moves(chosen: Chosen) -> None:
    """A line a preference, and the answers that moved it last."""
    steps = moved(chosen.model, chosen.rules, chosen.state.episodes, most=10_000)
    if len(steps) < 2:
        st.info("Two answers are needed to see anything move.")
        return
    last = steps[-1].preferences[:_LINES]
    values = [
        [next((p.moved for p in step.preferences if p.id == each.id), None) for step in steps]
        for each in last
    ]
    st.plotly_chart(
        moves_figure([said(each.id) for each in last], [s.time for s in steps], values, ink=ink()),
        key="preferences-moves",
        config={"displayModeBar": False},
        alt="Each preference after each answer; the list below has the newest answers.",
    )
    st.caption(
        f"The {count(len(last), 'preference')} that are strongest now, after each of "
        f"{count(len(steps), 'answer')}, beside the shared weights now in use. Between answers a "
        "preference falls back towards none, by half in "
        f"{_half_life(chosen)}."
    )
    st.subheader("What moved them last", anchor=False)
    st.markdown("\n".join(_lines(steps)))


def _lines(steps: list[Moved]) -> list[str]:
    lines = ["| When (UTC) | Request | Said | Moved most |", "|---|---|---|---|"]
    for before, after in reversed(list(pairwise(steps))[-_STEPS:]):
        held = {each.id: each.moved for each in before.preferences}
        change = {each.id: each.moved - held.get(each.id, 0.0) for each in after.preferences}
        most = max(change, key=lambda name: (abs(change[name]), name), default=None)
        what = f"{plain(said(most))} {change[most]:+.2f}" if most is not None else ""
        lines.append(
            f"| {after.time:%-d %b %Y, %H:%M} | {plain(after.episode.title)} | "
            f"{plain(after.episode.said)} | {what} |"
        )
    return lines


def _half_life(chosen: Chosen) -> str:
    life = chosen.rules.half_life
    return count(round(life.total_seconds() / 86400), "day") if life is not None else "no time"
