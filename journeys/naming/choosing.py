"""Of the names that passed the checks, one for each level.

With several answers and an embedder, the rules are these, chosen on groups that no benchmark judges
(docs/results.md, "Local naming"):

* the interest and what a friend is told: the name that is nearest to the journey's items and that
  the other answers agree with most, in what they call the interest and what the person does
  (minimum Bayes risk, Kumar & Byrne 2004, with cosine as the gain, and best-of-n reranking);
* the field: the model's likeliest answer, since reranking draws broad names towards narrow ones;
* narrower levels: the model's own name where it was asked for one, else the friend's name with what
  returns in the items.
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

#: Level -> weight of the answers' names at other levels, or at the same, beside the items' one.
_VOTES = {2: {2: 2.0}, 3: {2: 1.0, 3: 1.0}}


#: With fewer details than this, key phrases are added.
FEWEST_DETAILS = 3


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
    friend = _best(slate, FRIEND_LEVEL, slate.passed.get(FRIEND_LEVEL, []), evidence.space)
    keyphrases = keyphrase_levels(evidence)
    named = {FRIEND_LEVEL: friend or keyphrases[FRIEND_LEVEL - 1]}
    fallback = set() if friend else {FRIEND_LEVEL}
    for level in (2, 1):
        passed = slate.passed.get(level, [])
        # "bread baking" may stand above "baking bread", if there is nothing else.
        pool = _unlike(passed, named.values()) or [n for n in passed if n not in named.values()]
        name = (pool or [""])[0] if level == 1 else _best(slate, level, pool, evidence.space)
        if not name:
            fallback.add(level)
        named[level] = name or keyphrases[level - 1]
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


def _best(slate: Slate, level: int, names: Sequence[str], space: Space | None) -> str:
    """The name nearest to items and answers, of equals the first; '' if there is none."""
    if len(names) < 2 or space is None:
        return names[0] if names else ""
    gain = space.fit(names)
    for other, weight in _VOTES[level].items():
        gain = gain + weight * space.likeness(names, slate.said.get(other, []))
    return names[int(np.argmax(gain))]


def _unlike(names: Iterable[str], others: Iterable[str]) -> list[str]:
    """The names that do not say the same as one of the others."""
    said = {frozenset(content_words(other)) for other in others}
    return [name for name in names if frozenset(content_words(name)) not in said]


def _ranked_parts(slate: Slate, evidence: Evidence, friend: str) -> list[str]:
    """What may make the friend's name narrower, best first.

    With an embedder each next part is the one with which the name is nearest to the items.
    """
    details = _next_parts(friend, [], slate.details, DETAILS_AT[5], evidence.space)
    # Key phrases are single words more often than not, so they only fill up.
    return _next_parts(friend, details, evidence.keyphrases, FEWEST_DETAILS, evidence.space)


def _next_parts(
    friend: str, chosen: list[str], parts: Sequence[str], most: int, space: Space | None
) -> list[str]:
    """``chosen`` and more of the parts, as long as they are fewer than ``most``."""
    chosen = list(chosen)
    while len(chosen) < most:
        said = " ".join([friend, *chosen])
        new = [part for part in parts if unsaid(said, [part])]
        if not new:
            break
        at = 0
        if space is not None:
            at = int(np.argmax(space.fit([f"{friend}: {in_words([*chosen, p])}" for p in new])))
        chosen.append(new[at])
    return chosen
