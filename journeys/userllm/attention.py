"""Causal self-attention over a window of the past, with biases for distance and elapsed time."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Distances 0, 1, 2, 3-4, 5-8, ... events share a bias each.
DISTANCES = 12
#: Seconds below which time hardly counts.
MINUTE = 60.0


class CausalBlock(nn.Module):
    """A pre-norm transformer layer whose keys and values can be kept for later events.

    Args:
        width: of the rows.
        heads: dividing the width.
        inner: width between the two linear maps of the feed-forward part.
        dropout: of both branches.
    """

    def __init__(self, width: int, heads: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention = nn.LayerNorm(width)
        self.norm_forward = nn.LayerNorm(width)
        self.projections = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        last = nn.Linear(inner, width)
        self.forward_part = nn.Sequential(nn.Linear(width, inner), nn.GELU(), last)
        self.drop = nn.Dropout(dropout)
        # A layer begins by passing its rows on, so that what items start with is not drowned.
        for ending in (self.out, last):
            nn.init.zeros_(ending.weight)
            nn.init.zeros_(ending.bias)

    def forward(
        self, rows: Tensor, bias: Tensor, past: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """One layer.

        Args:
            rows: shape ``(B, new, width)``.
            bias: shape ``(B, heads, new, past + new)``, added to the attention's logits; minus
                infinity where a row must not look.
            past: keys and values of earlier rows, each ``(B, heads, past, width / heads)``.

        Returns:
            rows of the same shape, and keys and values of earlier and new rows.
        """
        size, new, width = rows.shape
        split = self.projections(self.norm_attention(rows)).view(size, new, 3, self.heads, -1)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        if past is not None:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        seen = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=bias.to(query.dtype)
        )
        rows = rows + self.drop(self.out(seen.transpose(1, 2).reshape(size, new, width)))
        rows = rows + self.drop(self.forward_part(self.norm_forward(rows)))
        return rows, (key, value)


class PastBias(nn.Module):
    """Who looks at whom, and how readily: shared by all layers.

    A learnt bias a head for how many events lie between (Raffel et al. 2020, relative position
    buckets), and a learnt slope a head over the logarithm of the time between, so that attention
    falls off as a power of time. Neither knows the place in the sequence, so a window that slides
    changes nothing.
    """

    def __init__(self, heads: int, window: int) -> None:
        super().__init__()
        self.window = window
        self.distance = nn.Embedding(DISTANCES, heads)
        self.slope = nn.Parameter(torch.zeros(heads))
        nn.init.zeros_(self.distance.weight)

    def forward(self, times: Tensor, mask: Tensor, new: int) -> Tensor:
        """The bias of the last ``new`` events.

        Args:
            times: of all events, shape ``(B, all)``, seconds.
            mask: shape ``(B, all)``, True for an event.
            new: how many of them look.

        Returns:
            Shape ``(B, heads, new, all)``. A row of padding looks at itself only.
        """
        every = times.shape[1]
        place = torch.arange(every, device=times.device)
        apart = place[every - new :, None] - place[None, :]
        # Each difference by itself in float64: as float32, seconds since 1970 are two minutes wide.
        elapsed = (times[:, every - new :, None] - times[:, None, :]).float()
        logarithm = torch.log1p(elapsed.clamp_(min=0).div_(MINUTE))
        bias: Tensor = self.distance(_bucket(apart.clamp(min=0).float())).permute(2, 0, 1)
        seen = ((apart >= 0) & (apart < self.window))[None] & mask[:, None, :] | (apart == 0)[None]
        hidden = torch.zeros(seen.shape, device=times.device).masked_fill_(~seen, float("-inf"))
        return bias + (self.slope[:, None, None] * logarithm[:, None] + hidden[:, None])


def _bucket(apart: Tensor) -> Tensor:
    """0, 1, 2, 3-4, 5-8, ...: the power of two at or above; the last bucket has no end."""
    power = torch.log2(apart.clamp(min=0.5)).ceil().long() + 1
    return power.clamp(max=DISTANCES - 1)
