"""People with similar journeys, and who stands in for a person of whom little is known.

Whoever is shown here is never a single other person: a group has at least ``k`` people, and what is
told of it is told of all of them together. A persona is such a group, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from journeys.errors import ConfigError
from journeys.userllm.vectors import UserVectors

#: People that must stand behind anything shown across people; see the privacy rules.
LEAST_PEOPLE = 5

#: Events from which a vector is taken to speak for its person; a persona has only such people.
RICH = 20

#: Pseudo-events by which the persona speaks for a person beside their own: see :func:`backed_off`.
PRIOR = 10.0


@dataclass(frozen=True)
class SimilarPeople:
    """The ``k`` or more people whose journeys are most like somebody's.

    Attributes:
        people: positions in the vectors; for counting together, not for showing one by one.
        likeness: shape ``(people,)``: cosine of the centred vectors, falling.
        events: on how many events the asking person's own vector rests.
    """

    people: np.ndarray
    likeness: np.ndarray
    events: int


def similar_people(
    found: UserVectors, user: int, *, k: int = LEAST_PEOPLE, most: int = 20
) -> SimilarPeople | None:
    """Those most like a person; None where fewer than ``k`` others have events at all.

    Args:
        found: of a log.
        user: position of the person.
        k: people that there must be, at least 2.
        most: people, at most; at least ``k``.

    Raises:
        ConfigError: ``k`` or ``most`` is out of range.
    """
    if k < 2 or most < k:
        raise ConfigError(f"k must be at least 2 and most at least k, not {k} and {most}")
    unit = _centred(found)
    likeness = unit @ unit[user]
    others = np.flatnonzero((found.events > 0) & (np.arange(len(likeness)) != user))
    if len(others) < k or not found.events[user]:
        return None
    order = others[np.argsort(-likeness[others], kind="stable")][:most]
    return SimilarPeople(order, likeness[order], int(found.events[user]))


def shared_items(held: np.ndarray, similar: SimilarPeople, *, k: int = LEAST_PEOPLE) -> np.ndarray:
    """What at least ``k`` of the similar people have, the most frequent first.

    Args:
        held: shape ``(n_users, n)``, bool: who has what (items, journeys' names, categories).

    Returns:
        Columns of ``held``, int64.
    """
    counts = held[similar.people].sum(0)
    shown = np.flatnonzero(counts >= k)
    return shown[np.argsort(-counts[shown], kind="stable")]


@dataclass(frozen=True)
class Personas:
    """Centres of groups of rich users.

    Attributes:
        centres: shape ``(personas, width)``, float32: means of at least ``k`` vectors.
        people: shape ``(personas,)``, int64: how many are behind each.
        mean: shape ``(width,)``: of all rich users, subtracted before anything is compared.
        k: the threshold.
    """

    centres: np.ndarray
    people: np.ndarray
    mean: np.ndarray
    k: int


def make_personas(
    found: UserVectors, *, count: int = 8, k: int = LEAST_PEOPLE, rich: int = RICH, seed: int = 0
) -> Personas:
    """Personas: k-means of the vectors of rich users, each group with ``k`` people or more.

    A smaller group is dissolved into the others, the smallest first.

    Args:
        found: of a log.
        count: of personas, at most.
        k: people of each.
        rich: events that a person needs to be one of them.
        seed: of k-means.

    Raises:
        ConfigError: fewer than ``k`` people are rich.
    """
    from sklearn.cluster import KMeans

    if k < 2 or count < 1:
        raise ConfigError(f"k must be at least 2 and count at least 1, not {k} and {count}")
    vectors = found.vectors[found.events >= rich].astype(np.float64)
    if len(vectors) < k:
        raise ConfigError(
            f"Only {len(vectors)} people have {rich} events or more, and a persona needs {k}. "
            "Nobody can stand in for others in this log."
        )
    mean = vectors.mean(0)
    unit = _unit(vectors - mean)
    groups = min(count, len(vectors) // k)
    labels = KMeans(groups, n_init=5, random_state=seed).fit_predict(unit)
    while True:
        names, sizes = np.unique(labels, return_counts=True)
        if sizes.min() >= k:
            break
        centres = np.stack([unit[labels == name].mean(0) for name in names])
        smallest = int(sizes.argmin())
        alone = labels == names[smallest]
        likeness = unit[alone] @ centres.T
        likeness[:, smallest] = -np.inf
        labels[alone] = names[likeness.argmax(1)]
    centres = np.stack([vectors[labels == name].mean(0) for name in names])
    return Personas(centres.astype(np.float32), sizes.astype(np.int64), mean.astype(np.float32), k)


@dataclass(frozen=True)
class BackedOff:
    """A vector for a person of whom little is known, and what it rests on.

    Attributes:
        vector: shape ``(width,)``, float32.
        events: of the person themselves.
        own: share of their own vector in it, from 0 to below 1.
        persona: position of the persona that stands in.
        people: behind that persona, rounded down to a multiple of the threshold.
    """

    vector: np.ndarray
    events: int
    own: float
    persona: int
    people: int

    @property
    def told(self) -> str:
        """The evidence in a sentence; wherever the vector is used, this is shown."""
        return (
            f"{self.events:,} events of this person's own ({self.own:.0%} of the picture); the "
            f"rest is a group of {self.people:,} or more people with similar histories."
        )


def backed_off(
    vector: np.ndarray, events: int, personas: Personas, *, prior: float = PRIOR
) -> BackedOff:
    """Shrink a person's vector towards the nearest persona: ``n / (n + prior)`` is their own.

    Without any event the largest persona stands in.

    Args:
        vector: the pooled vector, shape ``(width,)``.
        events: on which it rests.
        personas: of the log.
        prior: events at which both count the same.
    """
    own = events / (events + prior)
    if events:
        centres = _unit(personas.centres - personas.mean)
        nearest = int((centres @ _unit((vector - personas.mean)[None])[0]).argmax())
    else:
        nearest = int(personas.people.argmax())
    mixed = own * vector + (1 - own) * personas.centres[nearest]
    people = int(personas.people[nearest]) // personas.k * personas.k
    return BackedOff(mixed.astype(np.float32), events, own, nearest, people)


def _centred(found: UserVectors) -> np.ndarray:
    """Unit vectors less the mean of everybody with events; zeros for the others."""
    known = found.events > 0
    vectors = found.vectors.astype(np.float64)
    centred: np.ndarray = np.where(known[:, None], vectors - vectors[known].mean(0), 0.0)
    return _unit(centred)


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: np.ndarray = vectors / np.maximum(lengths, 1e-12)
    return unit
