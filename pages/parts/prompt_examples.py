"""Worked examples as fields instead of a file."""

from __future__ import annotations

import re
from dataclasses import replace

import streamlit as st

from journeys.journey import LEVELS
from journeys.naming.prompts.worked import MOST_EXAMPLES, Example
from pages.parts.prompt_draft import Draft
from pages.parts.text import plain

#: Part of an example -> its label; one text a line.
_LISTS = {
    "titles": "Titles, one a line",
    "keyphrases": "Words that return in them, one a line",
    "siblings": "Titles of the person's other journeys, one a line",
}


def example_fields(draft: Draft) -> None:
    """Fields for every example, taken into the draft; buttons to add and remove."""
    for at, number in enumerate(list(draft.examples), start=1):
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**Example {at}**")
                st.button(
                    "Remove",
                    icon=":material/delete:",
                    type="tertiary",
                    key=f"example-remove-{number}-{draft.base.id}",
                    on_click=draft.drop_example,
                    args=(number,),
                )
            _fields(draft, number)
    st.button(
        "Add an example",
        icon=":material/add:",
        disabled=len(draft.examples) >= MOST_EXAMPLES,
        on_click=draft.add_example,
        key=f"example-add-{draft.base.id}",
    )


def collect_examples(draft: Draft) -> None:
    """Take what stands in the fields into the draft."""
    for number, example in draft.examples.items():
        lists = {
            part: _lines(st.session_state.get(_key(draft, number, part)), getattr(example, part))
            for part in _parts(draft)
        }
        names = tuple(
            " ".join(st.session_state.get(_key(draft, number, f"name{level}"), name).split())
            for level, name in enumerate(example.names, start=1)
        )
        because = example.because
        cited = st.session_state.get(_key(draft, number, "because"))
        if draft.base.cites and cited is not None:
            because = _numbers(cited, len(names))
        draft.examples[number] = replace(example, **lists, names=names, because=because)


def example_words(example: Example) -> str:
    """An example to be read."""
    titles = "\n".join(f"- :small[{plain(title)}]" for title in example.titles)
    names = "\n".join(
        f"{level}. {plain(name)} :gray[({LEVELS[level - 1]})]"
        for level, name in enumerate(example.names, start=1)
    )
    return f"{titles}\n\nare named:\n\n{names}"


def _fields(draft: Draft, number: int) -> None:
    example = draft.examples[number]
    left, right = st.columns(2, gap="medium")
    with left:
        for part, label in _parts(draft).items():
            key = _key(draft, number, part)
            if key not in st.session_state:
                st.session_state[key] = "\n".join(getattr(example, part))
            st.text_area(label, key=key, height=190 if part == "titles" else 90)
    with right:
        for level, name in enumerate(example.names, start=1):
            key = _key(draft, number, f"name{level}")
            if key not in st.session_state:
                st.session_state[key] = name
            st.text_input(f"Name at level {level}: {LEVELS[level - 1]}", key=key)
        if draft.base.cites:
            key = _key(draft, number, "because")
            if key not in st.session_state:
                st.session_state[key] = "\n".join(
                    ", ".join(map(str, numbers)) for numbers in example.because
                )
            st.text_area("Numbers of the titles that each name rests on, a line a name", key=key)


def _parts(draft: Draft) -> dict[str, str]:
    """The lists that examples of this set have."""
    if not draft.base.details:
        return _LISTS
    return {**_LISTS, "details": "Details that the narrow names are made of, one a line"}


def _numbers(text: str, levels: int) -> tuple[tuple[int, ...], ...]:
    """For each name the numbers in its line; a line that is missing has none."""
    lines = [*text.splitlines(), *[""] * levels][:levels]
    return tuple(tuple(map(int, re.findall(r"\d{1,3}", line))) for line in lines)


def _key(draft: Draft, number: int, part: str) -> str:
    return f"example-{part}-{number}-{draft.base.id}"


def _lines(text: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """The texts in a field; what is known where it has not been drawn yet."""
    if text is None:
        return known
    return tuple(" ".join(line.split()) for line in text.splitlines() if line.strip())
