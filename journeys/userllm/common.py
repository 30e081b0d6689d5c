"""What people with similar journeys have in common, in the words of their journeys' names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from journeys.errors import ConfigError
from journeys.journey import FRIEND_LEVEL
from journeys.store import Store
from journeys.userllm.similar import LEAST_PEOPLE
from journeys.words import content_words, fold, words


def common_words(
    names: Mapping[str, Sequence[str]], people: Sequence[str], *, k: int = LEAST_PEOPLE
) -> list[tuple[str, int]]:
    """Words in the journeys' names of ``k`` or more of some people, the most frequent first.

    Args:
        names: person to the names of their journeys.
        people: those who are alike.
        k: people that there must be behind a word, at least 2.

    Returns:
        Pairs of word and people, rounded down to a multiple of ``k``.

    Raises:
        ConfigError: ``k`` is out of range.
    """
    if k < 2:
        raise ConfigError(f"k must be at least 2, not {k}")
    counts: Counter[str] = Counter()
    written: dict[str, Counter[str]] = {}
    for person in people:
        own = names.get(person, ())
        counts.update({word for name in own for word in content_words(name)})
        for word in (word for name in own for word in words(name)):
            written.setdefault(fold(word), Counter())[word.lower()] += 1
    shown = [
        (written[word].most_common(1)[0][0], count // k * k)
        for word, count in counts.items()
        if count >= k
    ]
    return sorted(shown, key=lambda pair: (-pair[1], pair[0]))


def journey_names(store: Store, run_id: int, people: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Names of some people's journeys in a discovery, by pseudonym."""
    wanted = set(people)
    found = {}
    for person in store.results.people(run_id):
        if person.pseudonym in wanted:
            timeline = store.logs.timeline(person.person_id, run_id)
            journeys = store.results.user(run_id, person.person_id, timeline).journeys
            found[person.pseudonym] = tuple(each.name(FRIEND_LEVEL) for each in journeys)
    return found
