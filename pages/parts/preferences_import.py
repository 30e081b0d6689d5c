"""A log of an agent into what is known of its users."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from journeys.agents.adapters import Unread, read_trajectories
from journeys.agents.replaying import Replayed
from journeys.agents.simulated import marked
from journeys.errors import JourneysError
from journeys.serving.importing import import_log
from pages.parts import state
from pages.parts.livebar import LiveBar
from pages.parts.resources import store
from pages.parts.text import count, duration, plain

_KINDS = {
    "openai": "OpenAI-style messages (JSON lines)",
    "chatgpt": "ChatGPT export (conversations.json)",
    "claude": "Claude export (conversations.json)",
    "otel": "OpenTelemetry GenAI spans",
    "swe": "SWE-style trajectories",
    "tau-bench": "tau-bench trajectories",
    "agent-prs": "Pull requests of coding agents",
}


def importing() -> None:
    """The form, and what came of the last import."""
    with st.form("preferences-import", border=False):
        kind = st.selectbox("Kind of log", list(_KINDS), format_func=_KINDS.__getitem__)
        file = st.file_uploader("Log", type=["jsonl", "json", "ndjson"])
        played = st.checkbox(
            "The users of this log were simulated",
            help="Tau-bench's always are. They are kept apart from people in everything.",
        )
        st.caption(
            "Texts are redacted and cut before anything is kept. What is known already is not "
            "taken in twice, so the same log may be brought in again."
        )
        go = st.form_submit_button("Bring it in", type="primary", icon=":material/upload:")
    if not go:
        return
    if file is None:
        st.warning("Choose a file first.")
        return
    try:
        told, unread = _import(kind, file.getvalue(), Path(file.name).suffix, played)
    except JourneysError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    state.notify(sentence(told, unread))
    st.rerun()


def _import(kind: str, data: bytes, suffix: str, played: bool) -> tuple[Replayed, Unread]:
    bar = LiveBar("Reading")
    begun = time.monotonic()

    def told(done: int, total: int) -> None:
        passed = time.monotonic() - begun
        left = f", about {duration(passed / done * (total - done))} left" if passed > 1 else ""
        bar.show(done / total, f"Learning: {done:,} of {total:,}{left}")

    unread = Unread()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"log{suffix}"
        path.write_bytes(data)
        read = list(read_trajectories(path, kind, unread))
    trajectories = marked(read) if played else read
    found = import_log(store(), trajectories, datetime.now(UTC), on_done=told)
    return found, unread


def sentence(told: Replayed, unread: Unread) -> str:
    """What came of an import."""
    parts = [
        f"{count(told.events, 'request')} and {count(told.feedback, 'answer')} to them were "
        "taken in"
    ]
    if told.duplicates:
        parts.append(f"{told.duplicates:,} were known already")
    left_out = unread.reasons + told.refused
    words = "; ".join(parts) + "."
    if left_out:
        words += f" {left_out.total():,} were left out: " + ", ".join(
            f"{reason.rstrip('.')} ({number:,})" for reason, number in left_out.most_common(5)
        )
        words += "."
    if told.refreshes:
        words += f" The shared weights were refreshed {count(told.refreshes, 'time')}."
    return words
