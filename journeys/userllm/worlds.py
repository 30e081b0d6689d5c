"""What a comparison is made on: the data, who is learnt from, and who is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from journeys.errors import InputError
from journeys.ranking.impressions import Impressions
from journeys.userllm.datasets import Embed, of_impressions
from journeys.userllm.films import film_people, film_wording
from journeys.userllm.questions import Person, Question, Wording
from journeys.userllm.sequences import EncoderData
from journeys.userllm.tasks import Questions, split_next

#: The longest history of the comparison; who is asked about has so many events.
LONGEST = 200


@dataclass(frozen=True)
class World:
    """Data with its people; nobody is both learnt from and asked about.

    Attributes:
        name: for files and tables.
        data: all events.
        learnt: shape ``(n,)``, bool: events that encoders and baselines learn from.
        valid: questions that choose an encoder's epoch; None for none.
        train: people that routes learn from.
        test: people that routes are asked about.
        wording: how a history is told as text.
    """

    name: str
    data: EncoderData
    learnt: np.ndarray
    valid: Questions | None
    train: tuple[Person, ...]
    test: tuple[Person, ...]
    wording: Wording

    @property
    def key(self) -> str:
        """Changes with whatever a training hangs on: the events and who is learnt from."""
        told = [self.data.sha256(), *(f"{p.id} {p.start} {p.known}" for p in self.train)]
        return blake2b("\n".join(told).encode(), digest_size=8).hexdigest()

    @property
    def questions(self) -> list[Question]:
        """Everybody's."""
        return [each for person in (*self.train, *self.test) for each in person.questions]


def film_world(
    log: Impressions,
    embed: Embed | None,
    *,
    people: int = 100,
    longest: int = LONGEST,
    seed: int = 0,
) -> World:
    """ML-100k. The routes learn from the last but one instant of some users' histories, and are
    asked about the last one of others, all of whom have the longest history.

    The encoder learns from what lies before both, so it has seen neither.

    Args:
        people: to be asked about, drawn by the seed, at most.

    Raises:
        InputError: nobody has so long a history.
    """
    data = of_impressions(log, embed)
    split = split_next(data, "last")
    asked = film_people(log, data, split.test, split.train, seed=seed)
    long = [person for person in asked if person.known - person.start >= longest]
    test = drawn(long, people, seed)
    if not test:
        raise InputError(f"Nobody in the data has {longest:,} events.")
    held = {person.user for person in test}
    learnt = film_people(log, data, split.valid, split.train, seed=seed + 1)
    train = tuple(person for person in learnt if person.user not in held)
    return World("films", data, split.train, split.valid, train, test, film_wording(data))


def drawn(people: Sequence[Person], count: int, seed: int) -> tuple[Person, ...]:
    """Some of the people, in the data's order."""
    order = np.random.default_rng(seed).permutation(len(people))[:count]
    return tuple(people[at] for at in np.sort(order))
