"""At which level of specificity the next name is shown.

The fixed design has decided before the first answer; an adaptive policy looks at the answers so
far. Both stand behind :class:`LevelPolicy`, so that the page does not know which it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from journeys.study.answers import TrialAnswers
from journeys.study.trials import Trial

if TYPE_CHECKING:
    from journeys.study.adaptive import LevelPolicy as Bayesian


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

    @classmethod
    def of(cls, level: int, answers: TrialAnswers) -> LevelAnswer:
        """What a trial's answers say of the name at its level."""
        return cls(level, answers.identification, answers.specificity)

    @property
    def says_something(self) -> bool:
        """Whether any of it was answered."""
        return self.identification is not None or self.specificity is not None


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
        if trial.kind == "journey"
        and trial.position in shown
        and shown[trial.position].says_something
    ]


@dataclass(frozen=True)
class AdaptiveLevels:
    """The Bayesian policy of :mod:`journeys.study.adaptive`, over the levels that a design tests.

    Attributes:
        levels: that may be shown.
        prior: what the group has taught, as :func:`group_start` gives it; None for nothing.
    """

    levels: tuple[int, ...]
    prior: Mapping[str, Any] | None = None

    def next(self, answers: Sequence[LevelAnswer]) -> int:
        return self._policy().next(_as_said(answers), self.levels)

    def preferred(self, answers: Sequence[LevelAnswer]) -> tuple[float, float]:
        """Posterior mean and standard deviation of the level (1 to 5) that the person prefers."""
        from journeys.study.adaptive import MU

        over_mu = self._policy().belief(_as_said(answers)).sum(axis=1)
        mean = float(over_mu @ MU)
        spread = float(over_mu @ (MU - mean) ** 2) ** 0.5
        return min(5.0, max(1.0, mean)), spread

    def _policy(self) -> Bayesian:
        from journeys.study.adaptive import LevelPolicy as Bayesian
        from journeys.study.adaptive import Prior, start

        return Bayesian(start() if self.prior is None else Prior.from_dict(self.prior))


#: Fewer earlier participants than this teach nothing: what is kept of them must not be about one.
LEAST_GROUP = 5


def group_start(others: Sequence[Sequence[LevelAnswer]]) -> dict[str, Any]:
    """Where a participant's belief starts, from what earlier ones said; JSON values.

    It is kept with the participant when they begin to rate, so that everything that is shown to
    them can be worked out again, whatever others say later.

    Args:
        others: of each earlier participant, what they said of the names of their own journeys.
    """
    from journeys.study.adaptive import group_prior

    people = [_as_said(said) for said in others if said]
    return group_prior(people if len(people) >= LEAST_GROUP else ()).to_dict()


def _as_said(answers: Sequence[LevelAnswer]) -> list[Any]:
    from journeys.study.adaptive import Answer

    sides = {"broad": -1, "right": 0, "specific": 1, None: None}
    return [Answer(a.level, sides[a.specificity], a.identification) for a in answers]
