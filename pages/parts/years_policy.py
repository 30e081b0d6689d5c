"""Fields for how a history is cut into parts, with what each way means."""

from __future__ import annotations

import streamlit as st

from journeys.memory import ByChange, ByGap, BySize, Policy
from pages.parts.text import count

_WAYS = {
    "size": "By number of events",
    "gap": "Where there is a pause",
    "change": "Where journeys change",
}
_MEANS = (
    "Every part has as many events, whatever time they took. The usual choice.",
    "A part ends before a long pause. For histories that come in bursts.",
    "A part ends where the mix of journeys becomes another. Needs journeys.",
)


def policy_words(policy: Policy) -> str:
    """A policy in a few words."""
    if isinstance(policy, ByGap):
        return (
            f"a part ends before a pause of {policy.days:g} days "
            f"(from {policy.least} to {policy.most} events)"
        )
    if isinstance(policy, ByChange):
        return (
            f"a part ends where journeys change by {policy.distance:.0%} "
            f"(from {policy.least} to {policy.most} events)"
        )
    assert isinstance(policy, BySize)
    return f"{count(policy.size, 'event')} a part"


def policy_fields(now: Policy | None, key: str) -> Policy:
    """Let the user choose.

    Args:
        now: the way whose values stand in the fields at first; None for the usual.
        key: tells the fields of one log from those of another.
    """
    now = now or BySize()
    way = st.radio(
        "A part of the history ends",
        list(_WAYS),
        format_func=_WAYS.__getitem__,
        captions=_MEANS,
        index=list(_WAYS).index(now.kind),
        key=f"years-way-{key}",
    )
    if way == "gap":
        gap = now if isinstance(now, ByGap) else ByGap()
        days = st.number_input(
            "Days of pause", 0.1, 3650.0, gap.days, format="%g", key=f"years-days-{key}"
        )
        return ByGap(days=days, least=gap.least, most=gap.most)
    if way == "change":
        change = now if isinstance(now, ByChange) else ByChange()
        percent = st.slider(
            "Change of the mix (%)",
            20,
            100,
            round(change.distance * 100),
            5,
            help="Of the last 8 events against those before them: 0% is the same mix of journeys, "
            "100% no journey in common.",
            key=f"years-distance-{key}",
        )
        return ByChange(
            window=change.window, distance=percent / 100, least=change.least, most=change.most
        )
    size = now.size if isinstance(now, BySize) else BySize().size
    return BySize(
        int(
            st.number_input(
                "Events a part",
                2,
                200,
                size,
                help="Fewer show changes sooner, and cost more calls: at most two a part.",
                key=f"years-size-{key}",
            )
        )
    )
