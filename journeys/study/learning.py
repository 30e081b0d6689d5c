"""Did examples from corrections help? Ratings before and after, on people who gave no example.

A name worded after somebody's own correction fits them the better for it, which says nothing of
others. So whoever's words were among the examples is left out, and shown apart.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from journeys.study import identification
from journeys.study.estimates import Estimate

if TYPE_CHECKING:
    import pandas as pd

#: What the two are called; in this order a difference is "with" less "no".
WITHOUT, WITH = "no examples", "with examples"


@dataclass(frozen=True)
class Learning:
    """Identification without and with examples.

    Attributes:
        held_out: of those who gave no example: the two means, the two shares that identify closely,
            and the difference of the means.
        teachers: the same means and difference of those who did; not evidence that others gain.
        left_out: how many participants gave an example.
    """

    held_out: tuple[Estimate, ...]
    teachers: tuple[Estimate, ...]
    left_out: int


def before_after(
    without: pd.DataFrame, with_examples: pd.DataFrame, teachers: Collection[str]
) -> Learning:
    """Compare two rounds, or two conditions of one study.

    The difference is paired where participants rated names of both, else Welch's.

    Args:
        without: answers in the long format (:mod:`journeys.study.longformat`) to names made without
            examples; ``with_examples`` to names made with them. In both a participant has the same
            pseudonym.
        teachers: pseudonyms of those whose words were among the examples.
    """
    import pandas as pd

    answers = pd.concat(
        [without.assign(condition=WITHOUT), with_examples.assign(condition=WITH)],
        ignore_index=True,
    )
    taught = answers["participant"].isin(list(teachers))
    return Learning(
        held_out=_figures(answers[~taught], shares=True),
        teachers=_figures(answers[taught], shares=False),
        left_out=int(answers[taught]["participant"].nunique()),
    )


def of_condition(answers: pd.DataFrame, condition: str) -> pd.DataFrame:
    """The answers to one condition of a study, as a side of :func:`before_after`."""
    return answers[answers["condition"] == condition]


def _figures(answers: pd.DataFrame, *, shares: bool) -> tuple[Estimate, ...]:
    if answers.empty:
        return ()
    scored = identification.scored(answers)
    close = [
        identification.close_share(
            scored[scored["condition"] == condition],
            f"very or extremely closely, {condition}",
            f"{identification.SCORED} and {condition}",
        )
        for condition in (WITHOUT, WITH)
        if shares and (scored["condition"] == condition).any()
    ]
    return (
        *identification.by_condition(answers),
        *close,
        *identification.differences(answers),
    )
