"""Of the names that passed the checks, one for each level.

The rules were chosen on groups that no benchmark judges (docs/results.md, "Local naming"):

* the interest and what a friend is told: the name that is nearest to the journey's items by the
  run's embedder (best-of-n reranking);
* the field: the model's likeliest answer, since reranking draws broad names towards narrow ones;
* narrower levels: the model's own name, or the friend's name with what returns in the items.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from journeys.journey import FRIEND_LEVEL, LEVELS
from journeys.naming.base import Evidence
from journeys.naming.candidates import DETAILS_AT, Slate, narrowed, unsaid
from journeys.naming.keyphrases import in_words, keyphrase_levels
from journeys.naming.space import Space
from journeys.words import content_words


@dataclass(frozen=True)
class Choice:
    """Five names.

    Attributes:
        fallback: levels for which no name of the model passed, and another stands.
    """

    levels: tuple[str, str, str, str, str]
    fallback: tuple[int, ...]


def choose(slate: Slate, evidence: Evidence, asked: Sequence[int]) -> Choice:
    """Choose the names of a journey.

    Args:
        asked: the levels that the model was asked for. The others are composed.
    """
    friend = _nearest(slate.passed.get(FRIEND_LEVEL, []), evidence.space)
    keyphrases = keyphrase_levels(evidence)
    named = {FRIEND_LEVEL: friend or keyphrases[FRIEND_LEVEL - 1]}
    fallback = set() if friend else {FRIEND_LEVEL}
    for level in (2, 1):
        pool = _unlike(slate.passed.get(level, []), named.values())
        name = pool[0] if level == 1 and pool else _nearest(pool, evidence.space)
        if not name:
            fallback.add(level)
            name = keyphrases[level - 1]
        named[level] = name
    parts = _ranked_parts(slate, evidence, named[FRIEND_LEVEL])
    for level in (4, 5):
        pool = _unlike(slate.passed.get(level, []), named.values())
        made = _unlike(narrowed(named[FRIEND_LEVEL], level, parts, slate.ground), named.values())
        if (level in asked and not pool) or not (pool or (friend and made)):
            fallback.add(level)
        found = [*pool, *(made if friend else ())]
        named[level] = found[0] if found else keyphrases[level - 1]
    one, two, three, four, five = (named[level] for level in range(1, len(LEVELS) + 1))
    return Choice((one, two, three, four, five), tuple(sorted(fallback)))


def _nearest(names: Sequence[str], space: Space | None) -> str:
    """The name nearest to the items, of equals the first; '' if there is none."""
    if len(names) < 2 or space is None:
        return names[0] if names else ""
    return names[int(np.argmax(space.fit(names)))]


def _unlike(names: Iterable[str], others: Iterable[str]) -> list[str]:
    """The names that do not say the same as one of the others."""
    said = {frozenset(content_words(other)) for other in others}
    return [name for name in names if frozenset(content_words(name)) not in said]


def _ranked_parts(slate: Slate, evidence: Evidence, friend: str) -> list[str]:
    """What may make the friend's name narrower, best first.

    With an embedder each next part is the one with which the name is nearest to the items.
    """
    parts = [*slate.details, *evidence.keyphrases]
    space = evidence.space
    if space is None:
        return parts
    chosen: list[str] = []
    while len(chosen) < DETAILS_AT[5]:
        open_ = unsaid(" ".join([friend, *chosen]), parts)
        if not open_:
            break
        fit = space.fit([f"{friend}: {in_words([*chosen, part])}" for part in open_])
        chosen.append(open_[int(np.argmax(fit))])
    return chosen
