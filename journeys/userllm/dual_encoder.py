"""The dual encoder: a tower for the history, a tower for the item, and their inner product.

The baseline of User-LLM's paper: the history is a bag, so it knows what was there and how long ago,
but not in which order. It learns from the same targets, features and content as the encoder.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from journeys.userllm.events import EncoderConfig, EventModel
from journeys.userllm.sequences import EventBatch


class DualEncoder(EventModel):
    """A bag of events to a vector, causally.

    Args:
        config: its shape; ``layers``, ``heads`` and ``window`` are not used.
        half_life: after so many newer events an event counts half in the bag; 0 for never.
    """

    def __init__(self, config: EncoderConfig, *, half_life: float = 0.0) -> None:
        super().__init__(config)
        width = config.width
        self.half_life = half_life
        self.norm = nn.LayerNorm(width)
        self.user_tower = _tower(width, config.dropout)
        self.item_tower = _tower(width, 0.0)

    def item_vectors(self, ids: Tensor, content: Tensor) -> Tensor:
        """What the item's tower makes of its own vector and its content, ``(..., width)``."""
        plain = super().item_vectors(ids, content)
        towered: Tensor = plain + self.item_tower(plain)
        return towered

    def forward(self, batch: EventBatch) -> Tensor:
        """One vector an event, ``(B, L, width)``: of the bag of events up to it."""
        rows = self.drop(self.events(batch, None)) * batch.mask[..., None]
        place = torch.arange(batch.mask.shape[1], device=rows.device)
        apart = (place[:, None] - place[None, :]).to(rows.dtype)
        weights = (
            0.5 ** (apart.clamp(min=0) / self.half_life) if self.half_life else apart * 0 + 1
        ).tril()
        bags = weights @ rows / weights.sum(1, keepdim=True)
        vectors: Tensor = self.norm(bags + self.user_tower(bags)) * batch.mask[..., None]
        return vectors


def _tower(width: int, dropout: float) -> nn.Sequential:
    """Added to what it is given; nought at first, so that a training starts from counts."""
    last = nn.Linear(2 * width, width)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout), last
    )
