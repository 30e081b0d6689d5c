"""What a participant sees: their own journeys, one at a time, and nothing else."""

from __future__ import annotations

import streamlit as st

from journeys.errors import AccessDenied
from journeys.study.path import Step
from pages.parts import study_door
from pages.parts.entry import through_app
from pages.parts.study_corrections import corrections
from pages.parts.study_end import debriefing, erased, finished, rights, withdrawn
from pages.parts.study_look import big_targets
from pages.parts.study_matching import matching
from pages.parts.study_trial import trial
from pages.parts.study_visit import Visit, visit
from pages.parts.study_welcome import consent, items, log, stated
from pages.parts.text import plain

through_app("pages/participate.py")
big_targets()


def draw(current: Visit) -> None:
    """The step that the participant is at."""
    match current.step:
        case Step.CONSENT:
            consent(current)
        case Step.STATED:
            stated(current)
        case Step.LOG:
            log(current)
        case Step.BEFORE:
            items(current, "before")
        case Step.TRIALS:
            trial(current)
        case Step.CORRECTIONS:
            corrections(current)
        case Step.MATCHES:
            matching(current)
        case Step.AFTER:
            items(current, "after")
        case Step.DEBRIEFING:
            debriefing(current)
        case Step.WITHDRAWN:
            withdrawn(current)
        case Step.DONE:
            finished(current)


if study_door.was_erased():
    erased()
else:
    try:
        current = visit()
        if current.participant.open or current.step in (Step.WITHDRAWN, Step.DONE):
            draw(current)
        else:
            st.title(plain(current.design.title), anchor=False)
            st.info("This study takes no more answers. Thank you for taking part.")
        rights(current)
    except AccessDenied as refused:
        study_door.forget()
        st.info(plain(str(refused)), icon=":material/link_off:")
