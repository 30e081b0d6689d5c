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
from journeys.userllm.tasks import Questions, earlier_cuts, split_next

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
        earlier: people of ``train`` again, at earlier cuts of their histories; for routes only.
    """

    name: str
    data: EncoderData
    learnt: np.ndarray
    valid: Questions | None
    train: tuple[Person, ...]
    test: tuple[Person, ...]
    wording: Wording
    earlier: tuple[Person, ...] = ()

    @property
    def examples(self) -> tuple[Person, ...]:
        """What routes learn from: everybody once, and at their earlier cuts."""
        return (*self.train, *self.earlier)

    @property
    def key(self) -> str:
        """Changes with whatever a training hangs on: the events and who is learnt from."""
        told = [self.data.sha256(), *(f"{p.id} {p.start} {p.known}" for p in self.examples)]
        return blake2b("\n".join(told).encode(), digest_size=8).hexdigest()

    @property
    def questions(self) -> list[Question]:
        """Everybody's."""
        return [each for person in (*self.examples, *self.test) for each in person.questions]


def film_world(
    log: Impressions,
    embed: Embed | None,
    *,
    people: int = 100,
    longest: int = LONGEST,
    cuts: int = 1,
    seed: int = 0,
) -> World:
    """ML-100k. The routes learn from the last but one instant of some users' histories, and are
    asked about the last one of others, all of whom have the longest history.

    The encoder learns from what lies before both, so it has seen neither.

    Args:
        people: to be asked about, drawn by the seed, at most.
        cuts: of the history of each person to learn from. All but the first lie inside what the
            encoder learnt from, which it may know better than what is to come.

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
    users = [person.user for person in train]
    rounds = earlier_cuts(data, split.train, users, cuts - 1, seed=seed)
    # Each round draws its own wrong answers.
    earlier = tuple(
        person
        for at, asked_of in enumerate(rounds)
        for person in film_people(log, data, asked_of, split.train, seed=seed + 2 + at)
    )
    wording = film_wording(data)
    return World("films", data, split.train, split.valid, train, test, wording, earlier)


def drawn(people: Sequence[Person], count: int, seed: int) -> tuple[Person, ...]:
    """Some of the people, in the data's order."""
    order = np.random.default_rng(seed).permutation(len(people))[:count]
    return tuple(people[at] for at in np.sort(order))
