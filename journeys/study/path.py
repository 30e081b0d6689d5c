"""The steps of a participation, worked out from what is stored and from nothing else.

    consent -> stated journeys -> the log -> trust and risk, before -> one journey at a time
            -> corrections -> matches -> trust and risk, after -> debriefing -> done

So a participant who opens the link on another device stands where they left off. Three rules
shape the way back: what people say of their own accord, and their trust before, cannot be changed
once they have seen a journey, since they would no longer be what they were; nothing of a log is
shown before the participant says it is theirs; and nothing at all is asked before consent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """Where a participant is."""

    CONSENT = "consent"
    STATED = "stated"
    LOG = "log"
    BEFORE = "before"
    TRIALS = "trials"
    CORRECTIONS = "corrections"
    MATCHES = "matches"
    AFTER = "after"
    DEBRIEFING = "debriefing"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    """They took their consent back."""


#: The steps in their order, without the one that ends a participation early.
STEPS = tuple(step for step in Step if step is not Step.WITHDRAWN)

#: From a step, the earlier ones that can be looked at and changed again.
_BACK = {
    Step.LOG: (Step.STATED,),
    Step.BEFORE: (Step.STATED, Step.LOG),
    Step.CORRECTIONS: (Step.TRIALS,),
    Step.MATCHES: (Step.TRIALS, Step.CORRECTIONS),
    Step.AFTER: (Step.TRIALS, Step.CORRECTIONS, Step.MATCHES),
    Step.DONE: (Step.DEBRIEFING,),
}


@dataclass(frozen=True)
class Progress:
    """What is stored of a participation, as far as it decides the step.

    Attributes:
        consented: they agreed to the version of the text that is in force for them.
        withdrawn: they took it back, or said that the log is not theirs.
        stated: they said what they pursue, or that nothing comes to mind.
        confirmed: they said that the log is theirs.
        before, after: they are through with the questions about trust and risk.
        trials: how many there are.
        answered: positions of the trials that count as answered.
        corrected: they are through with the corrections.
        matched: they said which of the found journeys are those they had stated, or had stated
            none.
        debriefed: they have read the debriefing.
    """

    consented: bool = False
    withdrawn: bool = False
    stated: bool = False
    confirmed: bool = False
    before: bool = False
    trials: int = 0
    answered: frozenset[int] = frozenset()
    corrected: bool = False
    matched: bool = False
    after: bool = False
    debriefed: bool = False

    @property
    def next_trial(self) -> int:
        """Where to go on: the first open trial, or the last one where none is open."""
        return min(self.open_trials, default=max(0, self.trials - 1))

    @property
    def open_trials(self) -> tuple[int, ...]:
        """Positions of the trials that wait for an answer."""
        return tuple(at for at in range(self.trials) if at not in self.answered)


def current_step(progress: Progress) -> Step:
    """The first step that is not done."""
    if progress.withdrawn:
        return Step.WITHDRAWN
    if not progress.consented:
        return Step.CONSENT
    done = (
        (Step.STATED, progress.stated),
        (Step.LOG, progress.confirmed),
        (Step.BEFORE, progress.before),
        (Step.TRIALS, not progress.open_trials),
        (Step.CORRECTIONS, progress.corrected),
        (Step.MATCHES, progress.matched),
        (Step.AFTER, progress.after),
        (Step.DEBRIEFING, progress.debriefed),
    )
    return next((step for step, is_done in done if not is_done), Step.DONE)


def may_visit(progress: Progress, step: Step) -> bool:
    """Whether a participant may be at a step now: where they are, or on a way back from it."""
    now = current_step(progress)
    return step == now or step in _BACK.get(now, ())


def visitable(progress: Progress) -> Sequence[Step]:
    """The steps that :func:`may_visit` allows, in their order."""
    return tuple(step for step in STEPS if may_visit(progress, step))


def share_done(progress: Progress) -> float:
    """How far along a participant is, in [0, 1]; each trial counts like one of the other steps."""
    now = current_step(progress)
    if now not in STEPS:
        return 0.0
    passed = STEPS.index(now)
    others = len(STEPS) - 2  # DONE is no work, and the trials count one by one
    if passed > STEPS.index(Step.TRIALS):
        return (passed - 1 + progress.trials) / (others + progress.trials)
    answered = len(progress.answered & frozenset(range(progress.trials)))
    return (passed + answered) / (others + progress.trials)
