"""What a model said that did not pass, read again from its kept answers. Nothing is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journeys.naming.checks import Ground, check_ladder
from journeys.naming.parsing import parse_ladder


@dataclass(frozen=True)
class Rejected:
    """A name that a model gave and that a check refused.

    Attributes:
        reason: completes "this name ...".
    """

    name: str
    reason: str


def rejected(answers: Sequence[str], level: int, ground: Ground) -> tuple[Rejected, ...]:
    """The names for a level that failed a check, in the order in which the model gave them.

    Args:
        answers: the model's answers as they came, the first try first.
        level: 1 to 5.
        ground: what the model was shown.
    """
    found: dict[str, Rejected] = {}
    for answer in answers:
        levels = parse_ladder(answer)
        reason = check_ladder(levels, ground).get(level)
        name = levels.get(level, "")
        if reason:
            found.setdefault(name, Rejected(name, reason))
    return tuple(found.values())
