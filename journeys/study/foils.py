"""Made-up journeys, to learn who says yes to anything: which of a design's a participant sees.

A foil is a plausible journey with plausible items, written for the study, so that its trial looks
like any other. It never comes from another participant, whose journeys are theirs alone. The
debriefing tells which trials were foils.
"""

from __future__ import annotations

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

    A text of the person is near a foil when it shares a word with the name of its interest
    (level 2), or two words with anything of it: plausible foils hold everyday words ("keeping",
    "first"), one of which tells nothing. Those that no text is near are drawn from; where there
    are too few of them, the least near. They are of different fields (names at level 1) while
    there are such.

    Args:
        count: how many; fewer come back when there are fewer foils.
        own_texts: every title and journey name of the person.
        rng: decides among those that are far enough.
    """
    if count <= 0:
        return ()
    near = _nearness(foils, own_texts)
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


def _nearness(foils: Sequence[Foil], own_texts: Iterable[str]) -> list[int]:
    """Of each foil, how many shared words its near texts have beyond the first."""
    holding: dict[str, list[tuple[int, int]]] = {}
    for at, foil in enumerate(foils):
        own_words = set(content_words(foil.names[1]))
        for word in vocabulary(foil):
            holding.setdefault(word, []).append((at, 2 if word in own_words else 1))
    near = [0] * len(foils)
    for text in own_texts:
        shared: dict[int, int] = {}
        for word in set(content_words(text)):
            for at, weight in holding.get(word, ()):
                shared[at] = shared.get(at, 0) + weight
        for at, weight in shared.items():
            near[at] += max(0, weight - 1)
    return near
