"""A comparison over several seeds as one: each person counts once, with the mean of their seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

from journeys.userllm.outcomes import Outcome

#: Outcomes by route and history.
Answers = Mapping[tuple[str, int], Sequence[Outcome]]


def over_seeds(runs: Sequence[Answers]) -> dict[tuple[str, int], tuple[Outcome, ...]]:
    """Routes and histories that every run has, with each person's mean over the runs that asked
    about them.

    A bootstrap over these draws people and not answers, so that one who was asked about with three
    seeds is not taken for three people. Likelihoods are left out: their answers differ by seed.
    """
    if not runs:
        return {}
    kept = [key for key in runs[0] if all(key in run for run in runs)]
    return {key: _of_people([each for run in runs for each in run[key]]) for key in kept}


def _of_people(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    by: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for each in outcomes:
        by[each.task, each.person].append(each)
    return tuple(
        Outcome(
            person,
            task,
            fmean(each.score for each in found),
            round(fmean(each.tokens for each in found)),
        )
        for (task, person), found in by.items()
    )
