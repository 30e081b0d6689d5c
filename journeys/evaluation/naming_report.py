"""Figures of the naming bench as tables and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from journeys.evaluation.intervals import FEWEST_FOR_INTERVAL, Interval, macro_mean_known
from journeys.evaluation.naming_given import CONTROLS
from journeys.evaluation.naming_scores import Scores
from journeys.evaluation.report import markdown
from journeys.journey import FRIEND_LEVEL, LEVELS

RULES = (
    "Means over {groups} true groups of {users} users; a namer sees one half of a group's titles, "
    "the measures use the other. Judge: {judge}. Retrieval is among {choices:.1f} groups on "
    "average: the user's others, and up to 20 of the same super-group or else the nearest. "
    "Human names are of level {own}; other levels are held against the nearest of these. "
    "Shuffled are the names of {first}. "
    "Intervals are 95% percentile bootstraps over groups."
)

#: Measures by group and level: name in JSON -> title of the table.
_BY_LEVEL: Mapping[str, str] = {
    "human_similarity": "Similarity to the human name",
    "retrieval_at_1": "Nearest to the unseen half of its own group",
    "breadth": "Breadth: share of the log's items at least as close as the group's own median",
    "rouge_l": "ROUGE-L to the human name",
    "chrf": "chrF to the human name",
    "faithfulness": "Content words that the evidence has",
    "faithful_proper": "Proper nouns that the evidence has",
    "distinct_share": "Names unlike the user's others",
}

#: Measures shown with their intervals, and compared in pairs.
_WITH_INTERVAL = ("human_similarity", "retrieval_at_1")

Table = Mapping[str, Scores]


def by_level(scores: Scores) -> dict[str, np.ndarray]:
    """Each measure of :data:`_BY_LEVEL`, shape ``(groups, 5)``."""
    return {
        "human_similarity": scores.similarity,
        "retrieval_at_1": scores.retrieval,
        "breadth": scores.breadth,
        "rouge_l": scores.rouge_l,
        "chrf": scores.chrf,
        "faithfulness": scores.faithful,
        "faithful_proper": scores.proper,
        "distinct_share": scores.distinct,
    }


def summary(scores: Scores) -> dict[str, float]:
    """Figures of all levels together; NaN where they are not defined.

    ``seconds_per_journey`` is over the journeys no answer of which came from the cache.
    """
    checked = [one.fallback for one in scores.given if one.fallback is not None]
    costs = [one.cost for one in scores.given if one.cost is not None]
    fresh = [cost.seconds for cost in costs if not cost.cached]
    return {
        "fallback_share": _mean([len(levels) / len(LEVELS) for levels in checked]),
        "fallback_share_friend": _mean([FRIEND_LEVEL in levels for levels in checked]),
        "breadth_falls_share": _mean(scores.breadth_falls),
        "breadth_step_share": _mean(scores.breadth_steps.ravel()),
        "breadth_all_steps_share": _mean(np.asarray(scores.breadth_steps.all(axis=1))),
        "requests_per_journey": _mean([cost.requests for cost in costs]),
        "generations_per_journey": _mean([cost.generations for cost in costs]),
        "tokens_per_journey": _mean([cost.tokens for cost in costs]),
        "seconds_per_journey": _mean(fresh),
        "cached_share": _mean([bool(cost.cached) for cost in costs if cost.requests]),
        "failed": float(sum(one.failed for one in scores.given)),
    }


def _mean(values: Sequence[float] | np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else math.nan


def difference(one: np.ndarray, other: np.ndarray) -> Interval:
    """The paired mean difference over groups that both have, with its interval."""
    return macro_mean_known((one - other).tolist())


def as_json(scores: Table) -> dict[str, dict[str, Any]]:
    """One object a namer; NaN becomes None."""
    result = {}
    for namer, own in scores.items():
        found: dict[str, Any] = {
            measure: {str(level): _number(_known_mean(values[:, level - 1])) for level in _levels()}
            for measure, values in by_level(own).items()
        }
        found |= {name: _number(value) for name, value in summary(own).items()}
        found["groups"] = len(own.given)
        for measure in _WITH_INTERVAL:
            values = by_level(own)[measure]
            found[f"{measure}_interval"] = {
                str(level): _interval(macro_mean_known(values[:, level - 1].tolist()), own)
                for level in _levels()
            }
            found[f"{measure}_difference"] = {
                other: {
                    str(level): _interval(
                        difference(values[:, level - 1], by_level(theirs)[measure][:, level - 1]),
                        own,
                    )
                    for level in _levels()
                }
                for other, theirs in scores.items()
                if other != namer and namer not in CONTROLS
            }
        result[namer] = found
    return result


def tables(scores: Table) -> str:
    """Every measure by level, what names cost, and the paired differences."""
    parts = []
    for measure, title in _BY_LEVEL.items():
        rows = [
            [namer, *(_shown(by_level(own)[measure][:, level - 1], measure) for level in _levels())]
            for namer, own in scores.items()
        ]
        parts.append(f"{title}:\n\n" + markdown(["namer", *map(str, _levels())], rows))
    parts.append(_ladder(scores))
    parts.append(_costs(scores))
    parts.append(_differences(scores))
    return "\n\n".join(part for part in parts if part)


def _ladder(scores: Table) -> str:
    header = ["namer", "falls from 1 to 3 to 5", "of the four steps", "at all four"]
    names = ("breadth_falls_share", "breadth_step_share", "breadth_all_steps_share")
    rows = [
        [namer, *(_cell(summary(own)[name], 2) for name in names)] for namer, own in scores.items()
    ]
    return "Share of journeys, or of steps, at which breadth falls:\n\n" + markdown(header, rows)


def _costs(scores: Table) -> str:
    header = [
        "namer", "fallback, all levels", f"at level {FRIEND_LEVEL}", "requests", "generations",
        "tokens", "seconds", "from the cache", "failed",
    ]  # fmt: skip
    rows = []
    for namer, own in scores.items():
        if any(one.cost is not None for one in own.given):
            found = summary(own)
            rows.append(
                [
                    namer,
                    _cell(found["fallback_share"], 3),
                    _cell(found["fallback_share_friend"], 3),
                    _cell(found["requests_per_journey"], 2),
                    _cell(found["generations_per_journey"], 2),
                    _cell(found["tokens_per_journey"], 0),
                    _cell(found["seconds_per_journey"], 2),
                    _cell(found["cached_share"], 2),
                    _cell(found["failed"], 0),
                ]
            )
    if not rows:
        return ""
    return (
        "Per journey; answers from the cache count as when they were made, and seconds only "
        "where there are none:\n\n" + markdown(header, rows)
    )


def _differences(scores: Table) -> str:
    """Each namer less every other row, at each level; controls are only subtracted."""
    rows = []
    for namer, own in scores.items():
        if namer in CONTROLS:
            continue
        for other, theirs in scores.items():
            if other == namer:
                continue
            cells = [
                _signed(difference(own.similarity[:, at], theirs.similarity[:, at]), own)
                for at in range(len(LEVELS))
            ]
            at = FRIEND_LEVEL - 1
            told = difference(own.retrieval[:, at], theirs.retrieval[:, at])
            rows.append([namer, other, *cells, _signed(told, own)])
    if not rows:
        return ""
    header = ["namer", "less", *map(str, _levels()), f"retrieval at {FRIEND_LEVEL}"]
    return "Paired differences in similarity to the human name:\n\n" + markdown(header, rows)


def _levels() -> range:
    return range(1, len(LEVELS) + 1)


def _known_mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return _mean(known)


def _few(scores: Scores) -> bool:
    return len(scores.given) < FEWEST_FOR_INTERVAL


def _shown(values: np.ndarray, measure: str) -> str:
    if measure not in _WITH_INTERVAL or len(values) < FEWEST_FOR_INTERVAL:
        return _cell(_known_mean(values), 3)
    found = macro_mean_known(values.tolist())
    return f"{_cell(found.mean, 3)} ({found.low:.3f} to {found.high:.3f})"


def _signed(found: Interval, scores: Scores) -> str:
    if math.isnan(found.mean):
        return "–"
    shown = f"{found.mean:+.3f}"
    return shown if _few(scores) else f"{shown} ({found.low:+.3f} to {found.high:+.3f})"


def _cell(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)


def _interval(found: Interval, scores: Scores) -> dict[str, float | None]:
    few = _few(scores)
    return {
        "mean": _number(found.mean),
        "low": None if few else _number(found.low),
        "high": None if few else _number(found.high),
    }
