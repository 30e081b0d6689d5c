"""At which level of specificity the next name is shown.

The fixed design has decided before the first answer; an adaptive policy looks at the answers so
far. Both stand behind :class:`LevelPolicy`, so that the page does not know which it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from journeys.study.trials import Trial


@dataclass(frozen=True)
class LevelAnswer:
    """What was said of one name.

    Attributes:
        level: 1 to 5, of the name that was shown.
        identification: 1 to 5; None if not answered.
        specificity: ``broad``, ``right`` or ``specific``; None if not answered.
    """

    level: int
    identification: int | None
    specificity: str | None


class LevelPolicy(Protocol):
    """Chooses levels one at a time."""

    def next(self, answers: Sequence[LevelAnswer]) -> int:
        """The level to show next, 1 to 5, after these answers in the order they were asked."""
        ...


@dataclass(frozen=True)
class FixedLevels:
    """The fixed design: a sequence that was drawn beforehand, from the start again at its end."""

    levels: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.levels or not all(1 <= level <= 5 for level in self.levels):
            raise ValueError(f"levels must be some of 1 to 5, not {self.levels!r}")

    def next(self, answers: Sequence[LevelAnswer]) -> int:
        return self.levels[len(answers) % len(self.levels)]


def level_to_show(
    trials: Sequence[Trial],
    position: int,
    shown: Mapping[int, LevelAnswer],
    policy: LevelPolicy | None = None,
) -> int:
    """The level of a trial's name.

    A trial that was shown before keeps its level, whatever was changed since, and a repetition
    has the level of the first time. Answers to foils and repetitions teach the policy nothing:
    they are not about a journey of the person, or were counted already.

    Args:
        trials: all of the participant.
        position: of the trial.
        shown: what was shown and said so far, by position.
        policy: None for the fixed design, whose levels stand in the trials.
    """
    if position in shown:
        return shown[position].level
    trial = trials[position]
    if trial.first is not None and trial.first in shown:
        return shown[trial.first].level
    if policy is None:
        return trial.level
    return policy.next(told(trials[:position], shown))


def told(trials: Sequence[Trial], shown: Mapping[int, LevelAnswer]) -> list[LevelAnswer]:
    """What a policy may learn from, in the order in which it was asked."""
    return [
        shown[trial.position]
        for trial in trials
        if trial.kind == "journey" and trial.position in shown and _said(shown[trial.position])
    ]


def _said(answer: LevelAnswer) -> bool:
    return answer.identification is not None or answer.specificity is not None


@dataclass(frozen=True)
class AdaptiveLevels:
    """The Bayesian policy of :mod:`journeys.study.adaptive`, over the levels that a design tests.

    Attributes:
        levels: that may be shown.
    """

    levels: tuple[int, ...]

    def next(self, answers: Sequence[LevelAnswer]) -> int:
        from journeys.study.adaptive import LevelPolicy as Bayesian
        from journeys.study.adaptive import start

        return Bayesian(start()).next(_as_said(answers), self.levels)

    def preferred(self, answers: Sequence[LevelAnswer]) -> tuple[float, float]:
        """Posterior mean and standard deviation of the level (1 to 5) that the person prefers."""
        from journeys.study.adaptive import MU, start
        from journeys.study.adaptive import LevelPolicy as Bayesian

        over_mu = Bayesian(start()).belief(_as_said(answers)).sum(axis=1)
        mean = float(over_mu @ MU)
        spread = float(over_mu @ (MU - mean) ** 2) ** 0.5
        return min(5.0, max(1.0, mean)), spread


def _as_said(answers: Sequence[LevelAnswer]) -> list[Any]:
    from journeys.study.adaptive import Answer

    sides = {"broad": -1, "right": 0, "specific": 1, None: None}
    return [Answer(a.level, sides[a.specificity], a.identification) for a in answers]
