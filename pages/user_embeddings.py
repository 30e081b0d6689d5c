"""User embeddings: train an encoder, and see what its vectors say of a person."""

from __future__ import annotations

import streamlit as st

from pages.parts.embeddings_asking import asking
from pages.parts.embeddings_choice import choose
from pages.parts.embeddings_comparison import comparison
from pages.parts.embeddings_encoders import encoders
from pages.parts.embeddings_person import drift, similar
from pages.parts.embeddings_training import training_progress
from pages.parts.entry import through_app
from pages.parts.tabs import open_tab

through_app("pages/user_embeddings.py")
st.title("User embeddings", anchor=False)
st.caption(
    "An encoder reads a person's whole history into a vector. Here it is trained, its vectors are "
    "compared over time and between people, and a language model that was taught to read them is "
    "asked. Everything stays on this machine."
)
chosen = choose()
training_progress(chosen)
open_tab(
    "embeddings-tabs",
    {
        "Encoders": encoders,
        "Drift": drift,
        "Similar people": similar,
        "Ask": asking,
        "Comparison": comparison,
    },
    chosen,
)
