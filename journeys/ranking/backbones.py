"""CTR models behind one interface, each of which takes a fusion vector beside the impression.

Every backbone is a logistic regression plus what its paper adds; ``extra``, a vector made elsewhere
(such as by :mod:`~journeys.ranking.fusion`), enters its linear part and, where there is a deep
part, that part's input.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from journeys.errors import ConfigError
from journeys.ranking.batch import Batch, Schema
from journeys.ranking.embeddings import FieldEmbedding, HistoryFactors, LinearPart
from journeys.ranking.layers import (
    AUGRU,
    CrossNetwork,
    TargetAttention,
    factorised_pairs,
    masked_softmax,
    mlp,
)


@dataclass(frozen=True)
class Sizes:
    """Sizes of a backbone; the defaults were chosen on validation impressions of ML-100k.

    ``attended``: the newest events of a history that DIN and DIEN read, one by one.
    """

    width: int = 16
    hidden: tuple[int, ...] = (128, 64)
    dropout: float = 0.3
    cross_depth: int = 2
    cross_rank: int = 32
    attention: int = 32
    attended: int = 20


class Backbone(nn.Module):
    """A model of how likely an impression is liked.

    Args:
        schema: sizes of the data.
        sizes: sizes of the model.
        extra: length of the vector that is given beside the batch, 0 for none.
    """

    def __init__(self, schema: Schema, sizes: Sizes, extra: int = 0) -> None:
        super().__init__()
        self.linear = LinearPart(schema)
        self.extra = nn.Linear(extra, 1, bias=False) if extra else None

    def forward(self, batch: Batch, extra: Tensor | None = None) -> Tensor:
        """Logits, shape ``(B,)``, for a batch and vectors ``(B, extra)``."""
        logits: Tensor = self.linear(batch)
        if self.extra is not None and extra is not None:
            logits = logits + self.extra(extra).squeeze(-1)  # noqa: S610 - a layer of torch
        return logits


class LR(Backbone):
    """Logistic regression."""


class FM(Backbone):
    """Factorisation machine (Rendle 2010), second order."""

    def __init__(self, schema: Schema, sizes: Sizes, extra: int = 0) -> None:
        super().__init__(schema, sizes, extra)
        self.embedding = FieldEmbedding(schema, sizes.width)

    def forward(self, batch: Batch, extra: Tensor | None = None) -> Tensor:
        return super().forward(batch, extra) + factorised_pairs(self.embedding(batch))


class Deep(FM):
    """A factorisation machine and a network over the same vectors; the base of the deep models.

    Subclasses say how wide what they add to the network's input is (``added``) and what it is.
    """

    def __init__(self, schema: Schema, sizes: Sizes, extra: int = 0, added: int = 0) -> None:
        super().__init__(schema, sizes, extra)
        flat = self.embedding.n_vectors * sizes.width
        self.dropout = nn.Dropout(sizes.dropout)
        self.deep = mlp(flat + added + extra, sizes.hidden, sizes.dropout)
        self.out = nn.Linear(sizes.hidden[-1], 1)

    def more(self, batch: Batch) -> list[Tensor]:
        """What a model adds to the network's input, each ``(B, ...)``."""
        return []

    def forward(self, batch: Batch, extra: Tensor | None = None) -> Tensor:
        vectors = self.embedding(batch)
        shallow = Backbone.forward(self, batch, extra) + factorised_pairs(vectors)
        given = [vectors.flatten(1), *self.more(batch)] + ([] if extra is None else [extra])
        return shallow + self.head(self.dropout(torch.cat(given, dim=1)))

    def head(self, inputs: Tensor) -> Tensor:
        """Logits of the deep part, shape ``(B,)``."""
        logits: Tensor = self.out(self.deep(inputs)).squeeze(-1)
        return logits


class DCN(Deep):
    """DCN-v2 (Wang et al. 2021), parallel, low rank, with a factorisation machine beside it.

    Where there is a history, the machine has its factors too, as SVD++ has.
    """

    def __init__(self, schema: Schema, sizes: Sizes, extra: int = 0) -> None:
        super().__init__(schema, sizes, extra)
        width = self.embedding.n_vectors * sizes.width + extra
        self.cross = CrossNetwork(width, sizes.cross_depth, sizes.cross_rank)
        self.crossed = nn.Linear(width, 1, bias=False)
        self.past = HistoryFactors(schema, sizes.width) if schema.history else None

    def forward(self, batch: Batch, extra: Tensor | None = None) -> Tensor:
        logits = super().forward(batch, extra)
        if self.past is not None:
            logits = logits + (self.past(batch) * self.embedding.target(batch)).sum(dim=-1)
        return logits

    def head(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.crossed(self.cross(inputs)).squeeze(-1)
        return super().head(inputs) + logits


class DIN(Deep):
    """Deep interest network (Zhou et al. 2018): the history as the target sees it."""

    def __init__(self, schema: Schema, sizes: Sizes, extra: int = 0) -> None:
        super().__init__(schema, sizes, extra, added=2 * sizes.width)
        self.attention = TargetAttention(sizes.width, sizes.attention)
        self.attended = sizes.attended

    def more(self, batch: Batch) -> list[Tensor]:
        batch = batch.recent(self.attended)
        target = self.embedding.target(batch)
        pooled = self.attention(target, self.embedding.events(batch), batch.history_mask)
        return [pooled, pooled * target]


class DIEN(Deep):
    """Deep interest evolution network (Zhou et al. 2019), without its auxiliary loss.

    That loss asks which item comes next, against items drawn at random; in a log of ratings the
    next item is given by the page and not by taste.
    """

    def __init__(self, schema: Schema, sizes: Sizes, extra: int = 0) -> None:
        super().__init__(schema, sizes, extra, added=2 * sizes.width)
        self.extraction = nn.GRU(sizes.width, sizes.width, batch_first=True)
        self.bilinear = nn.Linear(sizes.width, sizes.width, bias=False)
        self.evolution = AUGRU(sizes.width, sizes.width)
        self.attended = sizes.attended

    def more(self, batch: Batch) -> list[Tensor]:
        batch = batch.recent(self.attended)
        target = self.embedding.target(batch)
        # Oldest first, so that padding comes before the first event.
        mask = batch.history_mask.flip(1)
        events = self.embedding.events(batch).flip(1) * mask.unsqueeze(-1)
        states, _ = self.extraction(events)
        scores = torch.einsum("bld,bd->bl", self.bilinear(states), target)
        evolved = self.evolution(states, masked_softmax(scores, mask))
        return [evolved, evolved * target]


BACKBONES: dict[str, type[Backbone]] = {"lr": LR, "fm": FM, "dcn": DCN, "din": DIN, "dien": DIEN}


def make_backbone(
    name: str, schema: Schema, sizes: Sizes | None = None, *, extra: int = 0
) -> Backbone:
    """A backbone by name, with random weights.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in BACKBONES:
        raise ConfigError(f"There is no backbone {name!r}. Choose one of {', '.join(BACKBONES)}.")
    return BACKBONES[name](schema, sizes or Sizes(), extra)
