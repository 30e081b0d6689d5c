"""Runs that ended: what they found, what they cost, and what can be done next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from journeys.store import RunSummary
from pages.parts import state
from pages.parts.actions import go_on
from pages.parts.namers import LABELS
from pages.parts.naming_costs import cost_words
from pages.parts.naming_dialog import naming_dialog
from pages.parts.resources import store
from pages.parts.run_words import naming_words, settings_words
from pages.parts.text import count, duration, moment, plain

_BADGES = {
    "done": ":green-badge[:material/check: done]",
    "failed": ":red-badge[:material/error: failed]",
    "cancelled": ":gray-badge[:material/stop_circle: cancelled]",
}

#: What a person reads for the steps of ``manifest["seconds"]``.
STEPS = {
    "embed": "Embedding texts",
    "mean": "Averaging the log",
    "load": "Reading from the database",
    "cluster": "Grouping events",
    "stability": "Measuring stability",
    "describe": "Describing journeys",
    "store": "Writing to the database",
    "project": "Drawing maps",
    "name": "Naming",
}

#: The rules by their names in the notes of results, and what they are called in the form.
RULES = {
    "min_user_events": "fewest events of a person",
    "min_journey_events": "fewest events of a journey",
}


def ended_run(run: RunSummary, *, expanded: bool) -> None:
    """One run that ended; its details are read only when they are shown."""
    with st.container(border=True):
        st.markdown(f"**Run {run.id}** · {moment(run.created_at)} {_BADGES.get(run.status, '')}")
        st.caption(_settings(run))
        if run.message:
            st.warning(plain(run.message), icon=":material/info:")
        if run.status == "done" and (
            expanded or st.toggle("Show what it found", key=f"details-{run.id}")
        ):
            _found(run)
        _buttons(run)


def _settings(run: RunSummary) -> str:
    namer = LABELS.get(str(run.config.get("namer")), "")
    manner = plain(naming_words(run.config))
    words = f"{settings_words(run.config)} · names by: {namer[:1].lower()}{namer[1:]}"
    return f"{words}, {manner}" if manner else words


def _found(run: RunSummary) -> None:
    totals = store().listing.totals(run.id)
    seconds = run.manifest.get("seconds", {})
    with_journeys = totals.people - totals.people_without
    with st.container(horizontal=True, gap="large"):
        st.metric("Journeys", f"{totals.journeys:,}", width="content")
        st.metric("People with journeys", f"{with_journeys:,}", width="content")
        st.metric(
            "Events in no journey",
            f"{totals.unassigned / max(totals.events, 1):.0%}",
            help=f"{totals.unassigned:,} of {count(totals.events, 'event')}.",
            width="content",
        )
        _stability(run.manifest.get("stability"))
        st.metric(
            "Time", duration(run.manifest.get("seconds", {}).get("total", 0)), width="content"
        )
    for rule, number in totals.without.items():
        words = f"{count(number, 'person', 'people')} without journeys"
        if rule in RULES:
            words += f" by the rule “{RULES[rule]}” ({run.config.get(rule)})"
        st.caption(f"{words}.")
    st.caption(plain(cost_words(run.manifest.get("llm", {}))))
    with st.expander("Where the time went", key=f"seconds-{run.id}"):
        st.dataframe(
            [
                {"step": words, "seconds": round(seconds[step], 1)}
                for step, words in STEPS.items()
                if step in seconds
            ],
            hide_index=True,
            width="content",
        )


def _stability(measured: Mapping[str, Any] | None) -> None:
    """How well the journeys are found again, where that was measured."""
    found = measured.get("subsample_ari") if measured else None
    if not measured or not found:
        return
    seeds = measured.get("seed_ari")
    st.metric(
        "Stability",
        f"{found['mean']:.2f}",
        help=f"How well groupings of {measured['draws']} random 90% of a person's events agree "
        "with this one: 1 is the same, 0 is chance (adjusted Rand index, mean over "
        f"{count(found['people'], 'person', 'people')}, 95% interval {found['low']:.2f} to "
        f"{found['high']:.2f})."
        + (f" Over {measured['seeds']} seeds: {seeds['mean']:.2f}." if seeds else ""),
        width="content",
    )


def _buttons(run: RunSummary) -> None:
    journeys, named = store().results.counts(run.id)
    with st.container(horizontal=True):
        if journeys and st.button(
            "See journeys", key=f"see-{run.id}", type="primary", icon=":material/route:"
        ):
            state.choose_log(run.log_id)
            newest = store().runs.latest_with_results(run.log_id)
            state.choose_run(None if newest and newest.id == run.id else run.id)
            st.switch_page("pages/journeys.py")
        if run.status != "done" and st.button(
            "Resume", key=f"resume-{run.id}", icon=":material/play_arrow:"
        ):
            go_on(run.id)
            st.rerun()
        if (
            run.status == "done"
            and named < journeys
            and st.button(
                "Name with a language model", key=f"name-{run.id}", icon=":material/edit_note:"
            )
        ):
            naming_dialog(run, journeys - named)
        if st.button("Delete", key=f"delete-{run.id}", type="tertiary", icon=":material/delete:"):
            _delete(run)


@st.dialog("Delete the run")
def _delete(run: RunSummary) -> None:
    st.markdown(
        f"This deletes run {run.id} with its journeys, names and ratings. It is final. The log "
        "stays."
    )
    if st.button("Delete for good", type="primary", icon=":material/delete:", key="delete-run"):
        store().runs.delete(run.id)
        state.notify("The run is deleted.")
        st.rerun()
