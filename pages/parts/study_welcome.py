"""Before the first journey: consent, stated journeys, the log; and trust and risk, twice."""

from __future__ import annotations

import time

import streamlit as st

from journeys.errors import InputError
from journeys.store import Participant
from journeys.study.answers import MOST_WORDS, Correction, Moment
from journeys.study.path import Step
from journeys.study.screens import log_facts
from pages.parts import study_door
from pages.parts.resources import store
from pages.parts.study_visit import Visit, go, header
from pages.parts.text import count, day, plain


def consent(current: Visit) -> None:
    """The text, and the wish to take part."""
    design = current.design
    st.title(plain(design.title), anchor=False)
    # The researcher's own words, with their bold and lists; HTML in it does not take effect.
    st.markdown(design.consent_text)
    st.caption(f"Version {plain(design.consent_version)} of this text.")
    examples = current.key("examples")
    if design.corrections_as_examples:
        st.checkbox(
            "My corrections, each with a few titles of items that it is about, may also be shown "
            "to a language model as examples when it names the journeys of others. (You can take "
            "part without this.)",
            key=examples,
        )
    st.button(
        "I agree and take part",
        type="primary",
        width="stretch",
        on_click=_agree,
        args=(current.participant, examples),
    )
    st.caption(
        "If you do not want to take part, close this page: no answer is kept then. You can also "
        "erase your log below."
    )


def stated(current: Visit) -> None:
    """What they pursue in their own words, before anything is shown."""
    header(current)
    st.subheader(plain(current.design.texts.stated), anchor=False)
    key = current.key("stated")
    if key not in st.session_state:
        st.session_state[key] = "\n".join(store().participation.stated(current.participant))
    st.text_area(
        "One a line",
        height=180,
        max_chars=10_000,
        key=key,
        on_change=_state,
        args=(current.participant, key, False),
    )
    _told_problem(current.participant)
    st.button(
        "Go on",
        type="primary",
        width="stretch",
        on_click=_state,
        args=(current.participant, key, True),
    )
    st.caption("Nothing comes to mind? Leave it empty and go on.")


def log(current: Visit) -> None:
    """Is this theirs? Nothing of its content is shown before they say so."""
    header(current)
    st.subheader("Is this your log?", anchor=False)
    facts = log_facts(store().participation.timeline(current.participant))
    lines = [f"**{count(facts.events, 'event')}**"]
    if facts.events:
        lines.append(f"from **{day(facts.first)}** to **{day(facts.last)}**")
    named = [(name, number) for name, number in facts.sources if name]
    if named:
        lines.append("from " + ", ".join(f"{plain(n)} ({number:,})" for n, number in named[:6]))
    st.markdown("\n".join(f"- {line}" for line in lines))
    st.caption(
        "Kept are title, time, kind and source of each event, without mail addresses, phone "
        "numbers and the like, under a code and not under your name. You can erase all of it below."
    )
    who = current.participant
    st.button("Yes, this is mine", type="primary", width="stretch", on_click=_mine, args=(who,))
    if study_door.get(who, "wrong") or _remark(who):
        _wrong(current)
    else:
        st.button(
            "It is mine, but something is wrong",
            width="stretch",
            on_click=study_door.put,
            args=(who, "wrong", True),
        )
    st.button("No, this is not me", width="stretch", on_click=_not_me, args=(who,))
    _back(current, Step.STATED if current.design.stated_first else None)


def _wrong(current: Visit) -> None:
    """What is wrong with their log, in their words; the researchers read it."""
    who = current.participant
    key = current.key("remark")
    if key not in st.session_state:
        st.session_state[key] = _remark(who)
    with st.container(border=True):
        st.text_area(
            "What is wrong with it?",
            max_chars=MOST_WORDS,
            placeholder="For example: a shared account, or the last year is missing",
            key=key,
            on_change=_save_remark,
            args=(who, key),
        )
        st.caption(
            "The researchers read this. If another person's events may be in it, say below that it "
            "is not you. Single items can be marked after the journeys."
        )
        _told_problem(who)
        st.button(
            "Save this and go on", width="stretch", on_click=_save_remark, args=(who, key, True)
        )


def _remark(participant: Participant) -> str:
    given = store().participation.corrections(participant)
    return next((correction.words for correction in given if correction.kind == "log"), "")


@study_door.act
def _save_remark(participant: Participant, key: str, done: bool = False) -> None:
    words = (st.session_state.get(key) or "").strip()
    take = store().participation
    try:
        if words:
            take.correct(participant, Correction("log", words=words))
        else:
            take.take_back(participant, Correction("log", words="-").key)
    except InputError as error:
        study_door.put(participant, "problem", str(error))
        return
    study_door.put(participant, "wrong", True)
    if done:
        _mine(participant)


def items(current: Visit, moment: Moment) -> None:
    """Trust and perceived risk; every answer is saved at once."""
    header(current)
    st.subheader("Before we begin" if moment == "before" else "Now once more", anchor=False)
    st.markdown("How far do you agree?")
    who = current.participant
    clock = f"shown-{moment}"
    if study_door.get(who, clock) is None:
        study_door.put(who, clock, time.monotonic())
    given = store().participation.items(who, moment)
    scale = current.design.texts.agreement_scale
    for item in current.design.items:
        key = current.key(f"{moment}-{item.key}")
        if key not in st.session_state:
            st.session_state[key] = given.get(item.key)
        st.radio(
            item.text,
            range(1, 6),
            format_func=lambda number: scale[number - 1],
            width="stretch",
            key=key,
            on_change=_save_items,
            args=(who, moment),
        )
    missing = len(current.design.items) - len(given)
    if missing:
        st.caption(f"{count(missing, 'statement')} without an answer. You may leave them out.")
    st.button("Go on", type="primary", width="stretch", on_click=_items_done, args=(who, moment))
    _back(current, Step.LOG if moment == "before" else _before_after(current))


def _before_after(current: Visit) -> Step:
    stated = store().participation.stated(current.participant)
    return Step.MATCHES if stated and current.trials else Step.CORRECTIONS


def _back(current: Visit, step: Step | None) -> None:
    if step is not None:
        st.button(
            "Back",
            icon=":material/arrow_back:",
            width="stretch",
            on_click=go,
            args=(current.participant, step),
        )


@study_door.act
def _agree(participant: Participant, examples: str) -> None:
    take = store().participation
    take.give_consent(participant, as_examples=bool(st.session_state.get(examples)))
    take.reach(participant, "consented")


@study_door.act
def _state(participant: Participant, key: str, done: bool) -> None:
    lines = (st.session_state.get(key) or "").splitlines()
    try:
        store().participation.save_stated(participant, lines)
    except InputError as error:
        study_door.put(participant, "problem", str(error))
        return
    if done:
        store().participation.reach(participant, "stated")
        go(participant)


def _told_problem(participant: Participant) -> None:
    problem = study_door.get(participant, "problem")
    if problem:
        st.warning(plain(problem))
        study_door.put(participant, "problem", None)


@study_door.act
def _mine(participant: Participant) -> None:
    store().participation.reach(participant, "confirmed")
    go(participant)


@study_door.act
def _not_me(participant: Participant) -> None:
    store().participation.withdraw(participant)
    study_door.forget()
    study_door.put(participant, "not-me", True)


@study_door.act
def _save_items(participant: Participant, moment: Moment) -> None:
    answers = {}
    for item in participant.design.items:
        value = study_door.get(participant, f"{moment}-{item.key}")
        if value is not None:
            answers[item.key] = int(value)
    since = study_door.get(participant, f"shown-{moment}") or time.monotonic()
    passed = round(1000 * (time.monotonic() - since))
    store().participation.save_items(participant, moment, answers, passed)


@study_door.act
def _items_done(participant: Participant, moment: Moment) -> None:
    store().participation.reach(participant, "rating" if moment == "before" else "after")
    go(participant)
