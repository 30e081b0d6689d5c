"""How closely names describe people: by level, by condition, and what separates conditions."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from journeys.journey import LEVELS
from journeys.study import estimates
from journeys.study.estimates import Estimate

if TYPE_CHECKING:
    import pandas as pd

Gate = Literal["all", "remembered"]

#: How the trials that count are chosen, said as a query on the table of answers.
SCORED = "answers where is_foil is not true and repeat_of is missing"
_REMEMBERED = f"{SCORED} and remembers is true"

#: "Very" and "extremely closely" count as identifying, as on the page Ratings.
CLOSE = 4


def scored(answers: pd.DataFrame, gate: Gate = "all") -> pd.DataFrame:
    """The trials that count: no foils, no repeats; ``gate``: those with remembered items only."""
    kept = answers[~answers["is_foil"].fillna(False) & answers["repeat_of"].isna()]
    return kept if gate == "all" else kept[kept["remembers"].fillna(False)]


def own_means(answers: pd.DataFrame, column: str) -> pd.Series:
    """Each participant's mean of a column, of those that answered it."""
    given = answers[answers[column].notna()]
    return given.groupby("participant")[column].mean().astype(float)


def mean_of(answers: pd.DataFrame, column: str, name: str, where: str) -> Estimate:
    """The mean over participants of their own means of a column."""
    own = own_means(answers, column)
    query = f"{where}; mean of {column} by participant, then mean over participants"
    return estimates.mean(own.to_numpy(), name, query, answers=int(answers[column].notna().sum()))


def share_of(answers: pd.DataFrame, hit: pd.Series, name: str, where: str, of: str) -> Estimate:
    """The mean over participants of their own share of hits; missing hits do not count."""
    known = hit.notna()
    frame = answers[known].assign(hit=hit[known].astype(float))
    group = frame.groupby("participant")["hit"]
    query = f"{where}; share of {of} by participant, then mean over participants"
    return estimates.share(
        group.sum().to_numpy(dtype=float), group.size().to_numpy(dtype=float), name, query
    )


def close_share(answers: pd.DataFrame, name: str, where: str) -> Estimate:
    """The share of names that describe the person very or extremely closely."""
    rating = answers["identification"]
    return share_of(
        answers, (rating >= CLOSE).where(rating.notna()), name, where, "identification >= 4"
    )


def by_condition(answers: pd.DataFrame, gate: Gate = "all") -> list[Estimate]:
    """Mean identification of each condition."""
    frame, where = scored(answers, gate), _where(gate)
    return [
        mean_of(own, "identification", str(condition), f"{where} and condition = {condition!r}")
        for condition, own in frame.groupby("condition")
    ]


def by_level(answers: pd.DataFrame, gate: Gate = "all") -> list[Estimate]:
    """Mean identification of each level that was shown."""
    frame, where = scored(answers, gate), _where(gate)
    return [
        mean_of(own, "identification", level_name(level), f"{where} and level = {level}")
        for level, own in frame.groupby("level")
    ]


def by_level_and_condition(answers: pd.DataFrame) -> dict[str, list[Estimate]]:
    """Condition -> :func:`by_level` of it."""
    frame = scored(answers)
    return {str(condition): by_level(own) for condition, own in frame.groupby("condition")}


def rates(answers: pd.DataFrame) -> list[Estimate]:
    """Share of names people identify with: all trials, and where they remember the items."""
    made = []
    for gate, words in (("all", "all trials"), ("remembered", "items remembered")):
        frame = scored(answers, gate)  # type: ignore[arg-type]
        where = _where(gate)  # type: ignore[arg-type]
        made.append(close_share(frame, f"very or extremely closely, {words}", where))
    return made


def differences(answers: pd.DataFrame) -> list[Estimate]:
    """Every pair of conditions: paired where participants saw both, else Welch's.

    With more than two conditions the p-values are Holm's.
    """
    frame = scored(answers)
    own = (
        frame[frame["identification"].notna()]
        .groupby(["participant", "condition"])["identification"]
        .mean()
        .astype(float)
        .unstack()
    )
    counts = frame[frame["identification"].notna()].groupby("condition").size()
    made = []
    for first, second in combinations(own.columns, 2):
        name = f"{second} less {first}"
        answers_of = int(counts[first] + counts[second])
        both = (own[second] - own[first]).dropna()
        if len(both) >= max(estimates.FEWEST, len(own[[first, second]].dropna(how="all")) / 2):
            query = (
                f"{SCORED}; mean identification by participant and condition, {second!r} less "
                f"{first!r} within the participant, mean over those who saw both"
            )
            made.append(estimates.paired(both.to_numpy(), name, query, answers=answers_of))
        else:
            only = own[own[[first, second]].isna().any(axis=1)]
            query = (
                f"{SCORED}; mean identification by participant, {second!r} less {first!r}, of "
                "those who saw one of them"
            )
            made.append(
                estimates.unpaired(
                    only[second].to_numpy(), only[first].to_numpy(), name, query,
                    answers=answers_of,
                )
            )  # fmt: skip
    adjusted = estimates.holm([each.p for each in made])
    if len(made) > 1:
        made = [_adjusted(each, p, len(made)) for each, p in zip(made, adjusted, strict=True)]
    return made


def _adjusted(estimate: Estimate, p: float, tests: int) -> Estimate:
    from dataclasses import replace

    words = (
        f"{estimate.assumes} p after Holm (1979) for {tests} tests; the interval is not adjusted."
    )
    return replace(estimate, p=p, assumes=words)


def level_name(level: object) -> str:
    """ "3 told to a friend"."""
    return f"{level} {LEVELS[int(str(level)) - 1]}"


def _where(gate: Gate) -> str:
    return SCORED if gate == "all" else _REMEMBERED


def specificity_curve(answers: pd.DataFrame) -> dict[str, list[Estimate]]:
    """Too broad, right, too specific -> its share at each level."""
    frame = scored(answers)
    curve: dict[str, list[Estimate]] = {}
    for value, words in ((-1, "too broad"), (0, "right"), (1, "too specific")):
        curve[words] = [
            share_of(
                own,
                (own["specificity"] == value).where(own["specificity"].notna()),
                level_name(level),
                f"{SCORED} and level = {level}",
                f"specificity = {value}",
            )
            for level, own in frame.groupby("level")
        ]
    return curve


def crossing(answers: pd.DataFrame, *, draws: int = 999, seed: int = 0) -> Estimate:
    """The level at which too broad and too specific are equally frequent in the group.

    Between levels by a straight line; the curve is first made monotone (pool adjacent violators).
    """
    frame = scored(answers)
    frame = frame[frame["specificity"].notna()]
    own = frame.groupby(["participant", "level"])["specificity"].agg(["sum", "count"])
    sums = own["sum"].unstack(fill_value=0).reindex(columns=range(1, 6), fill_value=0)
    counts = own["count"].unstack(fill_value=0).reindex(columns=range(1, 6), fill_value=0)
    a, b = sums.to_numpy(dtype=float), counts.to_numpy(dtype=float)
    name, n = "level at which too broad and too specific balance", len(a)
    assumes = (
        "Too specific grows with the level. 95% interval: percentile bootstrap over participants, "
        "which is a little narrow for fewer than 40."
    )
    query = f"{SCORED}; mean specificity by level, made monotone, where it crosses 0"
    if n < estimates.FEWEST:
        nan = estimates.NAN
        return Estimate(name, nan, nan, nan, n, len(frame), assumes, query)
    value = _zero(a.sum(axis=0), b.sum(axis=0))
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, n, size=(draws, n))
    drawn = np.array([_zero(a[pick].sum(axis=0), b[pick].sum(axis=0)) for pick in picks])
    drawn = drawn[~np.isnan(drawn)]
    low, high = np.percentile(drawn, [2.5, 97.5]) if len(drawn) else (np.nan, np.nan)
    return Estimate(name, value, float(low), float(high), n, len(frame), assumes, query)


def _zero(sums: np.ndarray, counts: np.ndarray) -> float:
    """Where the monotone mean of the levels crosses 0, held within 1 and 5."""
    blocks: list[list[float]] = []  # sum, count, levels' mean times count
    for level, (total, count) in enumerate(zip(sums, counts, strict=True), start=1):
        if count == 0:
            continue
        blocks.append([total, count, level * count])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [x + y for x, y in zip(blocks[-1], last, strict=True)]
    if not blocks:
        return float("nan")
    heights = [total / count for total, count, _ in blocks]
    levels = [place / count for _, count, place in blocks]
    return float(np.interp(0.0, heights, levels))
