"""Asking a language model about a person, told as text and told as an embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from journeys.errors import JourneysError
from journeys.models import spec
from journeys.naming.tuning import missing_packages
from journeys.store import EncoderJob
from journeys.userllm.model_card import EncoderCard
from journeys.userllm.reader_card import read_card
from pages.parts import state
from pages.parts.embeddings_choice import Chosen, folder, needs_encoder, read
from pages.parts.embeddings_training import newest, start
from pages.parts.local_model import ask_to_fetch, fetch_progress, is_here
from pages.parts.notices import told
from pages.parts.resources import settings
from pages.parts.text import count, plain, size

if TYPE_CHECKING:
    from journeys.userllm.asking import Answer
    from journeys.userllm.readers import Reader

_BASE = "smollm2-135m"
_HISTORIES = (10, 50, 100, 200)
_LONGEST = 300
_ROUTES = {"text prompt": "Told as text", "user embedding": "Told as an embedding"}


def asking(chosen: Chosen) -> None:
    """The question and both answers; before that, whatever is missing and how to get it."""
    if needs_encoder(chosen) or chosen.encoder is None:
        return
    if missing := missing_packages():
        st.info(
            "This needs packages that are not installed "
            f"({', '.join(missing)}). Install them, then start the app again:"
        )
        st.code("pip install -r requirements-userllm.txt", language="bash")
        return
    reader = read_card(folder() / chosen.encoder.name)
    if reader is None:
        _teach(chosen, chosen.encoder)
        return
    st.warning(
        f"{plain(reader.base)} is a small model that learned from "
        f"{count(reader.people, 'person', 'people')}. It writes fluently and is often wrong. Take "
        "an answer for a hint, and never for a fact about a person.",
        icon=":material/warning:",
    )
    with st.form("embeddings-ask"):
        question = st.text_input(
            "Question",
            "Which interest does this person pursue?",
            max_chars=_LONGEST,
            key="embeddings-question",
        )
        history = st.select_slider(
            "Newest events that both know",
            _HISTORIES,
            50,
            key="embeddings-history",
            help="As text each event is a line; the embedding takes the same 16 places for any "
            "number of events.",
        )
        asked = st.form_submit_button("Ask", type="primary", icon=":material/send:")
    belongs_to = (chosen.log.id, chosen.person.id, chosen.encoder.name, chosen.encoder.created)
    kept = state.kept("embeddings-answers", belongs_to)
    if asked and question.strip():
        with told():
            kept["last"] = (question, history, _ask(chosen, chosen.encoder, question, history))
    if "last" in kept:
        _answers(*kept["last"])


def _ask(chosen: Chosen, card: EncoderCard, question: str, history: int) -> list[Answer]:
    trained, log = read(chosen)
    with st.spinner("The model is read and asked; the first question takes longest"):
        reader = _reader(card.name, card.created, trained)
        return reader.ask(log, chosen.person.pseudonym, question, history)


@st.cache_resource(show_spinner=False, max_entries=1)
def _reader(name: str, created: str, _trained: Any) -> Reader:
    """One reader in memory for all sessions; it holds no title."""
    from journeys.userllm.readers import load_reader

    return load_reader(_trained, folder() / name, settings().models_dir)


def _answers(question: str, history: int, answers: list[Answer]) -> None:
    st.markdown(f"**{plain(question)}** · at most {count(history, 'event')}")
    for column, answer in zip(st.columns(len(answers)), answers, strict=True):
        with column, st.container(border=True):
            st.markdown(f"**{_ROUTES.get(answer.route, plain(answer.route))}**")
            # Written by a model: shown letter by letter, never as markup.
            st.text(answer.text or "(it wrote nothing)")
            st.caption(
                f"{count(answer.tokens, 'token')} read, {answer.written:,} written, "
                f"{answer.seconds:.2f} seconds"
            )
    text, vector = answers[0], answers[-1]
    if vector.tokens and text.tokens > vector.tokens:
        st.caption(
            f"The embedding took {text.tokens / vector.tokens:.1f} times fewer tokens. Seconds are "
            "those of this one answer on this machine, encoder included, and grow with its length."
        )


def _teach(chosen: Chosen, card: EncoderCard) -> None:
    """Have a language model taught to read the encoder."""
    model = spec(_BASE)
    st.markdown(
        f"No language model was taught to read **{plain(card.name)}** yet. {plain(model.title)} "
        "stays as it is and learns a way in, from what came next in people's histories and from "
        "the names of the journeys that the newest discovery of this log found."
    )
    if not chosen.is_of_log(card):
        st.info("It learned from other people. Train an encoder on this log first.")
        return
    fetch_progress(_BASE)
    if not is_here(_BASE):
        st.info(f"The model is not here yet ({size(model.size)}).")
        if st.button("Fetch it", icon=":material/download:", key="embeddings-fetch"):
            ask_to_fetch(_BASE)
        return
    job = newest(chosen)
    busy = job is not None and job.active
    examples = st.number_input(
        "Examples",
        1,
        5000,
        max(60, min(chosen.log.n_users, 200)),
        key=f"embeddings-examples-{chosen.place}",
        help="Each is a person with questions about them; where there are fewer people, each comes "
        "several times. On a processor an example takes some ten seconds.",
        width=420,
    )
    if st.button(
        "Teach it",
        type="primary",
        icon=":material/school:",
        disabled=busy,
        help="A training is going on." if busy else None,
        key="embeddings-teach",
    ):
        try:
            start(chosen, EncoderJob(card.name, "reader", examples=int(examples)))
        except JourneysError as error:
            st.error(plain(str(error)))
