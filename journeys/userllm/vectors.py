"""User vectors by a trained encoder: of whole timelines, and updated as events come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from journeys.userllm.encoder import EncoderState, UserEncoder, pooled
from journeys.userllm.sequences import EncoderData, EventBatch

_AT_ONCE = 16


@dataclass(frozen=True)
class UserVectors:
    """One vector a user.

    Attributes:
        users: as in the data.
        vectors: shape ``(n_users, width)``, float32; zeros where nothing is known.
        events: shape ``(n_users,)``, int64: on how many events each vector rests.
    """

    users: tuple[str, ...]
    vectors: np.ndarray
    events: np.ndarray


def event_vectors(
    encoder: UserEncoder, data: EncoderData, users: Sequence[int] | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """(user, vectors of their events ``(events, width)``, float32) for each user."""
    encoder.eval()
    chosen = list(range(data.n_users)) if users is None else list(users)
    chosen.sort(key=lambda user: int(data.starts[user + 1] - data.starts[user]))
    with torch.no_grad():
        for first in range(0, len(chosen), _AT_ONCE):
            part = chosen[first : first + _AT_ONCE]
            batch = data.batch([(int(data.starts[u]), int(data.starts[u + 1])) for u in part])
            rows = encoder(batch.to(encoder.device)).float().cpu().numpy()
            for place, user in enumerate(part):
                yield user, rows[place, : int(data.starts[user + 1] - data.starts[user])]


def user_vectors(encoder: UserEncoder, data: EncoderData) -> UserVectors:
    """The pooled vector of everybody: the mean of the vectors of their events."""
    vectors = np.zeros((data.n_users, encoder.width), dtype=np.float32)
    for user, rows in event_vectors(encoder, data):
        if len(rows):
            vectors[user] = rows.mean(0, dtype=np.float64)
    return UserVectors(data.users, vectors, np.diff(data.starts))


@torch.no_grad()
def add_events(
    encoder: UserEncoder, batch: EventBatch, state: EncoderState | None = None
) -> EncoderState:
    """A timeline with new events, in time that does not grow with what was there.

    Args:
        batch: the new events of one timeline, or of several with equally many.
        state: as the last call gave it; None at the beginning. ``state.pooled`` is the user vector.
    """
    encoder.eval()
    return encoder.extend(batch.to(encoder.device), state)[1]


__all__ = ["UserVectors", "add_events", "event_vectors", "pooled", "user_vectors"]
