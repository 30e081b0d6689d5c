"""Events and items as vectors, and the logits of what comes next: what every encoder here shares.

Every feature of an event has an embedding table; the tables' vectors are joined and projected to
one row (early fusion, User-LLM). An item is its own vector plus a projection of its content, both
as input and as something to predict (tied weights), so an item that was never seen still has a
place: that of its content.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from journeys.errors import ConfigError
from journeys.userllm.sequences import ITEM, EventBatch

#: Pauses are told apart by powers of two of a second, up to 34 years.
_GAPS = 32
#: Day, week and year in seconds; 1970-01-01 was a Thursday, which the encoder need not know.
_PERIODS = (86_400.0, 7 * 86_400.0, 365.2425 * 86_400.0)


@dataclass(frozen=True)
class EncoderConfig:
    """The shape of an encoder.

    Attributes:
        sizes: feature name to number of ids (with 0, the unknown); ``item`` among them.
        content: length of a content embedding; 0 for none.
        width: of the rows.
        layers, heads: of the transformer.
        window: how many events back an event looks in each layer, itself included.
        feature_width: of the vectors of features other than the item.
        dropout: while training.
    """

    sizes: Mapping[str, int]
    content: int = 0
    width: int = 64
    layers: int = 2
    heads: int = 2
    window: int = 200
    feature_width: int = 16
    dropout: float = 0.2

    def __post_init__(self) -> None:
        if ITEM not in self.sizes:
            raise ConfigError(f"an encoder needs the feature {ITEM!r}")
        if self.width % self.heads:
            raise ConfigError(f"{self.heads} heads do not divide the width {self.width}")
        for name in ("width", "layers", "heads", "window", "feature_width"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)}")


class EventModel(nn.Module, ABC):
    """What turns events into vectors and vectors into logits; subclasses say how history is read.

    Attributes:
        config: its shape.
        heads: for every feature but the item, the logits of its next value.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        width, side = config.width, config.feature_width
        self.items = nn.Embedding(config.sizes[ITEM], width, padding_idx=0)
        self.content = nn.Linear(config.content, width, bias=False) if config.content else None
        others = {name: size for name, size in config.sizes.items() if name != ITEM}
        self.features = nn.ModuleDict(
            {name: nn.Embedding(size, side, padding_idx=0) for name, size in others.items()}
        )
        self.gaps = nn.Embedding(_GAPS, side)
        joined = width + side * (len(others) + 1) + 2 * len(_PERIODS)
        self.fuse = nn.Linear(joined, width)
        self.drop = nn.Dropout(config.dropout)
        self.item_bias = nn.Parameter(torch.zeros(config.sizes[ITEM]))
        self.heads = nn.ModuleDict({name: nn.Linear(width, size) for name, size in others.items()})
        nn.init.normal_(self.fuse.weight, std=0.02)
        nn.init.zeros_(self.fuse.bias)
        for table in self.modules():
            if isinstance(table, nn.Embedding) and table.padding_idx is not None:
                nn.init.normal_(table.weight, std=0.02)
                nn.init.zeros_(table.weight[0].detach())

    @property
    def width(self) -> int:
        """Length of a vector."""
        return self.config.width

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return self.items.weight.device

    def item_vectors(self, ids: Tensor, content: Tensor) -> Tensor:
        """Vectors of items: their own plus that of their content.

        Args:
            ids: shape ``(...)``; 0 for an unknown item, which is its content alone.
            content: shape ``(..., c)``.

        Returns:
            Shape ``(..., width)``.
        """
        own: Tensor = self.items(ids)
        return own if self.content is None else own + self.content(content)

    @abstractmethod
    def forward(self, batch: EventBatch) -> Tensor:
        """One vector an event, shape ``(B, L, width)``, of events up to it; zeros at padding."""

    def item_logits(self, states: Tensor, item_vectors: Tensor) -> Tensor:
        """Logits of the next item.

        Args:
            states: shape ``(..., width)``.
            item_vectors: shape ``(n, width)``, see :meth:`item_vectors`.

        Returns:
            Shape ``(..., n)``, without the items' biases.
        """
        return states @ item_vectors.T

    def events(self, batch: EventBatch, before: Tensor | None) -> Tensor:
        """Each event by itself, ``(B, L, width)``."""
        item = self.item_vectors(batch.ids[ITEM], batch.content)
        first = batch.times[:, :1] if before is None else before
        gaps = torch.diff(batch.times, dim=1, prepend=first).clamp(min=0)
        steps = (torch.log2(1 + gaps) + 0.5).long().clamp(max=_GAPS - 1)
        parts = [item, self.gaps(steps), _calendar(batch.times).to(item.dtype)]
        parts += [table(batch.ids[name]) for name, table in self.features.items()]
        fused: Tensor = item + self.fuse(torch.cat(parts, dim=-1))
        return fused


def _calendar(times: Tensor) -> Tensor:
    """Place in the day, the week and the year as points on circles, ``(..., 6)``."""
    turns = torch.stack([times / period % 1 for period in _PERIODS], dim=-1) * (2 * math.pi)
    return torch.cat([turns.sin(), turns.cos()], dim=-1)
