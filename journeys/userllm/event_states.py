"""What a frozen encoder made of everybody's events, worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from journeys.userllm.sequences import EncoderData
from journeys.userllm.vectors import event_vectors


@dataclass(frozen=True)
class EventStates:
    """Vectors of the events of some users.

    Attributes:
        vectors: shape ``(B, L, width)``, oldest first, padding at the end.
        mask: shape ``(B, L)``, True for an event.
    """

    vectors: Tensor
    mask: Tensor


class TimelineStates:
    """The vectors of all events of some data, each seen with its user's whole past.

    Args:
        vectors: shape ``(n, width)``, float32, in the order of the data.
    """

    def __init__(self, vectors: np.ndarray) -> None:
        self._vectors = torch.from_numpy(vectors)

    @classmethod
    def of(cls, encoder: Any, data: EncoderData) -> TimelineStates:
        """Encode every timeline; nothing is differentiated."""
        vectors = np.zeros((len(data), encoder.width), dtype=np.float32)
        for user, rows in event_vectors(encoder, data):
            vectors[data.starts[user] : data.starts[user + 1]] = rows
        return cls(vectors)

    def batch(self, stretches: Sequence[tuple[int, int]]) -> EventStates:
        """Stretches of events ``[start, stop)``, each padded to the longest."""
        longest = max((stop - start for start, stop in stretches), default=0)
        mask = torch.zeros(len(stretches), max(longest, 1), dtype=torch.bool)
        vectors = torch.zeros(*mask.shape, self._vectors.shape[1])
        for row, (start, stop) in enumerate(stretches):
            mask[row, : stop - start] = True
            vectors[row, : stop - start] = self._vectors[start:stop]
        return EventStates(vectors, mask)
