"""A Perceiver resampler: any number of event vectors to a fixed number of latents.

Jaegle et al., "Perceiver" (2021), in the form of Alayrac et al., "Flamingo" (2022), section 3.1.1:
learnt queries look at the input and at each other. User-LLM puts one between encoder and language
model, so that the model's input is as long for ten events as for two hundred.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Events are told apart by how far from the newest they stand: 0, 1, 2, 3-4, 5-8, ...
_AGES = 12


class Attention(nn.Module):
    """Multi-head attention of one set of rows to another, by torch's own kernel.

    Args:
        width: of the queries and of the result.
        source: width of the rows that are looked at.
        inner: total width of the heads; dividing by ``heads``.
    """

    def __init__(self, width: int, source: int, inner: int, heads: int) -> None:
        super().__init__()
        if inner % heads:
            raise ValueError(f"{heads} heads do not divide the width {inner}")
        self.heads = heads
        self.query = nn.Linear(width, inner, bias=False)
        self.pair = nn.Linear(source, 2 * inner, bias=False)
        self.out = nn.Linear(inner, width, bias=False)

    def forward(self, rows: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        """Shape ``(B, n, width)``.

        Args:
            rows: shape ``(B, n, width)``.
            source: shape ``(B, m, source)``.
            mask: shape ``(B, m)``, True where there is something to see; somewhere in every row.
        """
        size, count, _ = rows.shape
        query = self.query(rows).view(size, count, self.heads, -1).transpose(1, 2)
        key, value = (
            self.pair(source).view(size, source.shape[1], 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        )
        seen = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask[:, None, None, :]
        )
        found: Tensor = self.out(seen.transpose(1, 2).reshape(size, count, -1))
        return found


class PerceiverResampler(nn.Module):
    """``(B, L, source)`` to ``(B, latents, width)``, whatever ``L``.

    The queries begin from the newest event's vector. A timeline without any event gives what the
    latents say of nobody in particular.
    """

    def __init__(
        self, source: int, width: int, latents: int = 16, *, heads: int = 4, layers: int = 2
    ) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.randn(latents, width) * width**-0.5)
        # Without this the newest event is one of two hundred that are attended to alike, and a
        # model learns to look past everybody before it learns to look.
        self.newest = nn.Linear(source, latents * width)
        self.entry = nn.Linear(source, width)
        self.age = nn.Embedding(_AGES, width)
        self.norm_entry = nn.LayerNorm(width)
        self.layers = nn.ModuleList(_Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Resample.

        Args:
            states: shape ``(B, L, source)``, oldest first, padding at the end.
            mask: shape ``(B, L)``, True for an event.
        """
        rows = self.norm_entry(self.entry(states) + self.age(ages(mask)))
        latents = self.latents + self.newest(newest(states, mask)).view(
            len(states), *self.latents.shape
        )
        everything = torch.cat([mask.new_ones(latents.shape[:2]), mask], 1)
        for layer in self.layers:
            latents = layer(latents, rows, everything)
        found: Tensor = self.norm(latents)
        return found


class _Layer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm_latents = nn.LayerNorm(width)
        self.attention = Attention(width, width, width, heads)
        self.forward_part = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, latents: Tensor, rows: Tensor, mask: Tensor) -> Tensor:
        own = self.norm_latents(latents)
        latents = latents + self.attention(own, torch.cat([own, rows], 1), mask)
        found: Tensor = latents + self.forward_part(latents)
        return found


def newest(states: Tensor, mask: Tensor) -> Tensor:
    """The vector of each timeline's last event, ``(B, source)``; zeros where there is none."""
    last = (mask.sum(1) - 1).clamp(min=0)
    found: Tensor = states[torch.arange(len(states), device=states.device), last]
    return found * mask.any(1, keepdim=True)


def ages(mask: Tensor) -> Tensor:
    """How many events came after each one, in buckets; shape of ``mask``, int64."""
    after = mask.sum(1, keepdim=True) - mask.cumsum(1)
    power = torch.log2(after.clamp(min=0.5).float()).ceil().long() + 1
    return power.clamp(max=_AGES - 1)
