"""After the journeys: items that do not belong, journeys that are one, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from journeys.errors import InputError
from journeys.journey import Journey
from journeys.store import Participant
from journeys.study.answers import MOST_WORDS, Correction
from journeys.study.path import Step
from journeys.study.screens import Found, items_to_check
from pages.parts import study_door
from pages.parts.resources import store
from pages.parts.study_visit import Visit, go, header, learn
from pages.parts.text import plain


def corrections(current: Visit) -> None:
    """What the participant would change."""
    header(current)
    st.subheader("Anything to put right?", anchor=False)
    st.caption("All of this is optional, and saved at once.")
    given = store().participation.corrections(current.participant)
    shown = _shown(current)
    if shown:
        st.markdown("**Items that do not belong.** Open a journey and mark them.")
        for name, there, journey in shown:
            _items(current, name, there, journey, given)
    _merge(current, shown, given)
    _missing(current, given)
    problem = study_door.get(current.participant, "problem")
    if problem:
        st.warning(plain(problem))
        study_door.put(current.participant, "problem", None)
    st.button("Go on", type="primary", width="stretch", on_click=_done, args=(current,))
    if current.trials:
        st.button(
            "Back to the journeys",
            icon=":material/arrow_back:",
            width="stretch",
            on_click=go,
            args=(current.participant, Step.TRIALS, len(current.trials) - 1),
        )


def _shown(current: Visit) -> list[tuple[str, Found, Journey]]:
    """The participant's own journeys that were shown, under the names they were shown by."""
    listed = []
    for record in current.records:
        there = current.found.get(record.shown.condition)
        if record.shown.kind == "journey" and there is not None:
            journey = there.journey(record.shown.journey_id)
            if journey is not None:
                listed.append((record.shown.name, there, journey))
    return listed


def _items(
    current: Visit, name: str, there: Found, journey: Journey, given: Sequence[Correction]
) -> None:
    items = items_to_check(there, journey)
    marked = {
        event
        for correction in given
        if correction.kind == "items" and correction.journey_id == journey.id
        for event in correction.events
    }
    tail = f" ({len(marked)} marked)" if marked else ""
    with st.expander(f"{plain(name)}{tail}", key=current.key(f"fold-{journey.id}")):
        for event, title in items:
            key = current.key(f"item-{journey.id}-{event}")
            if key not in st.session_state:
                st.session_state[key] = event in marked
            st.checkbox(
                plain(title) or "(no title)",
                key=key,
                on_change=_mark,
                args=(current.participant, there.run_id, journey.id, [event for event, _ in items]),
            )


def _merge(
    current: Visit, shown: Sequence[tuple[str, Found, Journey]], given: Sequence[Correction]
) -> None:
    names = {(there.run_id, journey.id): name for name, there, journey in shown}
    # Two journeys can only be one where one discovery has both.
    runs = [run for run, _ in names]
    choices = [which for which in names if runs.count(which[0]) > 1]
    if len(choices) > 1:
        st.markdown("**Two journeys that are one**")
        one = _select(current, "One journey", "merge-one", choices, names)
        others = [which for which in choices if one and which != one and which[0] == one[0]]
        two = _select(current, "is the same as", "merge-two", others, names)
        st.button(
            "These are one",
            width="stretch",
            disabled=one is None or two is None,
            on_click=_join,
            args=(current, one, two),
        )
    for correction in given:
        if correction.kind == "merge":
            run = correction.run_id or 0
            first = names.get((run, correction.journey_id), "one journey")
            second = names.get((run, correction.other_id), "another one")
            _undo(current, correction, f"“{plain(first)}” and “{plain(second)}” are one.")


def _select(
    current: Visit,
    label: str,
    part: str,
    choices: Sequence[tuple[int, str]],
    names: dict[tuple[int, str], str],
) -> tuple[int, str] | None:
    chosen: tuple[int, str] | None = st.selectbox(
        label,
        choices,
        index=None,
        format_func=lambda which: names[which],
        placeholder="Choose a journey",
        key=current.key(part),
    )
    return chosen


def _missing(current: Visit, given: Sequence[Correction]) -> None:
    st.markdown("**A journey that is missing**")
    key = current.key("missing")
    st.text_input(
        "What would you call it?",
        max_chars=MOST_WORDS,
        key=key,
        on_change=_add_missing,
        args=(current.participant, key),
    )
    st.button("Add it", width="stretch", on_click=_add_missing, args=(current.participant, key))
    for correction in given:
        if correction.kind == "missing":
            _undo(current, correction, f"Missing: “{plain(correction.words)}”")


def _undo(current: Visit, correction: Correction, words: str) -> None:
    st.markdown(words)
    st.button(
        "Take back",
        icon=":material/undo:",
        type="tertiary",
        key=current.key(f"undo-{correction.key}"),
        on_click=study_door.act(store().participation.take_back),
        args=(current.participant, correction.key),
    )


@study_door.act
def _mark(participant: Participant, run_id: int, journey: str, events: list[int]) -> None:
    marked = [e for e in events if study_door.get(participant, f"item-{journey}-{e}")]
    correction = Correction("items", run_id, journey, events=tuple(marked))
    if marked:
        store().participation.correct(participant, correction)
    else:
        store().participation.take_back(participant, correction.key)


@study_door.act
def _join(current: Visit, one: tuple[int, str] | None, two: tuple[int, str] | None) -> None:
    if one is not None and two is not None:
        correction = Correction("merge", one[0], one[1], other_id=two[1])
        store().participation.correct(current.participant, correction)
        for part in ("merge-one", "merge-two"):
            st.session_state[current.key(part)] = None


@study_door.act
def _add_missing(participant: Participant, key: str) -> None:
    words = (st.session_state.get(key) or "").strip()
    if not words:
        return
    try:
        store().participation.correct(participant, Correction("missing", words=words))
    except InputError as error:
        study_door.put(participant, "problem", str(error))
        return
    st.session_state[key] = ""


@study_door.act
def _done(current: Visit) -> None:
    learn(current)
    store().participation.reach(current.participant, "corrected")
    go(current.participant)
