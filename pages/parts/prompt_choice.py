"""Which prompt set the page shows, and what can be done with it as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from journeys.errors import StoreError
from journeys.naming.prompts import PromptSet
from journeys.naming.prompts.folders import MOST_NAME
from journeys.naming.prompts.templates import Finding
from journeys.naming.prompts.validation import errors
from pages.parts import state
from pages.parts.notices import told
from pages.parts.prompt_draft import Draft, begin, discard, draft_of
from pages.parts.prompt_editor import TITLES
from pages.parts.prompt_fields import set_words
from pages.parts.resources import store
from pages.parts.text import count, plain


def choose_set() -> PromptSet:
    """Let the user choose a set."""
    words = {"": "Shipped, for endpoints", "local": "Shipped, for the built-in model"}
    words |= {id: said for id, said in set_words().items() if id}
    words = {
        id: f"{said} · being edited" if draft_of(store().prompts.get(id).id) else said
        for id, said in words.items()
    }
    if state.prompts_id() not in words:
        state.choose_prompts("")
    st.session_state["prompt-set"] = state.prompts_id()
    st.selectbox(
        "Prompt set",
        list(words),
        format_func=lambda id: words.get(id, id),
        key="prompt-set",
        on_change=lambda: state.choose_prompts(st.session_state["prompt-set"]),
        help="Versions are kept as they are: an edit makes another one.",
    )
    return store().prompts.get(state.prompts_id())


def set_before(chosen: PromptSet) -> PromptSet | None:
    """The set that one was made from; None where it is not known or no longer there."""
    if chosen.is_shipped:
        return None
    based_on = store().prompts.record(chosen.id).based_on
    if not based_on:
        return None
    try:
        return store().prompts.get(based_on)
    except StoreError:
        return None


def set_buttons(chosen: PromptSet) -> None:
    """What can be done with a set that is not being edited."""
    shipped = chosen.is_shipped
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Make a copy to edit" if shipped else "Edit as a new version",
            type="primary",
            icon=":material/edit:",
            key="prompt-edit",
        ):
            begin(chosen)
            st.rerun()
        if st.button(
            "Use for the next discovery", icon=":material/travel_explore:", key="prompt-use"
        ):
            state.use_prompts_next("" if shipped else chosen.id)
            st.switch_page("pages/discover.py")
        if not shipped:
            _delete(chosen)
    if shipped:
        st.caption("These prompts come with the product and cannot be changed; a copy can.")


def _delete(chosen: PromptSet) -> None:
    runs = store().prompts.runs_with(chosen.id)
    used = f"{count(len(runs), 'run uses', 'runs use')} these prompts." if runs else None
    with st.popover("Delete", icon=":material/delete:", disabled=bool(runs), help=used):
        st.markdown(f"**{plain(chosen.id)}** is then gone for good.")
        if st.button("Delete for good", type="primary", key="prompt-delete"):
            with told():
                store().prompts.delete(chosen.id)
                discard(chosen)
                state.choose_prompts("")
                state.notify("The prompts are deleted.")
                st.rerun()


def save_panel(draft: Draft, findings: Sequence[Finding]) -> None:
    """The draft's name, and the buttons that save it or let it go."""
    wrong = errors(findings)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"prompt-name-{draft.base.id}"
        if key not in st.session_state:
            st.session_state[key] = draft.name
        st.text_input("Name", max_chars=MOST_NAME, key=key, width=320)
        save = st.button(
            "Save as a new version",
            type="primary",
            icon=":material/save:",
            disabled=bool(wrong) or not draft.changed,
            key="prompt-save",
        )
        drop = st.button("Discard the draft", type="tertiary", key="prompt-discard")
    if wrong:
        files = ", ".join(dict.fromkeys(TITLES[finding.file] for finding in wrong))
        number = count(len(wrong), "error keeps", "errors keep")
        st.error(f"{number} this draft from being used; see {files}.")
    elif not draft.changed:
        st.caption("Nothing is changed yet.")
    else:
        st.caption(":material/check: These prompts can be used. The draft is not saved yet.")
    if save:
        with told():
            _save(draft)
    if drop:
        discard(draft.base)
        _forget_fields(draft)
        st.rerun()


def collect_name(draft: Draft) -> None:
    """Take the name in its field into the draft."""
    draft.name = st.session_state.get(f"prompt-name-{draft.base.id}", draft.name)


def _save(draft: Draft) -> None:
    named = PromptSet(draft.name, draft.prompts.files)
    tidied = draft.prompts if draft.prompts.name != "draft" else named
    kept = store().prompts.add(tidied, based_on=draft.base.id)
    discard(draft.base)
    _forget_fields(draft)
    state.choose_prompts(kept)
    state.notify(f"Saved as {kept}.")
    st.rerun()


def _forget_fields(draft: Draft) -> None:
    """The next draft of the same set begins with the set's own words."""
    for key in list(st.session_state):
        if isinstance(key, str) and key.endswith(f"-{draft.base.id}"):
            del st.session_state[key]
