"""Training an encoder or its reader in the background: the form, the way, the end."""

from __future__ import annotations

import shlex
import time

import streamlit as st

from journeys.models.encoders import suggested_name
from journeys.store import EncoderJob, RunSummary
from journeys.userllm.model_card import EncoderCard
from pages.parts import state
from pages.parts.actions import wake_worker
from pages.parts.embeddings_choice import Chosen
from pages.parts.notices import told
from pages.parts.resources import store
from pages.parts.text import count, duration, plain

#: A worker that was asked for takes so long to say that it is there.
_WAKING_SECONDS = 20

#: Stage -> what is done, and what is counted.
_STAGES = {
    "embed": ("Embedding titles", "title"),
    "train": ("Training the encoder", "epoch"),
    "fit": ("Teaching the language model", "step"),
}


def train_form(chosen: Chosen) -> None:
    """Name, epochs and start, or the command that does the same."""
    taken = {card.name for card in chosen.cards}
    st.subheader("Train an encoder on this log", anchor=False)
    job = newest(chosen)
    busy = job is not None and job.active
    with st.form(f"embeddings-train-{chosen.place}"):
        left, right = st.columns(2)
        name = left.text_input(
            "Name",
            _free(suggested_name(chosen.log.name), taken),
            max_chars=40,
            key=f"embeddings-name-{chosen.place}",
            help="Small letters, digits, '.', '_' and '-'.",
        )
        epochs = right.number_input(
            "Epochs",
            0,
            200,
            0,
            key=f"embeddings-epochs-{chosen.place}",
            help="0: as many as a log of this size needs. It ends early when it gets no better.",
        )
        if st.form_submit_button(
            "Train",
            type="primary",
            icon=":material/model_training:",
            disabled=busy,
            help="A training is going on." if busy else None,
        ):
            with told():
                if name in taken:
                    st.warning(
                        f"There is an encoder called {plain(name)} already. Choose another name."
                    )
                else:
                    start(chosen, EncoderJob(name, epochs=int(epochs) or None))
    st.caption(
        f"{count(chosen.log.n_events, 'event')} of {count(chosen.log.n_users, 'person', 'people')} "
        "are learned from. It goes on when this page is closed, can be stopped, and then goes on "
        "where it was. Or in a terminal:"
    )
    command = f"python -m journeys userllm pretrain {shlex.quote(chosen.log.name)}"
    st.code(command, language="bash", wrap_lines=True)


def start(chosen: Chosen, job: EncoderJob) -> None:
    """Queue a job, and see to it that a worker is there."""
    store().encoder_jobs.create(chosen.log.id, job)
    wake_worker()
    st.rerun()


def start_again(chosen: Chosen, card: EncoderCard) -> None:
    """Go on with an encoder that is not finished."""
    job = job_of(chosen, card.name)
    if job is not None:
        store().runs.requeue(job.id)
    else:
        epochs = card.settings.get("epochs")
        seed = int(card.settings.get("seed", 0))
        store().encoder_jobs.create(chosen.log.id, EncoderJob(card.name, epochs=epochs, seed=seed))
    wake_worker()


def newest(chosen: Chosen) -> RunSummary | None:
    """The log's newest job."""
    return store().encoder_jobs.newest(chosen.log.id)


def job_of(chosen: Chosen, name: str) -> RunSummary | None:
    """The log's newest job, if it is about this encoder."""
    job = newest(chosen)
    return job if job is not None and job.config.get("name") == name else None


def training_progress(chosen: Chosen) -> None:
    """How far the log's newest job is, or how it ended; nothing where all is well."""
    job = newest(chosen)
    if job is not None:
        st.fragment(run_every=1.0 if job.active else None)(_progress)(chosen)


def _progress(chosen: Chosen) -> None:
    job = newest(chosen)
    active = job is not None and job.active
    if state.before(f"embeddings-{chosen.place}", active) and not active:
        # The rest of the page shows what was trained, and the clock of this fragment must stop.
        st.rerun()
    if job is None:
        return
    if active:
        _going_on(job)
    elif job.status != "done":
        _ended(job)


def _going_on(job: RunSummary) -> None:
    with st.container(border=True, key="embeddings-progress"):
        waited = time.time() - job.created_at / 1e6
        if not job.held and not store().workers.alive() and waited > _WAKING_SECONDS:
            st.warning("No worker is running. What was trained is kept.")
            if st.button("Start the worker", type="primary", key="embeddings-wake"):
                wake_worker()
        elif job.status == "queued" or job.stage not in _STAGES:
            st.progress(0.0, "Waiting for the worker")
        else:
            done, of = _STAGES[job.stage]
            left = job.seconds_left()
            words = f"{done}: {job.done:,} of {count(job.total, of)}"
            words += f", at most {duration(left)} left of this step" if left is not None else ""
            st.progress(min(job.done / job.total, 1.0) if job.total else 0.0, words)
        if job.cancel_requested:
            st.caption("Stopping. What was trained so far is kept.")
        else:
            st.button(
                "Stop",
                key="embeddings-cancel",
                icon=":material/stop_circle:",
                on_click=store().runs.request_cancel,
                args=(job.id,),
            )


def _ended(job: RunSummary) -> None:
    words = "The training was stopped." if job.status == "cancelled" else plain(job.message)
    with st.container(horizontal=True, vertical_alignment="center", key="embeddings-ended"):
        st.warning(f"{words} What was trained is kept.", width="stretch")
        if st.button("Go on", icon=":material/play_arrow:", key="embeddings-resume"):
            store().runs.requeue(job.id)
            wake_worker()
            st.rerun()
        if st.button("Dismiss", type="tertiary", key="embeddings-dismiss"):
            store().runs.delete(job.id)
            st.rerun()


def _free(name: str, taken: set[str]) -> str:
    """The name, or with the first number that is free."""
    free = name
    for number in range(2, 1000):
        if free not in taken:
            break
        free = f"{name}-{number}"
    return free
