"""A user that the language model looks up: gated cross-attention between its layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from journeys.errors import ModelError
from journeys.userllm.resampler import Attention, PerceiverResampler


class GatedCrossAttention(nn.Module):
    """``O + tanh(a) CrossAttn(O, E, E)`` with one ``a``, which is zero at first.

    User-LLM (arXiv 2402.13598) after Flamingo (Alayrac et al. 2022, section 3.1.2). At zero the
    sum is ``O`` bit for bit.
    """

    def __init__(self, width: int, source: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(width)
        self.attention = Attention(width, source, source, heads)
        self.gate = nn.Parameter(torch.zeros(()))

    def forward(self, rows: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """The rows ``(B, n, width)`` with what they found in the memory ``(B, m, source)``."""
        with torch.autocast(rows.device.type, enabled=False):
            seen = self.attention(self.norm(rows.float()), memory, mask)
            found: Tensor = rows + (torch.tanh(self.gate) * seen).to(rows.dtype)
        return found


class CrossAttention(nn.Module):
    """User-LLM's second way in: after some of the model's layers it looks at the latents.

    Args:
        source: width of the event vectors.
        target: width of the language model.
        latents: what the events are resampled to; 0 to look at the events themselves.
        width: of the resampler.
        after: positions of the layers after which the model looks.
    """

    def __init__(
        self, source: int, target: int, latents: int, *, width: int, after: Sequence[int]
    ) -> None:
        super().__init__()
        self.after = tuple(after)
        self.resampler = PerceiverResampler(source, width, latents) if latents else None
        self.entry = None if latents else nn.Linear(source, width)
        self.nobody = nn.Parameter(torch.zeros(width))
        self.blocks = nn.ModuleList(GatedCrossAttention(target, width, 4) for _ in self.after)

    def forward(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """What the model may look at: rows ``(B, m, width)`` and their mask ``(B, m)``.

        Args:
            states: shape ``(B, L, source)``.
            mask: shape ``(B, L)``, True for an event.
        """
        if self.resampler is not None:
            rows = self.resampler(states, mask)
            return rows, mask.new_ones(rows.shape[:2])
        assert self.entry is not None
        # Somebody without events is looked at, too: attention to nothing is no number.
        nobody = self.nobody.expand(len(states), 1, -1)
        rows = torch.cat([nobody, self.entry(states)], 1)
        return rows, torch.cat([mask.new_ones(len(mask), 1), mask], 1)

    def open(self, gate: float) -> None:
        """Let every gate stand at ``gate`` before training.

        At zero nothing of the attention learns until the gate has moved, and by then the language
        model has learnt to do without.
        """
        with torch.no_grad():
            for name, weight in self.blocks.named_parameters():
                if name.endswith("gate"):
                    weight.fill_(gate)

    @contextmanager
    def attending(
        self, layers: Sequence[nn.Module], memory: tuple[Tensor, Tensor]
    ) -> Iterator[None]:
        """During the block, the model's layers look at the memory.

        Args:
            layers: all the model's layers, from the first.
            memory: what :meth:`forward` gave; as many rows as the model will be given.
        """
        handles = [
            layers[at].register_forward_hook(_looking(block, memory))
            for at, block in zip(self.after, self.blocks, strict=True)
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def _looking(block: nn.Module, memory: tuple[Tensor, Tensor]) -> Any:
    def hook(layer: nn.Module, given: Any, output: Any) -> Any:
        if isinstance(output, tuple):
            return (block(output[0], *memory), *output[1:])
        return block(output, *memory)

    return hook


def decoder_layers(model: nn.Module) -> nn.ModuleList:
    """The layers of a causal language model of whatever family: its longest list of modules.

    Raises:
        ModelError: it has none.
    """
    lists = [each for each in model.modules() if isinstance(each, nn.ModuleList)]
    if not lists:
        raise ModelError("This language model has no list of layers that one could look between.")
    return max(lists, key=len)


def spread(layers: int, count: int) -> tuple[int, ...]:
    """``count`` positions spread over so many layers, the last of them at the top's end."""
    count = min(count, layers)
    return tuple((at + 1) * layers // count - 1 for at in range(count))
