"""How many participants and ratings a study needs, by simulation.

For a difference between two conditions in points of identification, studies are simulated with
given variance components (:mod:`journeys.study.latent`) and tested as the analysis tests them: a
paired t-test on participants' own differences. Power is the share of them with p below .05.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from journeys.errors import InputError
from journeys.study import estimates
from journeys.study.latent import Components, effect_for, ratings
from journeys.study.summary import wilson

#: A run of simulated studies holds at most so many ratings in memory at once.
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Power:
    """The power of one size of study.

    Attributes:
        participants: of the study; ``journeys``: rated by each under both conditions.
        ratings: of the whole study.
        power: share of simulated studies with p below .05, with a 95 % interval.
    """

    participants: int
    journeys: int
    ratings: int
    power: float
    low: float
    high: float


def power_table(
    difference: float,
    participants: Sequence[int] = (10, 15, 20, 30, 40, 60, 80, 120),
    journeys: Sequence[int] = (3, 5, 10),
    parts: Components | None = None,
    *,
    dropout: float = 0.0,
    studies: int = 1000,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Power]:
    """The power of every size of study.

    Args:
        difference: in points of the five-point scale; 0 gives the false positives.
        dropout: share of participants who rate nothing; sizes count the invited.
        on_progress: called with sizes done and sizes in all.

    Raises:
        InputError: the difference or the share is beyond what can be.
    """
    parts = parts or Components()
    if not 0 <= dropout < 1:
        raise InputError("The share of participants who drop out is 0 or more and below 1.")
    try:
        effect = effect_for(difference, parts) if difference else 0.0
    except ValueError as error:
        raise InputError(
            f"A difference of {difference:g} points is more than the five points leave room for. "
            "Choose a smaller one."
        ) from error
    rng = np.random.default_rng(seed)
    made = []
    sizes = [(people, each) for each in journeys for people in participants]
    for done, (people, each) in enumerate(sizes, start=1):
        stay = max(2, round(people * (1 - dropout)))
        hits = 0
        left = studies
        while left:
            batch = min(left, max(1, _AT_ONCE // (stay * each * 2)))
            given = ratings((batch, stay, each), effect, parts, rng).mean(axis=2)
            hits += int((estimates.paired_rows(given[..., 1] - given[..., 0])[3] < 0.05).sum())
            left -= batch
        low, high = wilson(hits, studies)
        made.append(Power(people, each, stay * each * 2, hits / studies, low, high))
        if on_progress:
            on_progress(done, len(sizes))
    return made


def enough(table: Sequence[Power], wanted: float = 0.8) -> list[Power]:
    """For each number of journeys the smallest study with the wanted power, where there is one."""
    best: dict[int, Power] = {}
    for row in sorted(table, key=lambda row: row.participants):
        if row.power >= wanted:
            best.setdefault(row.journeys, row)
    return [best[journeys] for journeys in sorted(best)]
