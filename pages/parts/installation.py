"""The installation: local models, where the data is, the worker, caches, version."""

from __future__ import annotations

import streamlit as st

import journeys
from journeys.models import DEFAULT_MODEL, LocalModelSpec, catalogue
from journeys.models.background import remove_model
from pages.parts import state
from pages.parts.actions import wake_worker
from pages.parts.local_model import ask_to_fetch, being_fetched, fetch_progress, is_here
from pages.parts.resources import settings, store
from pages.parts.text import count, moment, plain, size


def models_panel() -> None:
    """Each model that can be fetched, with what was measured about it."""
    recommended = [model for model in catalogue() if model.name == DEFAULT_MODEL]
    others = [model for model in catalogue() if model.name != DEFAULT_MODEL]
    for model in recommended:
        with st.container(border=True):
            _model(model)
    busy = any(is_here(model.name) or being_fetched(model.name) for model in others)
    with st.expander("Other models", expanded=busy):
        for model in others:
            _model(model)


def _model(model: LocalModelSpec) -> None:
    here = is_here(model.name)
    badge = "  :primary-badge[built-in]" if model.name == DEFAULT_MODEL else ""
    badge += "  :green-badge[:material/check: here]" if here else ""
    st.markdown(f"**{plain(model.title)}**{badge}")
    st.caption(
        f"{size(model.size)} · {plain(model.licence)} · by {plain(model.author)}. "
        f"{plain(model.notes)}"
    )
    if here:
        if st.button("Remove", key=f"remove-{model.name}", icon=":material/delete:"):
            remove_model(model.name, settings().models_dir)
            state.notify(f"{model.title} is removed from this machine.")
            st.rerun()
    elif being_fetched(model.name):
        pass
    elif st.button("Fetch", key=f"fetch-{model.name}", icon=":material/download:"):
        ask_to_fetch(model.name)
    fetch_progress(model.name)


def data_panel() -> None:
    """Where things are, and what can be done about them."""
    workers = store().workers.alive()
    running = "; ".join(f"running since {moment(worker.started_at)}" for worker in workers)
    facts = {
        "Data folder": str(settings().home),
        "Database": store().engine.url.render_as_string(hide_password=True),
        "Worker": running or "not running; it starts by itself with a discovery",
        "Version": journeys.__version__,
    }
    for label, fact in facts.items():
        st.markdown(f"**{label}**  \n{plain(fact)}")
    with st.container(horizontal=True):
        if st.button(
            "Clear unused caches",
            icon=":material/mop:",
            key="prune",
            help="Drops vectors, answers and maps that no stored log needs. The others stay, so "
            "that nothing is computed or paid for twice.",
        ):
            gone = store().prune_caches()
            st.toast(
                f"Dropped {count(gone.vectors, 'vector')}, {count(gone.completions, 'answer')} "
                f"and {count(gone.maps, 'map')}."
            )
        if not workers and st.button("Start the worker", key="wake"):
            wake_worker()
            st.toast("The worker starts; this takes a few seconds.")
