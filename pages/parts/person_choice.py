"""Choosing one person, however many there are: a short list, and a field to find others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pages.parts import state

#: People that a list offers at most. A browser gets every option, each time the page is drawn.
LISTED = 200


def find_field(total: int, key: str, on_change: Callable[[], None] | None = None) -> str:
    """How the pseudonyms that are looked for begin; '' where a list has room for everybody."""
    if total <= LISTED:
        return ""
    typed = st.text_input(
        "Find by pseudonym",
        key=key,
        placeholder=f"{LISTED} of {total:,} people are listed: type how a pseudonym begins",
        on_change=on_change,
    )
    return (typed or "").strip()


def person_choice(
    key: str,
    total: int,
    listed: Callable[[str], Mapping[int, str]],
    one: Callable[[int], str | None],
    help: str,
) -> int | None:
    """Let the user choose; the session's person is shown, and stays so.

    Args:
        total: how many people there are.
        listed: beginning of a pseudonym -> the ids of at most :data:`LISTED` people, with words.
        one: the words of one person; None for who is not one of them.
        help: of the list.

    Returns:
        The person's id; None where there is nobody.
    """

    def only_one() -> None:
        typed = str(st.session_state[f"{key}-find"] or "").strip()
        matches = list(listed(typed)) if typed else []
        if len(matches) == 1:
            state.choose_person(matches[0])

    beginning = find_field(total, f"{key}-find", only_one)
    found = dict(listed(beginning))
    if beginning and not found:
        st.caption("Nobody's pseudonym begins like this.")
    chosen = state.person_id()
    if chosen not in found:
        words = None if chosen is None else one(chosen)
        if chosen is not None and words is not None:
            found = {chosen: words, **found}
        else:
            found = found or dict(listed(""))
            chosen = next(iter(found), None)
            state.choose_person(chosen)
    if chosen is None:
        return None
    st.session_state[key] = chosen
    st.selectbox(
        "Person",
        list(found),
        format_func=found.__getitem__,
        key=key,
        on_change=lambda: state.choose_person(st.session_state[key]),
        help=help,
    )
    return chosen
