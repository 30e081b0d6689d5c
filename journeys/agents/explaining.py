"""Which preference moved a score, in words."""

from __future__ import annotations

from calendar import day_name
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from journeys.agents.features import Features
from journeys.agents.rows import (
    BIAS,
    RowRules,
    UserRows,
    fallen_back,
    inputs,
    left_of,
)
from journeys.agents.shared import SharedModel

_NAMES = {
    "agent": "the agent",
    "repo": "the repository",
    "task_type": "tasks of the kind",
    "language": "the language",
    "domain": "the domain",
    "tool": "the tool",
    "journey": "your journey",
    "error_type": "errors of the kind",
    "verb": "requests that begin with",
}

#: A preference that moves the logit by less is not worth a sentence.
_WORTH = 0.05


@dataclass(frozen=True)
class Reason:
    """One preference and how far it moved the score.

    Attributes:
        id: of the feature; ``#`` for the text.
        moved: of the logit.
        certainty: 0 where nothing is known, towards 1 as it is learnt; 1 for what all share.
        own: whether it is the user's own, and not what all users share.
        words: a sentence.
    """

    id: str
    moved: float
    certainty: float
    own: bool
    words: str


def explain(
    model: SharedModel,
    rows: UserRows,
    rules: RowRules,
    features: Features,
    now: datetime | None,
    *,
    most: int = 5,
) -> list[Reason]:
    """What moved a candidate's score most, the strongest first."""
    left = left_of(rules, now - rows.at) if now is not None and rows.at is not None else 1.0
    found, text, sure = [], 0.0, 0.0
    for name, value in inputs(features):
        held = rows.beliefs.get(name)
        if held is None:
            continue
        prior = rules.prior(name)
        belief = fallen_back(held, prior, left)
        certainty = 1.0 - belief.variance / prior.variance
        if name.startswith("#"):
            text, sure = text + belief.mean * value, max(sure, certainty)
        else:
            moved = belief.mean * value
            found.append(Reason(name, moved, certainty, True, _own(name, moved)))
    if text:
        way = "like" if text > 0 else "unlike"
        words = f"Its text is {way} what you accepted before."
        found.append(Reason("#", text, sure, True, words))
    for name, moved in model.parts(features).items():
        found.append(Reason(name, moved, 1.0, False, _shared(name, moved)))
    found.sort(key=lambda reason: (-abs(reason.moved), reason.id))
    return [reason for reason in found if abs(reason.moved) >= _WORTH][:most]


def preferences(
    rows: UserRows, rules: RowRules, now: datetime | None, *, most: int = 10
) -> list[Reason]:
    """What is known of a user, the strongest first; content has no words and is left out."""
    left = left_of(rules, now - rows.at) if now is not None and rows.at is not None else 1.0
    found = []
    for name, held in rows.beliefs.items():
        if name.startswith("#"):
            continue
        prior = rules.prior(name)
        belief = fallen_back(held, prior, left)
        certainty = 1.0 - belief.variance / prior.variance
        found.append(Reason(name, belief.mean, certainty, True, _own(name, belief.mean)))
    found.sort(key=lambda reason: (-abs(reason.moved), reason.id))
    return found[:most]


def _own(name: str, moved: float) -> str:
    often = "more" if moved > 0 else "less"
    if name == BIAS:
        return f"You accept {often} often than others."
    return f"With {said(name)} you accept {often} often."


def _shared(name: str, moved: float) -> str:
    often = "more" if moved > 0 else "less"
    return f"With {said(name)} people accept {often} often."


def said(name: str) -> str:
    """A feature's id in words, such as: the repository “a/b”."""
    if name == BIAS:
        return "all requests"
    if name.startswith("#"):
        return "its text"
    parts = []
    for each in name.split("&"):
        kind, _, value = each.partition("=")
        told = _WORDS[kind](value) if kind in _WORDS else ""
        parts.append(told or f"{_NAMES.get(kind, kind)} \u201c{value}\u201d")
    return " and ".join(parts)


def _weekday(value: str) -> str:
    return f"requests on a {day_name[int(value)]}" if value in "0123456" else ""


def _hour(value: str) -> str:
    return f"requests from {int(value):02d}:00 UTC on" if value.isdecimal() else ""


def _length(value: str) -> str:
    """Of the base-2 logarithm; see :func:`journeys.agents.features.fields_of`."""
    return f"requests of about {2 ** int(value):,} characters" if value.isdecimal() else ""


#: Values that are numbers, in words.
_WORDS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"weekday": _weekday, "hour": _hour, "length": _length}
)
