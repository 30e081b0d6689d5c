"""Journeys that participants put in words first, against those that were discovered.

What a participant says a statement matches stands. The others are matched by closeness of meaning:
within each participant the pairs of one statement and one journey that are closest in sum (the
assignment problem; Kuhn 1955), of those above a threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from journeys.embedding.base import Embedder
from journeys.study import estimates
from journeys.study.estimates import Estimate
from journeys.study.identification import SCORED, scored

if TYPE_CHECKING:
    import pandas as pd

#: Cosine of two short phrases from which they are taken for the same pursuit.
THRESHOLD = 0.5


@dataclass(frozen=True)
class Match:
    """A statement and its journey.

    Attributes:
        journey: '' for none.
        cosine: NaN where the participant said so.
        said: the participant said so.
    """

    participant: str
    stated: int
    journey: str
    cosine: float
    said: bool


@dataclass(frozen=True)
class Found:
    """Recall and its reverse.

    Attributes:
        recall: share of a participant's statements that are among the discovered journeys.
        reverse: share of the discovered journeys that were stated; people state few, so a low
            share is no fault.
        matches: one a statement.
        note: what was left out, and why; '' for nothing.
    """

    recall: Estimate
    reverse: Estimate
    matches: tuple[Match, ...]
    note: str


def assign(closeness: np.ndarray, threshold: float) -> list[tuple[int, int]]:
    """Pairs (row, column) with the largest sum of closeness, each above the threshold.

    Args:
        closeness: shape ``(statements, journeys)``.
    """
    from scipy.optimize import linear_sum_assignment

    if not closeness.size:
        return []
    # What is below the threshold is worth nothing, so it never displaces a pair that counts.
    worth = np.where(closeness >= threshold, closeness, 0.0)
    rows, columns = linear_sum_assignment(-worth)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if closeness[row, column] >= threshold
    ]


def found(
    stated: pd.DataFrame,
    answers: pd.DataFrame,
    embedder: Embedder | None = None,
    *,
    threshold: float = THRESHOLD,
) -> Found:
    """Stated journeys found, over the participants who stated any and saw any.

    Args:
        embedder: for the statements whose match the participant did not give; None leaves those
            out.
        threshold: see :data:`THRESHOLD`.
    """
    shown = scored(answers)
    before = stated[(stated["when"] == "before").fillna(False)]
    names = _names(shown)
    matches: list[Match] = []
    left_out = 0
    for participant, own in before.groupby("participant"):
        who = str(participant)
        if who not in names:
            continue
        said = own[own["match"].notna()]
        for number, journey in zip(said["stated"], said["match"], strict=True):
            known = journey if journey in names[who] else ""
            matches.append(Match(who, int(number), str(known), float("nan"), True))
        rest = own[own["match"].isna() & own["words"].notna()]
        if embedder is None:
            left_out += len(rest)
        elif len(rest):
            taken = {each.journey for each in matches if each.participant == who}
            matches += _by_meaning(who, rest, names[who], taken, embedder, threshold)
    note = (
        f"{left_out} statements whose match nobody gave were left out: no embedding was at hand."
        if left_out
        else ""
    )
    query = (
        "stated where when = before; match as the participant gave it, else the assignment of "
        f"words to name_shown with the largest sum of cosines of {threshold:g} or more"
    )
    recall, reverse = _shares(matches, names, query)
    return Found(recall, reverse, tuple(matches), note)


def _names(shown: pd.DataFrame) -> dict[str, dict[str, list[str]]]:
    """Participant -> journey -> the names it was shown by."""
    names: dict[str, dict[str, list[str]]] = {}
    columns = shown[["participant", "journey", "name_shown"]].drop_duplicates()
    for participant, journey, name in columns.itertuples(index=False, name=None):
        own = names.setdefault(str(participant), {}).setdefault(str(journey), [])
        if isinstance(name, str):
            own.append(name)
    return names


def _by_meaning(
    who: str,
    rest: pd.DataFrame,
    names: dict[str, list[str]],
    taken: set[str],
    embedder: Embedder,
    threshold: float,
) -> list[Match]:
    journeys = [journey for journey, own in names.items() if own and journey not in taken]
    flat = [name for journey in journeys for name in names[journey]]
    words = [str(each) for each in rest["words"]]
    closeness = np.full((len(words), len(journeys)), -1.0)
    if flat:
        vectors = embedder.embed([*words, *flat])
        cosine = vectors[: len(words)] @ vectors[len(words) :].T
        owner = np.repeat(np.arange(len(journeys)), [len(names[each]) for each in journeys])
        # A journey is as close as the closest of its names.
        np.maximum.at(closeness.T, owner, cosine.T)
    pairs = dict(assign(closeness, threshold))
    return [
        Match(
            who,
            int(number),
            journeys[pairs[at]] if at in pairs else "",
            float(closeness[at].max()) if len(journeys) else float("nan"),
            False,
        )
        for at, number in enumerate(rest["stated"])
    ]


def _shares(
    matches: list[Match], names: dict[str, dict[str, list[str]]], query: str
) -> tuple[Estimate, Estimate]:
    people = sorted({each.participant for each in matches})
    of = {who: [each for each in matches if each.participant == who] for who in people}
    recall = estimates.share(
        [sum(bool(each.journey) for each in of[who]) for who in people],
        [len(of[who]) for who in people],
        "stated journeys that were found",
        query,
    )
    reverse = estimates.share(
        [len({each.journey for each in of[who]} - {""}) for who in people],
        [len(names[who]) for who in people],
        "found journeys that had been stated",
        f"{query}; over the journeys shown ({SCORED})",
    )
    return recall, reverse
