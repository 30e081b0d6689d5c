"""A user who is also a person of a log: their journeys, and a vector of their history.

The id that agents use and the id in the log are one where they are the same text: both become the
same pseudonym. Nothing is guessed beyond that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from journeys.errors import JourneysError
from journeys.store import Store
from journeys.store.agent_journeys import PersonJourney, PersonRun, journeys_of, newest_runs

NO_PERSON = "No discovery is done with a log that has this user."
NO_ENCODER = (
    "No user encoder is trained. Train one: python -m journeys userllm pretrain LOG, and start the "
    "server again."
)


@dataclass(frozen=True)
class SoftPrompt:
    """A person's history as one vector, for a model that was taught to read it."""

    encoder: str
    vector: tuple[float, ...]


@dataclass(frozen=True)
class About:
    """What logs tell of a user; where a part is missing, its note says why."""

    journeys: tuple[PersonJourney, ...] = ()
    journeys_note: str = NO_PERSON
    soft_prompt: SoftPrompt | None = None
    soft_prompt_note: str = NO_ENCODER


class Vectors(Protocol):
    """Makes vectors of people."""

    def of(self, run: PersonRun) -> SoftPrompt:
        """The vector of a person.

        Raises:
            JourneysError: there is none, and why.
        """
        ...


class People:
    """Finds users among the people of the store's logs.

    Args:
        vectors: makes soft prompts; None where no encoder is there.
    """

    def __init__(self, store: Store, vectors: Vectors | None = None) -> None:
        self._store = store
        self._vectors = vectors

    def about(self, user: str, *, most: int, request: str = "") -> About:
        """What is known of a user by pseudonym.

        Journeys that share words with the request come first, then the strongest.
        """
        runs = newest_runs(self._store.engine, user)
        if not runs:
            note = NO_ENCODER if self._vectors is None else NO_PERSON
            return About(soft_prompt_note=note)
        found = journeys_of(self._store.engine, runs[0], most=max(most, 50))
        ordered = _by_words(found, request)[:most]
        note = "" if ordered else "The newest discovery found no journey of this person."
        prompt, why = self._soft_prompt(runs[0])
        return About(tuple(ordered), note, prompt, why)

    def _soft_prompt(self, run: PersonRun) -> tuple[SoftPrompt | None, str]:
        if self._vectors is None:
            return None, NO_ENCODER
        try:
            return self._vectors.of(run), ""
        except JourneysError as error:
            return None, str(error)


def _by_words(found: Sequence[PersonJourney], request: str) -> list[PersonJourney]:
    asked = _words(request)
    return sorted(found, key=lambda each: -len(asked & _words(each.name)))


def _words(text: str) -> set[str]:
    return {word for word in text.lower().split() if len(word) > 3}
