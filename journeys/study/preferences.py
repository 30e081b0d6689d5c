"""The level that each participant prefers, drawn to the group, and how these are spread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from journeys.study import estimates
from journeys.study.adaptive import Answer, Learned, LevelPolicy, Prior
from journeys.study.estimates import Estimate
from journeys.study.identification import SCORED, scored
from journeys.study.longformat import StudyData

if TYPE_CHECKING:
    import pandas as pd

#: Above this posterior probability a participant's answers are said to look random.
SUSPECTED = 0.5


@dataclass(frozen=True)
class Preferences:
    """Preferred levels.

    Attributes:
        people: participant -> what was learned.
        prior: the group's, fitted to everybody.
        shares: of each default level, over participants.
        mean: of the preferred levels.
        suspected: participants whose answers look random.
    """

    people: dict[str, Learned]
    prior: Prior
    shares: tuple[Estimate, ...]
    mean: Estimate
    suspected: tuple[str, ...]


def given_answers(answers: pd.DataFrame) -> dict[str, list[Answer]]:
    """Participant -> the scored answers about level, in the order of the trials."""
    frame = scored(answers)
    frame = frame[frame["specificity"].notna() | frame["identification"].notna()]
    people: dict[str, list[Answer]] = {}
    columns = frame.sort_values("trial")[["participant", "level", "specificity", "identification"]]
    for participant, level, specificity, identification in columns.astype(object).itertuples(
        index=False, name=None
    ):
        people.setdefault(str(participant), []).append(
            Answer(int(level), _whole(specificity), _whole(identification))
        )
    return dict(sorted(people.items()))


def preferences(answers: pd.DataFrame) -> Preferences:
    """What everybody's answers say of their preferred level."""
    people = given_answers(answers)
    policy = LevelPolicy.of_group(people.values())
    learned = {who: policy.learned(own) for who, own in people.items()}
    levels = np.array([each.level for each in learned.values()])
    query = (
        f"{SCORED}; posterior of each participant's preferred level (journeys/study/adaptive.py), "
        "prior fitted to all participants"
    )
    count = sum(map(len, people.values()))
    shares = tuple(
        estimates.share(levels == level, np.ones(len(levels)), str(level), f"{query}; rounded")
        for level in range(1, 6)
    )
    mean = estimates.mean(
        [each.mean for each in learned.values()],
        "mean preferred level",
        f"{query}; mean",
        answers=count,
    )
    suspected = tuple(who for who, each in learned.items() if each.at_random > SUSPECTED)
    return Preferences(learned, policy.prior, shares, mean, suspected)


def with_levels(data: StudyData, found: Preferences) -> StudyData:
    """The tables with each participant's preferred level, for an export."""
    people = data.participants.copy()
    for at, who in people["participant"].items():
        if learned := found.people.get(str(who)):
            people.loc[at, "preferred_level"] = learned.mean
            people.loc[at, "preferred_low"] = learned.low
            people.loc[at, "preferred_high"] = learned.high
            people.loc[at, "looks_random"] = str(who) in found.suspected
    return replace(data, participants=people)


def _whole(value: object) -> int | None:
    # A missing value is not equal to itself, or refuses to say.
    text = str(value)
    return None if text in ("<NA>", "nan", "None") else int(text)
