"""Made-up journeys, to learn who says yes to anything.

A foil is a plausible journey that nobody in the study was found to pursue. It comes from a list
that ships with the product and never from another participant, whose names are theirs alone. The
debriefing tells the participant which they were.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from journeys.words import content_words


@dataclass(frozen=True)
class Foil:
    """A made-up journey.

    Attributes:
        key: what it is called in the data.
        category: field it is from; two foils of one participant are of different ones.
        names: five names, level 1 (broad) to 5 (narrow).
        words: words that titles of someone who does pursue it would have.
    """

    key: str
    category: str
    names: tuple[str, str, str, str, str]
    words: tuple[str, ...]

    def vocabulary(self) -> frozenset[str]:
        """The folded content words of the names and of ``words``."""
        return frozenset(
            word for text in (*self.names, *self.words) for word in content_words(text)
        )


@cache
def shipped_foils() -> tuple[Foil, ...]:
    """The list that ships, in the order of the file."""
    text = files("journeys.study").joinpath("foils.toml").read_text(encoding="utf-8")
    foils = []
    for entry in tomllib.loads(text)["foil"]:
        one, two, three, four, five = entry["names"]
        names = (one, two, three, four, five)
        foils.append(Foil(entry["key"], entry["category"], names, tuple(entry["words"])))
    return tuple(foils)


def find_foil(key: str) -> Foil | None:
    """The shipped foil with a key; None for one that is no longer in the list."""
    return next((foil for foil in shipped_foils() if foil.key == key), None)


def choose_foils(
    count: int,
    own_texts: Iterable[str],
    rng: Random,
    *,
    foils: Sequence[Foil] | None = None,
) -> tuple[Foil, ...]:
    """The made-up journeys that are farthest from what a person does.

    A foil is as near as its vocabulary is frequent in the person's titles and names. Only foils
    of which no word occurs at all are drawn from; where there are too few, the least near ones.
    They are of different categories while there are such.

    Args:
        count: how many, 0 or more; fewer come back when the list is shorter.
        own_texts: every title and journey name of the person.
        rng: decides among those that are far enough.
    """
    if count <= 0:
        return ()
    known: dict[str, int] = {}
    for text in own_texts:
        for word in content_words(text):
            known[word] = known.get(word, 0) + 1
    listed = list(shipped_foils() if foils is None else foils)
    near = {foil.key: sum(known.get(word, 0) for word in foil.vocabulary()) for foil in listed}
    listed.sort(key=lambda foil: (near[foil.key], foil.key))
    unknown = sum(distance == 0 for distance in near.values())
    pool = listed[: max(count, unknown)]
    rng.shuffle(pool)
    chosen: list[Foil] = []
    for fresh_category in (True, False):
        for foil in pool:
            categories = {other.category for other in chosen}
            if (
                len(chosen) < count
                and foil not in chosen
                and (not fresh_category or foil.category not in categories)
            ):
                chosen.append(foil)
    return tuple(chosen)
