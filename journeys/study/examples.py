"""From a journey and what its person would say instead to a worked example for naming."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from journeys.discovery.sendable import sendable
from journeys.naming.base import Evidence
from journeys.naming.examples import NameExample, about_journey, placed
from journeys.sensitive import flag_texts


def example_of(
    id: str,
    owner: str,
    evidence: Evidence,
    names: Sequence[str],
    words: Mapping[int, str],
    saved_at: int = 0,
) -> NameExample | None:
    """The example, redacted; None where nothing of the words can serve.

    Words must read like a name and share a telling word with the journey (see
    :func:`~journeys.naming.examples.placed` and :func:`~journeys.naming.examples.about_journey`).

    Args:
        owner: pseudonym of the person.
        evidence: of the journey, already redacted.
        names: the five names that the journey had.
        words: level shown -> what the person would say.
    """
    said = [sendable(name) for name in names]
    levels: dict[int, str] = {}
    for level, text in sorted(words.items()):
        found = placed(sendable(text), level)
        if found and about_journey(found[0], evidence.titles, (*evidence.keyphrases, *said)):
            levels[found[1]] = found[0]
    if not levels or not evidence.titles:
        return None
    five = tuple(levels.get(at, name) for at, name in enumerate(said, start=1))
    texts = (*evidence.titles, *evidence.keyphrases, *five)
    return NameExample(
        id=id,
        owner=owner,
        titles=evidence.titles,
        keyphrases=evidence.keyphrases,
        names=five,
        levels=tuple(sorted(levels)),
        sensitive=any(flag_texts(texts)),
        saved_at=saved_at,
    )
