"""With which prompts names are asked for, and in which language: fields of a discovery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from journeys.discovery.config import DiscoveryConfig
from journeys.errors import JourneysError
from pages.parts.example_choice import example_fields
from pages.parts.resources import store
from pages.parts.text import day, plain

#: Languages to choose from; any other can be typed.
LANGUAGES = (
    "Arabic", "Chinese", "Dutch", "English", "French", "German", "Hindi", "Indonesian", "Italian",
    "Japanese", "Korean", "Polish", "Portuguese", "Russian", "Spanish", "Turkish", "Ukrainian",
    "Vietnamese",
)  # fmt: skip


def set_words() -> dict[str, str]:
    """Id of every prompt set -> what a person reads; the shipped one first, with the id ''."""
    words = {"": "Shipped with this version"}
    for record in store().prompts.list():
        words[record.id] = f"{record.prompts.name} · {day(record.created_at)} · {record.id[-12:]}"
    return words


def manner_fields(config: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Fields for prompts, language and people's examples, as settings of a discovery.

    Args:
        config: settings whose values stand in the fields at first.
        key: tells the fields of one place from those of another.
    """
    left, right = st.columns(2)
    words = set_words()
    known = str(config.get("prompts", ""))
    with left:
        chosen = st.selectbox(
            "Prompts",
            list(words),
            index=list(words).index(known) if known in words else 0,
            format_func=lambda id: words.get(id, id),
            help="What the language model is told. The page Prompts shows and changes it.",
            key=f"prompts-{key}",
        )
    with right:
        language = language_field(str(config.get("language", "")), key)
    examples = example_fields(config, key)
    return {"prompts": chosen or "", "language": language, **examples}


def language_field(known: str, key: str) -> str:
    """A field for the language of names; '' is that of the titles."""
    options = ["", *sorted({*LANGUAGES, known} - {""})]
    chosen = st.selectbox(
        "Language of the names",
        options,
        index=options.index(known),
        format_func=lambda language: language or "The language of the titles",
        accept_new_options=True,
        help="Choose one, or type the English name of another.",
        key=f"language-{key}",
    )
    language = " ".join((chosen or "").split())
    try:
        DiscoveryConfig(language=language)
    except JourneysError as error:
        st.error(plain(f"{error}. Until then names are in the language of the titles."))
        return ""
    return language
