"""Journeys that participants put in words first, against those that were discovered.

Two answers stand side by side. *Own*: what the participant says a statement is among the journeys
found. *By meaning*: within each participant the pairs of one statement and one journey shown that
are closest in sum (the assignment problem; Kuhn 1955), of those above a threshold. How often the
two are the same tells how far the second may be trusted where nobody was asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from journeys.embedding.base import Embedder
from journeys.study import estimates
from journeys.study.estimates import Estimate
from journeys.study.identification import SCORED, scored
from journeys.study.longformat import StudyData

if TYPE_CHECKING:
    import pandas as pd

#: Cosine of two short phrases from which they are taken for the same pursuit.
THRESHOLD = 0.5

NONE = "none"

OWN, MEANING, BOTH = "as participants say", "by meaning", "both"


@dataclass(frozen=True)
class Found:
    """Recall and its reverse, in both ways.

    Attributes:
        groups: :data:`OWN` and :data:`MEANING` -> recall, the share of a participant's statements
            that are among the discovered journeys, and its reverse, the share of the journeys
            shown that had been stated (people state few, so a low share is no fault);
            :data:`BOTH` -> how often the two ways say the same.
        unmatched: statements that have not been matched by meaning though they could be.
        note: what was left out, and why; '' for nothing.
    """

    groups: dict[str, tuple[Estimate, ...]]
    unmatched: int
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


def match_by_meaning(
    data: StudyData, embedder: Embedder, *, threshold: float = THRESHOLD
) -> StudyData:
    """The tables with ``match_by_meaning`` and ``cosine`` of the statements filled in."""
    stated = data.stated.copy()
    names = _names(scored(data.answers))
    before = stated[_before(stated) & stated["words"].notna()]
    for participant, own in before.groupby("participant"):
        journeys = names.get(str(participant), {})
        if not journeys:
            continue
        words = [str(each) for each in own["words"]]
        for at, (journey, cosine) in zip(
            own.index, _matched(words, journeys, embedder, threshold), strict=True
        ):
            stated.loc[at, "match_by_meaning"] = journey or NONE
            stated.loc[at, "cosine"] = cosine
    return replace(data, stated=stated)


def found(stated: pd.DataFrame, answers: pd.DataFrame) -> Found:
    """Stated journeys found, over the participants who stated any and saw any."""
    names = _names(scored(answers))
    kept = stated[_before(stated) & stated["participant"].isin(list(names))]
    own = _shares(kept, "match", names, "match as the participant gave it")
    meaning = _shares(
        kept,
        "match_by_meaning",
        names,
        "match_by_meaning: the assignment of words to name_shown with the largest sum of cosines",
    )
    both = kept[kept["match"].notna() & kept["match_by_meaning"].notna()]
    shown = {journey for own_names in names.values() for journey in own_names}
    both = both[(both["match"] == NONE) | both["match"].isin(list(shown))]
    same = (both["match"] == both["match_by_meaning"]).astype(float).groupby(both["participant"])
    agree = estimates.share(
        same.sum().to_numpy(dtype=float),
        same.size().to_numpy(dtype=float),
        "statements of which both say the same",
        "stated where when = before and both match and match_by_meaning are given, match being a "
        "journey shown or none; share of equal ones by participant, then mean over participants",
    )
    unmatched = int((kept["match_by_meaning"].isna() & kept["words"].notna()).sum())
    notes = [
        "No participant said which journey a statement is." if kept["match"].isna().all() else "",
        f"{unmatched} statements have not been matched by meaning." if unmatched else "",
    ]
    if kept.empty:
        return Found({}, 0, "Nobody who saw journeys had put any in words before.")
    groups = {OWN: own, MEANING: meaning, BOTH: (agree,)}
    known = {name: group for name, group in groups.items() if group[0].n}
    return Found(known, unmatched, " ".join(filter(None, notes)))


def _before(stated: pd.DataFrame) -> pd.Series:
    return (stated["when"] == "before").fillna(False)


def _names(shown: pd.DataFrame) -> dict[str, dict[str, list[str]]]:
    """Participant -> journey -> the names it was shown by."""
    names: dict[str, dict[str, list[str]]] = {}
    columns = shown[["participant", "journey", "name_shown"]].drop_duplicates()
    for participant, journey, name in columns.itertuples(index=False, name=None):
        own = names.setdefault(str(participant), {}).setdefault(str(journey), [])
        if isinstance(name, str):
            own.append(name)
    return names


def _matched(
    words: list[str], names: dict[str, list[str]], embedder: Embedder, threshold: float
) -> list[tuple[str, float]]:
    """Of each statement its journey, '' for none, and the cosine to it or to the closest."""
    journeys = [journey for journey, own in names.items() if own]
    flat = [name for journey in journeys for name in names[journey]]
    if not flat:
        return [("", float("nan"))] * len(words)
    vectors = embedder.embed([*words, *flat])
    cosine = vectors[: len(words)] @ vectors[len(words) :].T
    owner = np.repeat(np.arange(len(journeys)), [len(names[each]) for each in journeys])
    closeness = np.full((len(words), len(journeys)), -1.0)
    # A journey is as close as the closest of its names.
    np.maximum.at(closeness.T, owner, cosine.T)
    pairs = dict(assign(closeness, threshold))
    return [
        (journeys[pairs[at]], float(closeness[at, pairs[at]]))
        if at in pairs
        else ("", float(closeness[at].max()))
        for at in range(len(words))
    ]


def _shares(
    kept: pd.DataFrame, column: str, names: dict[str, dict[str, list[str]]], how: str
) -> tuple[Estimate, ...]:
    """Recall and its reverse of the participants with a match in the column."""
    given = kept[kept[column].notna()]
    query = f"stated where when = before and {column} is given; {how}"
    hit = (given[column] != NONE).astype(float).groupby(given["participant"])
    recall = estimates.share(
        hit.sum().to_numpy(dtype=float),
        hit.size().to_numpy(dtype=float),
        "stated journeys that were found",
        f"{query}; share that is a journey by participant, then mean over participants",
    )
    stated_of = {str(who): set(map(str, own)) for who, own in given.groupby("participant")[column]}
    reverse = estimates.share(
        [len(own & set(names[who])) for who, own in stated_of.items()],
        [len(names[who]) for who in stated_of],
        "found journeys that had been stated",
        f"{query}; share of the journeys shown ({SCORED}) that are a match, by participant, then "
        "mean over participants",
    )
    return recall, reverse
