"""One journey on the screen: what helps to remember it, then its name and the questions.

The words of the questions are the researcher's, and go to the widgets as they are: escapes would be
read out by a screen reader. Titles and names are never trusted.

Every answer is one statement to the store, which takes it once however often it comes.
"""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from journeys.store import Participant
from journeys.study.answers import MOST_WORDS, RECALL_KEYS, TrialAnswers
from journeys.study.design import ONGOING_KEYS, SPECIFICITY_KEYS
from journeys.study.path import Step
from journeys.study.screens import Screen
from pages.parts import study_door
from pages.parts.resources import store
from pages.parts.study_visit import Visit, go, header
from pages.parts.text import plain

_FIELDS = ("recalled", "identification", "specificity", "wish", "ongoing", "since", "own_words")
_RECALL = dict(zip(RECALL_KEYS, ("Yes", "Partly", "No"), strict=True))
_ONGOING = dict(zip(ONGOING_KEYS, ("Yes", "No", "Not sure"), strict=True))


def trial(current: Visit) -> None:
    """The trial that the participant is at."""
    header(current)
    position, total = current.position, len(current.trials)
    screen = current.screen(position)
    _start_clock(current.participant, position, "items")
    _fill(current)
    st.caption(f"Journey {position + 1} of {total}. Your answers are saved at once.")
    texts = current.design.texts
    if screen.cues:
        st.markdown("From your log:\n" + "\n".join(f"- {plain(cue)}" for cue in screen.cues))
        _choice(current, screen, "recalled", texts.recall, _RECALL, horizontal=True)
    name_shown = not screen.cues or study_door.get(current.participant, _part(position, "recalled"))
    if name_shown:
        _start_clock(current.participant, position, "name")
        _questions(current, screen)
    _steps(current, screen)


def _questions(current: Visit, screen: Screen) -> None:
    texts = current.design.texts
    st.subheader(f"“{plain(screen.shown.name)}”", anchor=False, divider="gray")
    _choice(
        current,
        screen,
        "identification",
        texts.identification,
        dict(enumerate(texts.identification_scale, start=1)),
    )
    _choice(
        current,
        screen,
        "specificity",
        texts.specificity,
        dict(zip(SPECIFICITY_KEYS, texts.specificity_scale, strict=True)),
    )
    _choice(current, screen, "wish", texts.wish, dict(enumerate(texts.wish_scale, start=1)))
    _choice(current, screen, "ongoing", texts.ongoing, _ONGOING, horizontal=True)
    _words(current, screen, "since", texts.since, "For example: last spring")
    _words(current, screen, "own_words", texts.own_words, "Your own words, if the name misses it")


def _choice(
    current: Visit,
    screen: Screen,
    field: str,
    question: str,
    labels: dict[Any, str],
    *,
    horizontal: bool = False,
) -> None:
    st.radio(
        question,
        list(labels),
        format_func=lambda key: labels[key],
        horizontal=horizontal,
        width="stretch",
        key=current.key(_part(screen.shown.trial, field)),
        on_change=_save,
        args=(current.participant, screen),
    )


def _words(current: Visit, screen: Screen, field: str, question: str, example: str) -> None:
    st.text_input(
        question,
        max_chars=MOST_WORDS,
        placeholder=example,
        key=current.key(_part(screen.shown.trial, field)),
        on_change=_save,
        args=(current.participant, screen),
    )


def _steps(current: Visit, screen: Screen) -> None:
    who, position = current.participant, current.position
    answered = study_door.get(who, _part(position, "identification")) is not None
    last = position + 1 == len(current.trials)
    st.button(
        ("Go on" if last else "Next journey") if answered else "Skip this one",
        type="primary" if answered else "secondary",
        icon=":material/arrow_forward:",
        icon_position="right",
        width="stretch",
        key=current.key(f"next-{position}"),
        on_click=_next,
        args=(who, screen, last),
    )
    if position > 0:
        st.button(
            "Back",
            icon=":material/arrow_back:",
            width="stretch",
            key=current.key(f"back-{position}"),
            on_click=go,
            args=(who, Step.TRIALS, position - 1),
        )


def _fill(current: Visit) -> None:
    """Give the widgets what is stored; what they hold already is kept while they are away."""
    record = current.record(current.position)
    said = (record.answers if record else TrialAnswers()).to_dict()
    for field in _FIELDS:
        key = current.key(_part(current.position, field))
        if key not in st.session_state:
            st.session_state[key] = said[field]


@study_door.act
def _save(participant: Participant, screen: Screen) -> None:
    position = screen.shown.trial
    values = {field: study_door.get(participant, _part(position, field)) for field in _FIELDS}
    answers = TrialAnswers(
        **values | {"since": values["since"] or "", "own_words": values["own_words"] or ""}
    )
    store().participation.save_answer(
        participant,
        screen.shown,
        answers,
        response_ms=_passed(participant, position, "name"),
        recall_ms=_passed(participant, position, "items") if screen.cues else None,
    )


@study_door.act
def _next(participant: Participant, screen: Screen, last: bool) -> None:
    _save(participant, screen)  # also a trial that was passed over is kept as one that was shown
    if last:
        go(participant)
    else:
        go(participant, Step.TRIALS, screen.shown.trial + 1)


def _start_clock(participant: Participant, position: int, what: str) -> None:
    """Note that something of a trial is on the screen; time on other trials does not count."""
    shown = _clock(participant, position)
    if what not in shown:
        study_door.put(participant, "clock", (position, {**shown, what: time.monotonic()}))


def _passed(participant: Participant, position: int, what: str) -> int | None:
    """Milliseconds that something of a trial has been on the screen; None where it was not."""
    since = _clock(participant, position).get(what)
    return None if since is None else round(1000 * (time.monotonic() - since))


def _clock(participant: Participant, position: int) -> dict[str, float]:
    """What of a trial came on the screen when; empty where another trial is on it."""
    at, shown = study_door.get(participant, "clock") or (None, {})
    return dict(shown) if at == position else {}


def _part(position: int, field: str) -> str:
    return f"trial-{position}-{field}"
