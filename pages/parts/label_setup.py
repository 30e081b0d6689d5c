"""Which names are labelled: the run, the sample, the levels, the namers; and who labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from journeys.evaluation.labelling import CURRENT, Item, candidates, draw
from journeys.journey import FRIEND_LEVEL, LEVELS
from journeys.store import RunSummary
from journeys.store.labels import Given
from pages.parts import state
from pages.parts.journey_level import level_words
from pages.parts.resources import store
from pages.parts.run_words import settings_words
from pages.parts.text import count, plain

#: Names that are labelled where nothing else is chosen: about half an hour.
_SAMPLE = 60
_MOST = 2_000

#: Journeys that names are drawn from; of a larger run so many, drawn themselves.
_POOL = 1_000

_INITIALS = "label-initials"


@dataclass(frozen=True)
class Setup:
    """What was chosen for a run, kept in the store so that labelling goes on another day."""

    sample: int
    levels: list[int]
    namers: list[str]
    seed: int


def choose_run() -> RunSummary:
    """The discovery whose names are labelled; where there is none, what to do instead."""
    logs = {log.id: log for log in store().logs.list()}
    runs = {run.id: run for log_id in logs for run in store().runs.with_results(log_id)}
    if not runs:
        st.info("There are no names to label yet. Find journeys in a log first.")
        st.page_link("pages/discover.py", label="Go to Discover", icon=":material/travel_explore:")
        st.stop()
    newest = [run.id for run in runs.values() if run.log_id == state.log_id()]
    default = state.run_id() if state.run_id() in runs else next(iter(newest), next(iter(runs)))
    if len(runs) == 1:
        return next(iter(runs.values()))
    chosen = st.selectbox(
        "Discovery",
        list(runs),
        index=list(runs).index(default or 0),
        format_func=lambda run_id: (
            f"{logs[runs[run_id].log_id].name} · run {run_id} · "
            f"{settings_words(runs[run_id].config)}"
        ),
        key="label-run",
    )
    return runs[chosen]


def setup(run: RunSummary) -> list[Item]:
    """Let a researcher choose which names are labelled; returns them, foils included."""
    namers = [CURRENT, *store().labels.namers(run.id)]
    chosen = _kept(run.id, namers)
    begun = store().labels.begun(run.id)
    with st.expander("Which names", icon=":material/tune:", key="label-setup", expanded=False):
        _form(run.id, chosen, namers, begun)
    most = max(_POOL, 2 * chosen.sample)
    namings = store().labels.namings(run.id, most=most, seed=chosen.seed)
    in_all, _ = store().results.counts(run.id)
    if in_all > most:
        st.caption(
            f"Names are drawn from {most:,} of {count(in_all, 'journey')}, which the seed chooses. "
            "Another seed draws others."
        )
    items = _items(namings, chosen)
    if not items:
        st.info("No name is chosen. Choose a level and a namer under “Which names”.")
    return items


def _items(namings: Sequence[Given], chosen: Setup) -> list[Item]:
    pool = candidates(namings, levels=chosen.levels, namers=chosen.namers)
    return draw(pool, seed=chosen.seed, sample=chosen.sample)


def rater() -> str:
    """Who labels, as ``person:`` and initials; '' where that is not said yet."""
    typed = st.text_input(
        "Your initials",
        max_chars=12,
        key=_INITIALS,
        persist_state="session",
        help="They tell several labellers apart, and bring you back to where you stopped.",
        placeholder="e.g. ab",
        width=220,
    )
    initials = re.sub(r"[^\w]+", "", typed or "").lower()
    if not initials:
        st.info("Type your initials to begin.", icon=":material/edit:")
        return ""
    return f"person:{initials}"


def _kept(run_id: int, namers: Sequence[str]) -> Setup:
    """What was chosen for this run, or the defaults: the friend's level, everybody's names."""
    found = store().choices.get(_key(run_id)) or {}
    wanted = [namer for namer in found.get("namers", namers) if namer in namers]
    return Setup(
        sample=int(found.get("sample", _SAMPLE)),
        levels=[int(level) for level in found.get("levels", [FRIEND_LEVEL])],
        namers=wanted,
        seed=int(found.get("seed", 0)),
    )


def _form(run_id: int, chosen: Setup, namers: Sequence[str], begun: bool) -> None:
    with st.form(f"label-form-{run_id}", border=False):
        levels = st.multiselect(
            "Levels",
            range(1, len(LEVELS) + 1),
            default=chosen.levels,
            format_func=level_words,
            key=f"label-levels-{run_id}",
        )
        who = st.multiselect(
            "Names by",
            namers,
            default=chosen.namers,
            format_func=_namer_words,
            key=f"label-namers-{run_id}",
            help="Names that a journey had before count, too. What several say alike is asked once "
            "and counts for each.",
        )
        left, right = st.columns(2)
        sample = left.number_input(
            "Most names", 2, _MOST, chosen.sample, 10, key=f"label-sample-{run_id}",
            help="Journeys are drawn at random and taken whole; names of other journeys, one in "
            "ten, come on top.",
        )  # fmt: skip
        seed = right.number_input(
            "Seed of the draw", 0, 999_999, chosen.seed, key=f"label-seed-{run_id}",
            help="The same seed draws the same names for everybody who labels.",
        )  # fmt: skip
        if begun:
            st.caption("Labelling has begun. What is labelled already is kept whatever you change.")
        if st.form_submit_button("Use these names", icon=":material/check:"):
            made = Setup(int(sample), sorted(levels), list(who), int(seed))
            store().choices.set(_key(run_id), asdict(made))
            state.notify(f"Names are drawn anew: {count(int(sample), 'name')} at most.")
            st.rerun()


def _namer_words(namer: str) -> str:
    if namer == CURRENT:
        return "Current names, whoever gave them"
    return {"keyphrase": "Key phrases", "person": "Given by hand"}.get(
        namer, f"Language model {plain(namer.removeprefix('llm:'))}"
    )


def _key(run_id: int) -> str:
    return f"labelling-{run_id}"
