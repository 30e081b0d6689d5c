"""Training an encoder or its reader in the background: the form, the way, the end."""

from __future__ import annotations

import shlex

import streamlit as st

from journeys.models.encoders import suggested_name
from journeys.store import EncoderJob, RunSummary
from journeys.userllm.model_card import EncoderCard
from pages.parts.actions import wake_worker
from pages.parts.embeddings_choice import Chosen
from pages.parts.job_progress import Wording, job_progress
from pages.parts.notices import told
from pages.parts.resources import store
from pages.parts.text import count, plain

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
    job_progress(lambda: newest(chosen), f"embeddings-{chosen.place}", _WORDING)


def _doing(job: RunSummary) -> str:
    if job.stage not in _STAGES:
        return ""
    done, of = _STAGES[job.stage]
    return f"{done}: {job.done:,} of {count(job.total, of)}"


_WORDING = Wording(
    key="embeddings",
    doing=_doing,
    kept="What was trained is kept.",
    stopping="Stopping.",
    stopped="The training was stopped.",
    left="at most {} left of this step",
)


def _free(name: str, taken: set[str]) -> str:
    """The name, or with the first number that is free."""
    free = name
    for number in range(2, 1000):
        if free not in taken:
            break
        free = f"{name}-{number}"
    return free
