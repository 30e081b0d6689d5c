"""What telling has cost, and what it would cost to tell of everything again and again."""

from __future__ import annotations

import streamlit as st

from journeys.memory import Cost
from journeys.memory.costs import Measured, comparison
from pages.parts.resources import store
from pages.parts.text import count, duration
from pages.parts.years_choice import Chosen


def costs(chosen: Chosen) -> None:
    """So far, and by comparison."""
    st.subheader("So far", anchor=False)
    spent = store().memory.cost(chosen.memory.id, chosen.person.person_id)
    everybody = store().memory.cost(chosen.memory.id)
    with st.container(horizontal=True, gap="large", key="years-costs"):
        st.metric("Calls", f"{spent.calls:,}", width="content")
        st.metric("Tokens sent", f"{spent.prompt_tokens:,}", width="content")
        st.metric("Tokens answered", f"{spent.completion_tokens:,}", width="content")
        st.metric("Time", duration(spent.seconds) if spent.calls else "—", width="content")
    if everybody.calls > spent.calls:
        st.caption(f"For everybody in this memory: {_words(everybody)}.")
    measured = Measured.of(chosen.notes)
    if not measured:
        st.info("No model was asked about this person yet, so there is nothing to compare.")
        return
    st.subheader("Against telling everything again", anchor=False)
    told = [part.record.n_events for part in chosen.years.parts if part.told]
    whole = [part.record.n_events for part in chosen.years.parts]
    _table("The parts told of so far", measured, told)
    if len(whole) > len(told):
        _table("All parts, at the same cost a call", measured, whole)
    st.caption(
        "How it is reckoned: each call costs what calls of its kind about this person cost so far "
        "on average. “Once a part” asks for a summary of each part and for what changed since the "
        "one before. “All again at each new part” asks the same of every part there is whenever "
        "one closes. “At each event” asks both about a part's worth of the newest events whenever "
        "one comes. Answers that were already known cost nothing and do not count."
    )


def _table(title: str, measured: Measured, sizes: list[int]) -> None:
    found = comparison(measured, sizes)
    once = found.once.prompt_tokens + found.once.completion_tokens
    lines = [
        f"| {title} | Calls | Tokens | Time | |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, cost in (
        ("Once a part", found.once),
        ("All again at each new part", found.recompute),
        ("At each event", found.recall),
    ):
        tokens = cost.prompt_tokens + cost.completion_tokens
        times = f"{tokens / once:.1f} times" if once and cost is not found.once else ""
        lines.append(
            f"| {name} | {cost.calls:,} | {tokens:,} | {duration(cost.seconds)} | {times} |"
        )
    st.markdown("\n".join(lines))


def _words(cost: Cost) -> str:
    return (
        f"{count(cost.calls, 'call')}, {cost.prompt_tokens + cost.completion_tokens:,} tokens, "
        f"{duration(cost.seconds)}"
    )
