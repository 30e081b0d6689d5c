"""What an encoder says of one person of a log, with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from journeys.errors import ConfigError, InputError
from journeys.userllm.card import TrainedEncoder
from journeys.userllm.drift import Drift, monthly_drift
from journeys.userllm.sequences import ITEM, EncoderData
from journeys.userllm.similar import (
    LEAST_PEOPLE,
    BackedOff,
    backed_off,
    make_personas,
    shared_items,
    similar_people,
)
from journeys.userllm.vectors import UserVectors, event_vectors


@dataclass(frozen=True)
class PersonView:
    """One person beside the others of their log.

    Attributes:
        user: position in the data.
        events: of the person.
        vector: what stands for them, shrunk towards a persona; None where the log has too few
            people for one, and then only their own vector could speak.
        similar: how many people are most like them; 0 where fewer than ``k`` are there.
        shared: ids of the items that ``k`` or more of those have and the person has not, the most
            frequent first.
        drift: of the person's months.
    """

    user: int
    events: int
    vector: BackedOff | None
    similar: int
    shared: np.ndarray
    drift: Drift


def view_person(
    trained: TrainedEncoder, data: EncoderData, user: str, *, k: int = LEAST_PEOPLE, most: int = 20
) -> PersonView:
    """Look at a person.

    Args:
        trained: an encoder.
        data: of a log, with the encoder's vocabulary.
        user: id in the data.
        k: people that must stand behind whatever is told of others.
        most: similar people, at most.

    Raises:
        InputError: the log has no such person, or its content vectors are of another embedder.
        ConfigError: ``k`` or ``most`` is out of range.
    """
    if user not in data.users:
        raise InputError(f"The log has no person {user!r} among its {data.n_users:,}.")
    if data.contents.shape[1] != trained.encoder.config.content:
        raise InputError(
            f"The encoder {trained.card.name} was trained with other content vectors "
            f"({trained.card.embedder or 'none'}). Train it again on this log."
        )
    at = data.users.index(user)
    rows = dict(event_vectors(trained.encoder, data))
    counts = np.diff(data.starts)
    vectors = np.stack([rows[each].mean(0, dtype=np.float64) for each in range(data.n_users)])
    found = UserVectors(data.users, vectors.astype(np.float32), counts)
    similar = similar_people(found, at, k=k, most=max(most, k))
    items = data.ids[ITEM]
    shared = np.zeros(0, dtype=np.int64)
    if similar is not None:
        held = np.zeros((data.n_users, len(data.catalogue)), dtype=bool)
        held[data.owner, items] = True
        held[:, 0] = False
        shared = shared_items(held & ~held[at], similar, k=k)
    try:
        vector = backed_off(found.vectors[at], int(counts[at]), make_personas(found, k=k))
    except ConfigError:  # Too few people with long histories: nobody may stand in.
        vector = None
    own = slice(int(data.starts[at]), int(data.starts[at + 1]))
    mean = np.concatenate(list(rows.values())).mean(0, dtype=np.float64)
    return PersonView(
        user=at,
        events=int(counts[at]),
        vector=vector,
        similar=0 if similar is None else len(similar.people),
        shared=shared,
        drift=monthly_drift(rows[at], data.times[own], mean=mean),
    )
