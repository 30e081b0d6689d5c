"""A user as a soft prompt: latents in the place of the first tokens' embeddings."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from journeys.userllm.resampler import PerceiverResampler


class SoftPrompt(nn.Module):
    """User-LLM's first way in: projected latents are put before the words (arXiv 2402.13598).

    Args:
        source: width of the event vectors.
        target: width of the language model.
        latents: how many stand before the words.
        width: of the resampler.
        size: root mean square of the model's own word embeddings. What is said of the user begins
            at a third of it: a row of another size would drown the words, or be drowned.

    Attributes:
        start: shape ``(latents, target)``: what a latent is for everybody. It may begin as the
            embeddings of some words (Lester et al. 2021, section 3.2), so that the untrained
            prompt is one that the model understands.
    """

    def __init__(self, source: int, target: int, latents: int, *, width: int, size: float) -> None:
        super().__init__()
        self.resampler = PerceiverResampler(source, width, latents)
        self.project = nn.Linear(width, target)
        self.norm = nn.RMSNorm(target)
        self.start = nn.Parameter(torch.zeros(latents, target))
        nn.init.constant_(self.norm.weight, size / 3)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Shape ``(B, latents, target)``.

        Args:
            states: shape ``(B, L, source)``.
            mask: shape ``(B, L)``, True for an event.
        """
        found: Tensor = self.start + self.norm(self.project(self.resampler(states, mask)))
        return found


def typical_size(embeddings: Tensor) -> float:
    """Root mean square of a table of word embeddings."""
    with torch.no_grad():
        return float(embeddings.float().square().mean().sqrt())
