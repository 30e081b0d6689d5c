"""What a participant is shown and in which order, drawn from a seed.

A *trial* shows one journey under one name. Most trials are of the participant's own journeys; a
few repeat an earlier one, to see whether answers are consistent, and a few are foils
(:mod:`journeys.study.foils`). Nothing on the screen tells which is which.

**Balance.** With ``L`` levels and ``C`` conditions, trial ``k`` of the participant with ordinal
``p`` gets level ``(k + p) mod L`` and condition ``(k + k // lcm(L, C) + p // L) mod C``, a cyclic
Latin design (Cochran & Cox 1957, chapter 4). Within a participant the counts of any two levels, or
of any two conditions, differ by at most one; each pair of level and condition comes once in
``L * C`` trials; and over ``L * C`` participants in a row every pair comes equally often. Which
journey gets which pair is drawn at random, so that neither rank nor position stands for a
condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import lcm
from random import Random
from typing import Literal

from journeys.study.design import Foil, Order
from journeys.study.foils import choose_foils, foil_id

TrialKind = Literal["journey", "repeat", "foil"]

#: Trials between a journey and its repetition, where there are that many.
GAP = 4


@dataclass(frozen=True)
class Subject:
    """A journey that a participant can be asked about.

    Attributes:
        id: of the journey.
        rank: 1 is the strongest.
        conditions: the conditions under which it has names. All of them where namers are
            compared; one where extractors are, since each found its own journeys.
    """

    id: str
    rank: int
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class TrialPlan:
    """What of a study's design decides the trials.

    Attributes:
        levels: levels of specificity to test, each 1 to 5.
        conditions: names of the conditions; one where nothing is compared.
        journeys: most journeys asked about.
        repeats: journeys that are shown a second time.
        n_foils: trials that show a made-up journey.
        foils: the made-up journeys to choose from.
        order: ``random``, or by ``rank``, strongest first.

    Raises:
        ValueError: no levels or conditions, or a number out of range.
    """

    levels: tuple[int, ...]
    conditions: tuple[str, ...]
    journeys: int
    repeats: int = 0
    n_foils: int = 0
    foils: tuple[Foil, ...] = ()
    order: Order = "random"

    def __post_init__(self) -> None:
        if not self.levels or not all(1 <= level <= 5 for level in self.levels):
            raise ValueError(f"levels must be some of 1 to 5, not {self.levels!r}")
        if not self.conditions or len(set(self.conditions)) < len(self.conditions):
            raise ValueError(f"conditions must be there and distinct, not {self.conditions!r}")
        if min(self.journeys, self.repeats, self.n_foils) < 0:
            raise ValueError("numbers of trials must not be negative")


@dataclass(frozen=True)
class Trial:
    """One screen.

    Attributes:
        position: 0 for the first.
        kind: what it is for; never shown.
        subject: id of the journey, or :func:`~journeys.study.foils.foil_id`.
        condition: never shown; of a foil, the first one, since it has no names of any.
        level: of the fixed design. With an adaptive policy it is only where the policy has
            nothing to go by.
        first: position of the trial that this one repeats.
    """

    position: int
    kind: TrialKind
    subject: str
    condition: str
    level: int
    first: int | None = None


def plan_trials(
    plan: TrialPlan,
    subjects: Sequence[Subject],
    *,
    seed: int | str,
    ordinal: int = 0,
    own_texts: Iterable[str] = (),
) -> tuple[Trial, ...]:
    """The trials of a participant. The same arguments give the same trials, on any machine.

    No two trials in a row show the same journey, a repetition comes at least :data:`GAP` trials
    after the first where there are so many, and the first trial is never a foil. A participant
    with fewer journeys than asked for gets fewer trials, and one without any gets none.

    Args:
        subjects: the journeys found, in any order.
        seed: of study and participant together.
        ordinal: the participant's number in the study, from 0: balance over participants.
        own_texts: titles and names of the person, for the choice of foils.
    """
    rng = Random(f"trials|{seed}")
    shown = _assigned(plan, subjects, ordinal, rng)
    if not shown:
        return ()
    if plan.order == "random":
        rng.shuffle(shown)
    else:
        ranks = {subject.id: subject.rank for subject in subjects}
        shown.sort(key=lambda trial: ranks[trial.subject])
    shown = _with_foils(plan, shown, ordinal, own_texts, rng)
    shown = _with_repeats(plan.repeats, shown, rng)
    places = {trial.subject: at for at, trial in reversed(list(enumerate(shown)))}
    return tuple(
        replace(trial, position=at, first=places[trial.subject] if trial.kind == "repeat" else None)
        for at, trial in enumerate(shown)
    )


def _cells(plan: TrialPlan, count: int, ordinal: int) -> list[tuple[int, str]]:
    """Level and condition of ``count`` trials of a participant; see the module."""
    levels, conditions = len(plan.levels), len(plan.conditions)
    cycle = lcm(levels, conditions)
    return [
        (
            plan.levels[(k + ordinal) % levels],
            plan.conditions[(k + k // cycle + ordinal // levels) % conditions],
        )
        for k in range(count)
    ]


def _assigned(
    plan: TrialPlan, subjects: Sequence[Subject], ordinal: int, rng: Random
) -> list[Trial]:
    """Trials of the strongest journeys, each with a level and a condition it has names of."""
    left = sorted(
        (s for s in subjects if set(s.conditions) & set(plan.conditions)),
        key=lambda subject: (subject.rank, subject.id),
    )
    cells = _cells(plan, min(plan.journeys, len(left)), ordinal)
    rng.shuffle(cells)
    trials = []
    for level, wanted in cells:
        subject = next((s for s in left if wanted in s.conditions), left[0])
        left.remove(subject)
        condition = wanted
        if wanted not in subject.conditions:
            condition = rng.choice([c for c in plan.conditions if c in subject.conditions])
        trials.append(Trial(0, "journey", subject.id, condition, level))
    return trials


def _with_foils(
    plan: TrialPlan, shown: list[Trial], ordinal: int, own_texts: Iterable[str], rng: Random
) -> list[Trial]:
    shown = list(shown)
    chosen = choose_foils(plan.n_foils, plan.foils, own_texts, rng)
    for place, number in enumerate(chosen):
        level = plan.levels[(ordinal + place) % len(plan.levels)]
        foil = Trial(0, "foil", foil_id(number), plan.conditions[0], level)
        shown.insert(rng.randint(1, len(shown)), foil)
    return shown


def _with_repeats(count: int, shown: list[Trial], rng: Random) -> list[Trial]:
    """Some trials once more, each with other trials in between.

    What is put in later only widens the distance between a journey and its repetition, so that
    one look at the distance is enough.
    """
    shown = list(shown)
    gap = min(GAP, len(shown) - 1)
    for _ in range(count):
        twice = {trial.subject for trial in shown if trial.kind == "repeat"}
        sources = [
            at
            for at, trial in enumerate(shown[: max(0, len(shown) - gap)])
            if trial.kind == "journey" and trial.subject not in twice
        ]
        if gap < 1 or not sources:
            break
        source = rng.choice(sources)
        place = rng.randint(source + gap + 1, len(shown))
        shown.insert(place, replace(shown[source], kind="repeat"))
    return shown
