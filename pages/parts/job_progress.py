"""How far a job of the worker is, or how it ended, on any page that starts one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from journeys.store import RunSummary
from pages.parts import state
from pages.parts.actions import wake_worker
from pages.parts.resources import store
from pages.parts.text import duration, plain

#: A worker that was asked for takes so long to say that it is there.
_WAKING_SECONDS = 20


@dataclass(frozen=True)
class Wording:
    """What a page calls its job.

    Attributes:
        key: begins the keys of the widgets.
        doing: what it is at, such as "Telling: 3 of 7 parts"; '' while it has not begun.
        kept: a sentence: what stays when it ends early.
        stopping: said between the click on ``stop`` and the end.
        stopped: said where it was stopped.
        stop, resume: labels of the buttons.
        left: how its remaining time is told.
        more: drawn below the bar.
    """

    key: str
    doing: Callable[[RunSummary], str]
    kept: str
    stopping: str
    stopped: str
    stop: str = "Stop"
    resume: str = "Go on"
    left: str = "about {} left"
    more: Callable[[RunSummary], None] | None = None


def job_progress(newest: Callable[[], RunSummary | None], place: str, wording: Wording) -> None:
    """The bar of a job that goes on, or how the last one ended; nothing where all is well.

    Args:
        newest: the job to show, asked for anew every second.
        place: tells this job's place on the pages from others.
    """
    job = newest()
    if job is not None:
        st.fragment(run_every=1.0 if job.active else None)(_follow)(newest, place, wording)


def _follow(newest: Callable[[], RunSummary | None], place: str, wording: Wording) -> None:
    job = newest()
    active = job is not None and job.active
    if state.before(place, active) and not active:
        # The rest of the page shows what was made, and the clock of this fragment must stop.
        st.rerun()
    if job is None:
        return
    if active:
        _going_on(job, wording)
    elif job.status != "done" or job.message:
        _ended(job, wording)


def _going_on(job: RunSummary, wording: Wording) -> None:
    key = wording.key
    with st.container(border=True, key=f"{key}-progress"):
        waited = time.time() - job.created_at / 1e6
        if not job.held and not store().workers.alive() and waited > _WAKING_SECONDS:
            st.warning(f"No worker is running. {wording.kept}")
            if st.button("Start the worker", type="primary", key=f"{key}-wake"):
                wake_worker()
        elif job.status == "queued" or not (words := wording.doing(job)):
            st.progress(0.0, "Waiting for the worker")
        else:
            left = job.seconds_left()
            words += f", {wording.left.format(duration(left))}" if left is not None else ""
            st.progress(min(job.done / job.total, 1.0) if job.total else 0.0, words)
            if wording.more is not None:
                wording.more(job)
        if job.cancel_requested:
            st.caption(f"{wording.stopping} {wording.kept}")
        else:
            st.button(
                wording.stop,
                key=f"{key}-cancel",
                icon=":material/stop_circle:",
                on_click=store().runs.request_cancel,
                args=(job.id,),
            )


def _ended(job: RunSummary, wording: Wording) -> None:
    key = wording.key
    words = wording.stopped if job.status == "cancelled" else plain(job.message)
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-ended"):
        st.warning(f"{words} {wording.kept}", width="stretch")
        if st.button(wording.resume, icon=":material/play_arrow:", key=f"{key}-resume"):
            store().runs.requeue(job.id)
            wake_worker()
            st.rerun()
        if st.button("Dismiss", type="tertiary", key=f"{key}-dismiss"):
            store().runs.delete(job.id)
            st.rerun()
