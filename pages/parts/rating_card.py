"""The questions about one journey. Every answer is saved the moment it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from journeys.journey import Journey
from journeys.store import Answer
from journeys.store.ratings import IDENTIFICATION, SPECIFICITY
from pages.parts.journey_choice import Chosen
from pages.parts.journey_events import event_list
from pages.parts.journey_level import level_words
from pages.parts.resources import store
from pages.parts.text import plain

#: Titles that help to remember what a journey was.
CUES = 3


@dataclass(frozen=True)
class Question:
    """A journey under the name that is asked about."""

    run_id: int
    journey: Journey
    level: int

    @property
    def name(self) -> str:
        return self.journey.name(self.level)

    def key(self, part: str) -> str:
        """A widget's key: another one for another name, since an answer is about a name."""
        return f"rate-{part}-{self.run_id}-{self.journey.id}-{self.level}-{self.name}"

    def about_this_name(self, answer: Answer) -> bool:
        return (answer.level, answer.name_shown) == (self.level, self.name)


def rating_card(chosen: Chosen, journey: Journey, level: int, given: Mapping[str, Answer]) -> None:
    """Ask about one journey.

    Args:
        given: the answers that are stored, by journey.
    """
    question = Question(chosen.run.id, journey, level)
    answer = given.get(journey.id)
    _fill(question, answer)
    with st.container(border=True, key=f"rating-{journey.id}"):
        done = " :green-badge[:material/check: rated]" if answer and answer.identification else ""
        st.markdown(f"##### {journey.rank}. {plain(question.name)}{done}")
        event_list(chosen.timeline, journey.central[:CUES])
        if answer and not question.about_this_name(answer):
            st.caption(
                f":material/history: Your answers are about another name of this journey, “"
                f"{plain(answer.name_shown)}” (level {level_words(answer.level)}): "
                f"{_words(answer)}. An answer about the name above replaces them."
            )
        _questions(question)
        _take_back(question, answer)


def _questions(question: Question) -> None:
    st.radio(
        "How closely does this describe something this person is pursuing?",
        range(1, len(IDENTIFICATION) + 1),
        index=None,
        format_func=lambda number: IDENTIFICATION[number - 1],
        horizontal=True,
        key=question.key("close"),
        on_change=_save,
        args=(question,),
    )
    st.radio(
        "How specific is the name?",
        list(SPECIFICITY),
        index=None,
        format_func=SPECIFICITY.__getitem__,
        horizontal=True,
        key=question.key("specific"),
        on_change=_save,
        args=(question,),
    )
    st.text_input(
        "I would say:",
        max_chars=200,
        placeholder="Your own words, if the name misses it",
        key=question.key("words"),
        on_change=_save,
        args=(question,),
    )


def _take_back(question: Question, answer: Answer | None) -> None:
    cleared = st.session_state.get(_cleared_key(question))
    if answer is not None:
        st.button(
            "Clear",
            icon=":material/backspace:",
            type="tertiary",
            key=f"clear-{question.journey.id}",
            on_click=_clear,
            args=(question, answer),
        )
    elif cleared is not None:
        st.button(
            "Cleared. Undo",
            icon=":material/undo:",
            type="tertiary",
            key=f"unclear-{question.journey.id}",
            on_click=_restore,
            args=(question, cleared),
        )


def _fill(question: Question, answer: Answer | None) -> None:
    """Give the widgets what is stored, when they are drawn for the first time."""
    if question.key("words") in st.session_state:
        return
    same = answer is not None and question.about_this_name(answer)
    st.session_state[question.key("close")] = answer.identification if answer and same else None
    st.session_state[question.key("specific")] = answer.specificity if answer and same else None
    st.session_state[question.key("words")] = answer.own_words if answer else ""


def _save(question: Question) -> None:
    answer = Answer(
        identification=st.session_state[question.key("close")],
        specificity=st.session_state[question.key("specific")],
        own_words=(st.session_state[question.key("words")] or "").strip(),
        level=question.level,
        name_shown=question.name,
        namer=question.journey.names.namer,
    )
    store().ratings.save(question.run_id, question.journey.id, answer)
    st.session_state.pop(_cleared_key(question), None)


def _clear(question: Question, answer: Answer) -> None:
    empty = Answer(None, None, "", answer.level, answer.name_shown, answer.namer)
    store().ratings.save(question.run_id, question.journey.id, empty)
    st.session_state[_cleared_key(question)] = answer
    _forget_widgets(question)


def _restore(question: Question, answer: Answer) -> None:
    store().ratings.save(question.run_id, question.journey.id, answer)
    st.session_state.pop(_cleared_key(question), None)
    _forget_widgets(question)


def _forget_widgets(question: Question) -> None:
    """Let the widgets be filled from the store again."""
    for part in ("close", "specific", "words"):
        st.session_state.pop(question.key(part), None)


def _cleared_key(question: Question) -> str:
    return f"cleared-{question.run_id}-{question.journey.id}"


def _words(answer: Answer) -> str:
    parts = []
    if answer.identification:
        parts.append(IDENTIFICATION[answer.identification - 1].lower())
    if answer.specificity:
        parts.append(SPECIFICITY[answer.specificity].lower())
    if answer.own_words:
        parts.append(f"I would say “{plain(answer.own_words)}”")
    return ", ".join(parts)
