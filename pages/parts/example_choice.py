"""Whether corrections of a study's participants are examples when journeys are named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts.resources import store
from pages.parts.text import plain

#: What a discovery without examples has.
NO_EXAMPLES: dict[str, Any] = {"examples": None}


def example_fields(config: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The field, where there is a study with corrections that may serve; off until chosen.

    Args:
        config: settings whose value stands in the field at first.
        key: tells the field of one place from those of another.
    """
    words: dict[int | None, str] = {None: "None"}
    for study in store().studies.list():
        sharing = store().examples.sharing(study.id)
        if sharing.people:
            title = plain(study.design.title or "Study")
            words[study.id] = (
                f"Corrections of study {study.id}, {title} "
                f"({sharing.people} of {sharing.of} participants allow it)"
            )
    if len(words) < 2:
        return dict(NO_EXAMPLES)
    options = list(words)
    known = config.get("examples")
    chosen = st.selectbox(
        "Examples for the language model",
        options,
        index=options.index(known) if known in options else 0,
        format_func=words.__getitem__,
        help="What participants said instead of a name, with a few redacted titles of that "
        "journey, of those who allow it and without sensitive topics. Three stand in each prompt, "
        "those nearest to the journey. Withdrawing or erasing takes them back at once.",
        key=f"examples-{key}",
    )
    return {"examples": chosen}
