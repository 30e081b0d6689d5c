"""The end of a participation, and a participant's rights, which they have from the start."""

from __future__ import annotations

from typing import Any

import streamlit as st

from journeys.store import Participant
from journeys.study.own_copy import copy_csv, copy_html, copy_json
from journeys.study.path import Step
from pages.parts import study_door
from pages.parts.resources import store
from pages.parts.study_visit import Visit, go, header
from pages.parts.text import plain

_BEYOND = (
    "What the researchers have downloaded by now is beyond the reach of this page; write to them "
    "if you want that erased, too."
)


def debriefing(current: Visit) -> None:
    """What was made up or came twice, said openly."""
    header(current)
    st.subheader("What this was about", anchor=False)
    st.markdown(plain(current.design.texts.debriefing))
    for kind, words in (("foil", "Made up by us, items included:"), ("repeat", "Shown twice:")):
        names = [r.shown.name for r in current.records if r.shown.kind == kind]
        if names:
            st.markdown(words + "\n" + "\n".join(f"- “{plain(name)}”" for name in names))
    if current.step is Step.DEBRIEFING and "done" not in store().participation.steps(
        current.participant
    ):
        label = "Finish"
    else:
        label = "Back to the end"
    st.button(label, type="primary", width="stretch", on_click=_finish, args=(current.participant,))


def finished(current: Visit) -> None:
    """Thanks."""
    st.title("Thank you", anchor=False)
    st.markdown("You are done, and everything is saved. You can close this page.")
    st.button(
        "Read again what this was about",
        width="stretch",
        on_click=go,
        args=(current.participant, Step.DEBRIEFING),
    )


def withdrawn(current: Visit) -> None:
    """They took part no longer, or never wanted to."""
    if study_door.get(current.participant, "not-me"):
        st.title("Nothing more is shown", anchor=False)
        st.markdown(
            "Thank you for saying that this log is not yours. Please tell who sent you the link. "
            "If it is yours after all, you can agree again."
        )
    else:
        st.title("You have withdrawn", anchor=False)
        st.markdown(
            "Nothing more is saved, and what you answered is not used. It is still there until you "
            "erase it below, or agree again and go on."
        )
    if current.participant.open:
        st.button(
            "Agree again and go on",
            width="stretch",
            on_click=_agree_again,
            args=(current.participant,),
        )


def erased() -> None:
    """The last thing that a participant sees."""
    st.title("Everything is erased", anchor=False)
    st.markdown(
        f"Your log, your journeys and your answers are gone, and your link with them. {_BEYOND}"
    )


def rights(current: Visit) -> None:
    """A copy, withdrawing, and erasing everything."""
    at_end = current.step in (Step.DONE, Step.WITHDRAWN)
    with st.expander("Your data and your rights", expanded=current.step is Step.DONE):
        if current.progress.consented:
            _downloads(current, debriefed=current.progress.debriefed)
        if current.step not in (Step.CONSENT, Step.WITHDRAWN):
            st.button(
                "Withdraw my consent",
                width="stretch",
                on_click=_withdraw,
                args=(current.participant,),
                help="Nothing more is saved then, and your answers are not used.",
            )
        st.markdown(f"**Erase everything** the study has of you, your log included. {_BEYOND}")
        sure = st.checkbox("Yes, erase all of it. It cannot be undone.", key=current.key("sure"))
        st.button(
            "Erase everything",
            icon=":material/delete_forever:",
            width="stretch",
            disabled=not sure,
            on_click=_erase,
            args=(current.participant, current.key("sure")),
        )
        if not at_end:
            st.caption("Your link brings you back to where you are, on any device.")


def _downloads(current: Visit, *, debriefed: bool) -> None:
    take, who = store().participation, current.participant
    st.markdown("**A copy for yourself**")
    kinds: tuple[tuple[str, str, str, Any], ...] = (
        (
            "To read (HTML)",
            "my-answers.html",
            "text/html",
            lambda: copy_html(
                current.design,
                stated=take.stated(who),
                records=take.answers(who),
                corrections=take.corrections(who),
                before=take.items(who, "before"),
                after=take.items(who, "after"),
            ),
        ),
        ("As a table (CSV)", "my-answers.csv", "text/csv", lambda: copy_csv(take.answers(who))),
        (
            "Everything (JSON)",
            "my-answers.json",
            "application/json",
            lambda: copy_json(take.copy(who), debriefed=debriefed),
        ),
    )
    for label, name, kind, make in kinds:
        st.download_button(
            label,
            make,
            name,
            kind,
            icon=":material/download:",
            width="stretch",
            on_click="ignore",
            key=current.key(name),
        )


@study_door.act
def _finish(participant: Participant) -> None:
    store().participation.finish(participant)
    go(participant)


@study_door.act
def _agree_again(participant: Participant) -> None:
    study_door.forget()
    store().participation.give_consent(participant)


@study_door.act
def _withdraw(participant: Participant) -> None:
    store().participation.withdraw(participant)
    study_door.forget()


@study_door.act
def _erase(participant: Participant, sure: str) -> None:
    # The browser's word alone does not do: the box must have been ticked in this session.
    if st.session_state.get(sure):
        store().participation.erase(participant)
        study_door.mark_erased()
