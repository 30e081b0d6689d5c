"""The encoders of the installation: what each is, training another, deleting one."""

from __future__ import annotations

import streamlit as st

from journeys.models.encoders import delete_encoder
from journeys.userllm.model_card import EncoderCard
from journeys.userllm.reader_card import read_card
from pages.parts import state
from pages.parts.embeddings_choice import Chosen, folder
from pages.parts.embeddings_training import job_of, start_again, train_form
from pages.parts.notices import told
from pages.parts.text import count, duration, plain


def encoders(chosen: Chosen) -> None:
    """A card each, and the form for another."""
    if not chosen.cards:
        st.info(
            "No encoder is trained yet. One learns by telling each person's next event; the "
            "vectors it makes of people are used in the other tabs."
        )
    for card in chosen.cards:
        with st.container(border=True, key=f"embeddings-card-{card.name}"):
            _one(chosen, card)
    train_form(chosen)


def _one(chosen: Chosen, card: EncoderCard) -> None:
    job = job_of(chosen, card.name)
    if card.ready:
        badge = ":green-badge[:material/check: trained]"
    elif job is not None and job.active:
        badge = ":blue-badge[:material/hourglass: in training]"
    else:
        badge = ":orange-badge[:material/pause: not finished]"
    st.markdown(f"**{plain(card.name)}** {badge}")
    st.markdown(
        f"{plain(card.data)}: {count(card.events, 'event')} of "
        f"{count(card.users, 'person', 'people')}, {count(card.items, 'item')} · begun "
        f"{plain(card.created)} UTC"
    )
    if card.ready:
        _metrics(card)
        reader = read_card(folder() / card.name)
        if reader is not None:
            st.caption(
                f"{plain(reader.base)} was taught to read it: {count(reader.questions, 'question')}"
                f" about {count(reader.people, 'person', 'people')}, {duration(reader.seconds)}."
            )
    with st.container(horizontal=True):
        if not card.ready and (job is None or not job.active) and chosen.is_of_log(card):
            st.button(
                "Go on with the training",
                icon=":material/play_arrow:",
                key=f"embeddings-on-{card.name}",
                on_click=start_again,
                args=(chosen, card),
            )
        busy = job is not None and job.active
        if st.button(
            "Delete",
            icon=":material/delete:",
            key=f"embeddings-delete-{card.name}",
            disabled=busy,
            help="Stop the training first." if busy else None,
        ):
            _delete(card)
    with st.expander("Model card", icon=":material/description:"):
        _card(card)


def _metrics(card: EncoderCard) -> None:
    """How well it tells what came next, on events that it was not trained on."""
    test = card.metrics.get("test") or {}
    if not test:
        st.caption("Nothing could be asked of it: nobody's last event was new to them.")
        return
    said = [
        f"{name} **{mean:.3f}** (95%: {low:.3f} to {high:.3f})"
        for name, (mean, low, high) in (
            ("Recall@10", test["recall"]),
            ("NDCG@10", test["ndcg"]),
        )
    ]
    st.markdown("Next item among all: " + ", ".join(said))
    note = str(card.metrics.get("note", ""))
    st.caption(
        plain(f"{note[:1].upper()}{note[1:]}.")
        + " Where things come once, such as posts, hardly any can be told; vectors may still tell "
        "people apart."
    )


def _card(card: EncoderCard) -> None:
    """Everything the card says but the people's pseudonyms, of which it tells the number."""
    lines = {
        "Data": card.data,
        "Hash of the data": card.data_hash[:16],
        "People it learned from": f"{len(card.people):,} of the store",
        "Titles embedded by": card.embedder or "nothing",
        **{f"Shape: {key}": value for key, value in card.encoder.items() if key != "sizes"},
        **{f"Training: {key}": value for key, value in card.settings.items()},
        **{f"Version: {key}": value for key, value in card.versions.items()},
    }
    for key in ("kept_epoch", "seconds", "note"):
        if key in card.metrics:
            lines[{"kept_epoch": "Epoch kept", "seconds": "Seconds", "note": "Note"}[key]] = (
                card.metrics[key]
            )
    body = "\n".join(f"| {plain(key)} | {plain(str(value))} |" for key, value in lines.items())
    st.markdown(f"| | |\n|---|---|\n{body}")
    st.caption("It holds no title. Erasing a person of its log deletes it, with whatever reads it.")


@st.dialog("Delete this encoder?")
def _delete(card: EncoderCard) -> None:
    st.markdown(
        f"**{plain(card.name)}** goes, with its model card and the language model's way in, if it "
        "has one. The log stays. Training it again takes the same time."
    )
    keep, go = st.columns(2)
    if keep.button("Keep it", width="stretch", key="embeddings-delete-no"):
        st.rerun()
    if go.button(
        "Delete for good",
        type="primary",
        icon=":material/delete:",
        width="stretch",
        key="embeddings-delete-yes",
    ):
        with told():
            delete_encoder(card.name, folder())
            state.notify(f"The encoder {card.name} is deleted.")
            st.rerun()
