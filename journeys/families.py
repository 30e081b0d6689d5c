"""Families: the broad groups that one person's journeys are nested in, with words for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journeys.journey import Journey
from journeys.words import content_words

#: Fields that a heading says in full; the others are counted.
_SAID = 2


@dataclass(frozen=True)
class Family:
    """Journeys of one broad group.

    Attributes:
        heading: their fields (names at level 1), the strongest journey's first.
        journeys: by rank.
    """

    heading: str
    journeys: tuple[Journey, ...]


def families(journeys: Sequence[Journey]) -> tuple[Family, ...]:
    """A person's journeys by family, the family of the strongest journey first."""
    groups: dict[int, list[Journey]] = {}
    for journey in sorted(journeys, key=lambda journey: journey.rank):
        groups.setdefault(journey.family, []).append(journey)
    return tuple(Family(_heading(group), tuple(group)) for group in groups.values())


def worth_grouping(journeys: Sequence[Journey]) -> bool:
    """Whether there are several families, and one of them has more than one journey."""
    return 2 <= len({journey.family for journey in journeys}) < len(journeys)


def _heading(journeys: Sequence[Journey]) -> str:
    fields: dict[object, str] = {}
    for journey in journeys:
        field = journey.name(1)
        fields.setdefault(frozenset(content_words(field)) or field, field)
    names = list(fields.values())
    more = len(names) - _SAID
    return ", ".join(names[:_SAID]) + (f" and {more} more" if more > 0 else "")
