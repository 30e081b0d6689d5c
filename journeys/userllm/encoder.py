"""The user encoder: a causal transformer over events, one vector an event, and what comes next.

After User-LLM: a decoder-style transformer reads the rows of :mod:`journeys.userllm.events`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from journeys.userllm.attention import CausalBlock, PastBias
from journeys.userllm.events import EncoderConfig, EventModel
from journeys.userllm.sequences import EventBatch

__all__ = ["EncoderConfig", "EncoderState", "UserEncoder", "pooled"]

#: A timeline is read at once up to twice this length, or twice the window.
_BLOCK = 128


@dataclass(frozen=True)
class EncoderState:
    """What must be kept of a timeline to add to it: the newest keys and values of each layer.

    Attributes:
        past: for each layer, keys and values ``(B, heads, kept, width / heads)``.
        times, mask: of the kept events, ``(B, kept)``.
        total: sum of all vectors so far, ``(B, width)``, float64.
        count: events so far, ``(B,)``, int64.
    """

    past: tuple[tuple[Tensor, Tensor], ...]
    times: Tensor
    mask: Tensor
    total: Tensor
    count: Tensor

    @property
    def pooled(self) -> Tensor:
        """The user vector, ``(B, width)``: the mean of the events' vectors; see :func:`pooled`."""
        return (self.total / self.count.clamp(min=1)[:, None]).float()


class UserEncoder(EventModel):
    """Timelines to vectors, causally: row ``t`` knows events up to ``t``."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        self.bias = PastBias(config.heads, config.window)
        self.blocks = nn.ModuleList(
            CausalBlock(config.width, config.heads, 2 * config.width, config.dropout)
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width)

    def forward(self, batch: EventBatch) -> Tensor:
        """One vector an event, shape ``(B, L, width)``; zeros at padding.

        Long timelines are read block by block, so that time grows with their length and not with
        its square.
        """
        length = batch.mask.shape[1]
        block = max(self.config.window, _BLOCK)
        if length <= 2 * block:
            return self.extend(batch)[0]
        parts, state = [], None
        for start in range(0, length, block):
            rows, state = self.extend(batch.columns(start, start + block), state)
            parts.append(rows)
        return torch.cat(parts, 1)

    def extend(
        self, batch: EventBatch, state: EncoderState | None = None
    ) -> tuple[Tensor, EncoderState]:
        """The vectors of new events, and the state with which to go on.

        Equal to encoding everything at once, within floating point. With a state, all timelines
        must have the same number of new events: there is padding after a timeline's end only.

        Args:
            batch: the new events.
            state: of the earlier ones of the same timelines; None for none.

        Returns:
            vectors of the new events, ``(B, L, width)``, and the state.
        """
        new = batch.mask.shape[1]
        times, mask, before = batch.times, batch.mask, None
        if state is not None:
            times = torch.cat([state.times, times], 1)
            mask = torch.cat([state.mask, mask], 1)
            before = state.times[:, -1:]
        rows = self.drop(self.events(batch, before))
        bias = self.bias(times, mask, new)
        keep = max(mask.shape[1] - (self.config.window - 1), 0)
        kept = []
        for at, block in enumerate(self.blocks):
            rows, (key, value) = block(rows, bias, state.past[at] if state else None)
            kept.append((key[:, :, keep:], value[:, :, keep:]))
        rows = self.norm(rows) * batch.mask[..., None]
        total, count = rows.sum(1, dtype=torch.float64), batch.mask.sum(1)
        if state is not None:
            total, count = total + state.total, count + state.count
        return rows, EncoderState(tuple(kept), times[:, keep:], mask[:, keep:], total, count)


def pooled(states: Tensor, mask: Tensor) -> Tensor:
    """User vectors, ``(B, width)``: the mean of the vectors of a timeline's events."""
    weights = mask.to(states.dtype)[..., None]
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)
