"""What others think of the names: among each other, and beside the person whose journeys they are.

Third parties see items and a name, not a life. How far they agree with the person says whether
labels by others could have stood in for the study.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from journeys.evaluation.agreement import Agreement, Rating, against, between
from journeys.study.estimates import Estimate
from journeys.study.identification import SCORED, scored

if TYPE_CHECKING:
    import pandas as pd

#: Column of third parties, least value, points, and the participant's column beside it.
_QUESTIONS = (("fit", 1, 5, "identification"), ("specificity", -1, 3, "specificity"))

_PERSON = "the participant"

_ALPHA = "Ordinal alpha (Krippendorff 2011)"


def agreement(third_party: pd.DataFrame) -> list[Estimate]:
    """Krippendorff's alpha between third-party raters, by question; n counts raters."""
    made = []
    for column, least, points, _ in _QUESTIONS:
        given = third_party[third_party[column].notna()]
        ratings = _ratings(given, column, least, given["journey"])
        made.append(
            _estimate(
                f"alpha of {column}, between raters",
                found := between(ratings, points, "ordinal"),
                found.raters,
                f"n counts raters. {_ALPHA}; 95% interval: bootstrap over journeys. From .80 "
                "firm, from .667 tentative.",
                f"third_party where {column} is given, by unit",
            )
        )
    return made


def with_person(third_party: pd.DataFrame, answers: pd.DataFrame) -> list[Estimate]:
    """How well third parties agree with the person about the same name at the same level."""
    keys = ["participant", "journey", "level", "unit"]
    shown = scored(answers).assign(spelt=_spelt(answers["name_shown"]))
    labelled = third_party.assign(spelt=_spelt(third_party["name"]))
    where = ["participant", "journey", "level", "spelt"]
    pairs = labelled.merge(
        shown[[*where, "identification", "specificity"]].dropna(subset=["spelt"]),
        on=where,
        suffixes=("", "_person"),
    )
    made = []
    for column, least, points, asked in _QUESTIONS:
        theirs = f"{asked}_person" if asked in third_party.columns else asked
        both = pairs[pairs[column].notna() & pairs[theirs].notna()]
        people = both.drop_duplicates(keys).assign(rater=_PERSON)
        ratings = [
            *_ratings(both, column, least, both["participant"]),
            *_ratings(people, theirs, least, people["participant"]),
        ]
        raters = set(both["rater"].astype(str))
        made.append(
            _estimate(
                f"alpha of {column} and the person's {asked}",
                against(ratings, _PERSON, raters, points, "ordinal"),
                int(both["participant"].nunique()),
                f"{_ALPHA} of the pairs of a rater and the person; 95% interval: bootstrap over "
                "participants, from five on. The two are asked in different words, so that it is "
                "a lower bound of how far they see the same.",
                f"third_party joined to {SCORED} by participant, journey, level and name (but for "
                f"case and spaces), where {column} and the person's {asked} are given",
            )
        )
    return made


def _spelt(names: pd.Series) -> pd.Series:
    return names.str.casefold().str.split().str.join(" ")


def _ratings(given: pd.DataFrame, column: str, least: int, cluster: pd.Series) -> list[Rating]:
    return [
        Rating(str(unit), str(group), str(rater), int(value) - least)
        for unit, group, rater, value in zip(
            given["unit"], cluster, given["rater"], given[column], strict=True
        )
    ]


def _estimate(name: str, found: Agreement, n: int, assumes: str, query: str) -> Estimate:
    alpha = found.alpha
    return Estimate(name, alpha.mean, alpha.low, alpha.high, n, found.pairs, assumes, query)
