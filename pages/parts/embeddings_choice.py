"""Which log, person and encoder the page User embeddings shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from journeys.models.encoders import encoders_folder
from journeys.store import LogSummary, PersonSummary
from journeys.userllm.model_card import EncoderCard, encoder_cards
from pages.parts import state
from pages.parts.log_choice import log_choice
from pages.parts.person_choice import LISTED, person_choice
from pages.parts.resources import settings, store
from pages.parts.text import count, plain

if TYPE_CHECKING:
    from journeys.userllm.card import TrainedEncoder
    from journeys.userllm.stored import StoredLog


@dataclass(frozen=True)
class Chosen:
    """What the page shows.

    Attributes:
        cards: of all encoders of the installation, finished or not.
        encoder: the one whose vectors are shown; None where none is finished.
    """

    log: LogSummary
    person: PersonSummary
    cards: Sequence[EncoderCard]
    encoder: EncoderCard | None

    @property
    def place(self) -> str:
        """Tells the widgets of one log from those of another."""
        return str(self.log.id)

    def is_of_log(self, card: EncoderCard) -> bool:
        """Whether an encoder learned from people of this log."""
        return self.person.pseudonym in card.people


def folder() -> Path:
    """Of the installation's encoders."""
    return encoders_folder(settings().models_dir)


def choose() -> Chosen:
    """Let the user choose; where there is no log, say what to do and end the page."""
    logs = {log.id: log for log in store().logs.list()}
    if not logs:
        st.info("There is no log yet. Bring one in, or open the sample log.")
        st.page_link("pages/logs.py", label="Go to Logs", icon=":material/upload_file:")
        st.stop()
    if state.log_id() not in logs:
        state.choose_log(next(iter(logs)))
    left, middle, right = st.columns(3)
    with left:
        log = log_choice(logs, "embeddings-log")
    with middle:
        person = _person(log)
    cards = encoder_cards(folder())
    with right:
        encoder = _encoder(log, person, [card for card in cards if card.ready])
    return Chosen(log, person, cards, encoder)


def read(chosen: Chosen) -> tuple[TrainedEncoder, StoredLog]:
    """The chosen encoder, and the log as it reads it; kept for the session.

    Raises:
        ModelError: the encoder is gone or damaged.
        InputError: the log holds nothing.
    """
    card = chosen.encoder
    assert card is not None
    belongs_to = (chosen.log.id, chosen.log.n_events, chosen.log.n_users, card.name, card.created)
    kept = state.kept("embeddings", belongs_to)
    if "read" not in kept:
        with st.spinner("Reading the log and its vectors"):
            from journeys.embedding import load_embedder
            from journeys.userllm.card import load
            from journeys.userllm.stored import read_stored

            trained = load(folder() / card.name)
            data = read_stored(
                store(), chosen.log.id, load_embedder(), vocabulary=trained.vocabulary
            )
            kept["read"] = trained, data
    trained, data = kept["read"]
    return trained, data


def needs_encoder(chosen: Chosen) -> bool:
    """Whether there is no encoder yet; then this says what to do."""
    if chosen.encoder is not None:
        return False
    st.info("No encoder is trained yet. Train one in the tab Encoders; it takes minutes.")
    return True


def _person(log: LogSummary) -> PersonSummary:
    listing = store().listing

    def listed(beginning: str) -> dict[int, str]:
        found = listing.of_log(log.id, beginning=beginning, limit=LISTED)
        return {person.id: _words(person) for person in found}

    def one(person_id: int) -> str | None:
        found = listing.one_of_log(log.id, person_id)
        return None if found is None else _words(found)

    chosen = person_choice(
        "embeddings-person",
        log.n_users,
        listed,
        one,
        help="People are known by pseudonyms. Those with most events stand first.",
    )
    person = None if chosen is None else listing.one_of_log(log.id, chosen)
    if person is None:
        st.info("This log holds nobody any more. Choose another.")
        st.stop()
    return person


def _words(person: PersonSummary) -> str:
    return f"{person.pseudonym} · {count(person.n_events, 'event')}"


def _encoder(
    log: LogSummary, person: PersonSummary, ready: Sequence[EncoderCard]
) -> EncoderCard | None:
    """The chosen encoder; by default one that learned from this log."""
    if not ready:
        st.selectbox("Encoder", ["None is trained yet"], disabled=True, key="embeddings-none")
        return None
    own = [card for card in ready if person.pseudonym in card.people]
    by_name = {card.name: card for card in [*own, *(each for each in ready if each not in own)]}
    name = st.selectbox("Encoder", list(by_name), key=f"embeddings-encoder-{log.id}")
    card = by_name[name]
    if card not in own:
        st.caption(
            f":material/warning: It learned from {plain(card.data)} and not from this person. Of "
            "things that it does not know it has the titles' vectors only."
        )
    return card
