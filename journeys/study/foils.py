"""Made-up journeys, to learn who says yes to anything: which of a design's a participant sees.

A foil is a plausible journey with plausible items, written for the study, so that its trial looks
like any other. It never comes from another participant, whose journeys are theirs alone. The
debriefing tells which trials were foils.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

from journeys.study.design import Foil
from journeys.words import content_words

_PREFIX = "foil"


def foil_id(number: int) -> str:
    """What stands for a design's foil where a journey's id would; ``number`` is from 1."""
    return f"{_PREFIX}{number}"


def foil_number(id_: str) -> int:
    """The inverse of :func:`foil_id`."""
    return int(id_.removeprefix(_PREFIX))


def vocabulary(foil: Foil) -> frozenset[str]:
    """The folded content words of a foil's names and items."""
    return frozenset(word for text in (*foil.names, *foil.items) for word in content_words(text))


def choose_foils(
    count: int, foils: Sequence[Foil], own_texts: Iterable[str], rng: Random
) -> tuple[int, ...]:
    """Numbers (from 1) of the foils that are farthest from what a person does.

    A foil is as near as its words are frequent in the person's own texts, so that one stray title
    weighs little. Those of which no word occurs are drawn from; where there are too few of them,
    the least near. They are of different fields (names at level 1) while there are such.

    Args:
        count: how many; fewer come back when there are fewer foils.
        own_texts: every title and journey name of the person.
        rng: decides among those that are far enough.
    """
    if count <= 0:
        return ()
    known = Counter(word for text in own_texts for word in content_words(text))
    near = [sum(known[word] for word in vocabulary(foil)) for foil in foils]
    numbers = sorted(range(len(foils)), key=lambda at: (near[at], at))
    pool = numbers[: max(count, near.count(0))]
    rng.shuffle(pool)
    chosen: list[int] = []
    for other_fields_only in (True, False):
        for at in pool:
            fields = {foils[other].names[0] for other in chosen}
            taken = at in chosen or (other_fields_only and foils[at].names[0] in fields)
            if len(chosen) < count and not taken:
                chosen.append(at)
    return tuple(at + 1 for at in chosen)
