"""One run of the participant's page: who it is, what is stored, and which step is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from journeys.store import Participant
from journeys.study.answers import TrialRecord
from journeys.study.design import StudyDesign
from journeys.study.levels import AdaptiveLevels, group_start, told
from journeys.study.path import Progress, Step, current_step, may_visit, share_done
from journeys.study.screens import (
    Found,
    Screen,
    draw_trials,
    make_screen,
    progress_of,
    said,
    settled,
)
from journeys.study.trials import Trial
from pages.parts import study_door
from pages.parts.resources import store


@dataclass(frozen=True)
class Visit:
    """Everything that a screen is drawn from.

    Attributes:
        step: what is drawn; where the participant is, or an earlier one they went back to.
        found: condition key -> what was found; empty before they said that the log is theirs.
        position: of the trial that is drawn.
        prior: what the group had taught when they began to rate; None before that.
    """

    participant: Participant
    progress: Progress
    step: Step
    found: Mapping[str, Found]
    trials: Sequence[Trial]
    records: Sequence[TrialRecord]
    position: int
    prior: Mapping[str, Any] | None = None

    @property
    def design(self) -> StudyDesign:
        return self.participant.design

    def screen(self, position: int) -> Screen:
        """One trial as it is drawn."""
        policy = self.levels if self.design.schedule == "adaptive" else None
        return make_screen(self.design, self.trials, position, self.found, self.records, policy)

    @property
    def levels(self) -> AdaptiveLevels:
        """What learns the preferred level; an adaptive study also shows by it."""
        return AdaptiveLevels(self.design.levels, self.prior)

    def record(self, position: int) -> TrialRecord | None:
        """What is stored of a trial."""
        return next((r for r in self.records if r.shown.trial == position), None)

    def key(self, part: object) -> str:
        return study_door.key(self.participant, part)


def visit() -> Visit:
    """Read where the participant of this session's link is.

    Raises:
        AccessDenied: the link is not valid.
    """
    participant = study_door.enter()
    take = store().participation
    consented = take.consent(participant) is not None
    steps = take.steps(participant)
    if participant.open and "opened" not in steps:
        take.reach(participant, "opened")
    records = take.answers(participant) if consented else []
    confirmed = consented and "confirmed" in steps
    found = _found(participant) if confirmed else {}
    trials: tuple[Trial, ...] = ()
    if confirmed:
        trials = settled(_drawn(participant, found), records)
    progress = progress_of(
        participant.design,
        consented=consented,
        withdrawn=not consented and "consented" in steps,
        steps=steps,
        trials=len(trials),
        answered=[record.shown.trial for record in records],
        stated=len(take.stated(participant)) if confirmed else 0,
    )
    step, position = _where(participant, progress)
    prior = _prior(participant, records) if confirmed and participant.open else None
    return Visit(participant, progress, step, found, trials, records, position, prior)


def go(participant: Participant, step: Step | None = None, position: int | None = None) -> None:
    """Draw another step next; None goes to where the participant is. For callbacks."""
    study_door.put(participant, "view", None if step is None else (step, position))


def header(current: Visit) -> None:
    """The title and how far along one is."""
    st.progress(share_done(current.progress), text=f"{share_done(current.progress):.0%} done")


def learn(current: Visit) -> None:
    """Keep the level that the participant was found to prefer."""
    answers = told(current.trials, said(current.records))
    if answers:
        level, spread = current.levels.preferred(answers)
        store().participation.keep_level(current.participant, level, spread, len(answers))


def _where(participant: Participant, progress: Progress) -> tuple[Step, int]:
    """The step and trial to draw: those the session is at, as far as they are open."""
    step, position = study_door.get(participant, "view") or (None, None)
    if step is None or not may_visit(progress, step):
        # The last trial stays on the screen until the participant goes on.
        step = current_step(progress)
        position = None
    if step is Step.TRIALS:
        if position is None or not 0 <= position < progress.trials:
            position = progress.next_trial
        study_door.put(participant, "view", (step, position))
    return step, position or 0


def _found(participant: Participant) -> dict[str, Found]:
    """Journeys and events, read once a session; the session is the participant's alone."""
    kept = study_door.get(participant, "found")
    if kept is None:
        take = store().participation
        kept = {
            key: Found(
                participant.runs[key],
                take.journeys(participant, key),
                take.timeline(participant, key),
            )
            for key in participant.conditions
            if key in participant.runs
        }
        study_door.put(participant, "found", kept)
    return dict(kept)


def _drawn(participant: Participant, found: Mapping[str, Found]) -> tuple[Trial, ...]:
    """The trials, drawn once a session: for the choice of foils every title is read."""
    kept: tuple[Trial, ...] | None = study_door.get(participant, "drawn")
    if kept is None:
        kept = draw_trials(
            participant.design, found, seed=participant.seed, ordinal=participant.number
        )
        study_door.put(participant, "drawn", kept)
    return kept


def _prior(participant: Participant, records: Sequence[TrialRecord]) -> Mapping[str, Any] | None:
    """What the group had taught when they began to rate: kept then, and the same ever after."""
    kept: Mapping[str, Any] | None = study_door.get(participant, "prior")
    if kept is None:
        take = store().participation
        kept = take.prior(participant)
        if kept is None:
            # Who had begun before priors were kept began without a group.
            others = (
                []
                if records
                else store().study_results.level_answers(
                    participant.study_id, without=participant.person_id
                )
            )
            take.keep_prior(participant, group_start(others))
            kept = take.prior(participant)
        study_door.put(participant, "prior", kept)
    return kept
