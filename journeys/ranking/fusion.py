"""User interest fusion: what closed partitions say, as the target item asks for it.

After LIBER (Zhu et al., arXiv 2411.14713), which encodes each partition's text, projects it into
the recommender's space and pools it by attention into one vector that any CTR model can take. The
paper's exact layers could not be read; these are the plainest that fit its description.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from journeys.ranking.backbones import Sizes, make_backbone
from journeys.ranking.batch import Batch, Schema
from journeys.ranking.embeddings import FieldEmbedding
from journeys.ranking.layers import masked_softmax
from journeys.ranking.memory import MemoryBank

#: Ages are told apart up to here: 0, 1, 2-3, 4-7, ... partitions ago.
_AGE_BUCKETS = 8


class InterestFusion(nn.Module):
    """Attention of the target item over the partitions that were closed before.

    Args:
        bank: vectors of summaries and shifts, and their kinds; they are not trained.
        schema, width: of the vectors of items by which the target asks.
        size: length of a projected summary.
        dropout: on the projected summaries.
    """

    vectors: Tensor
    kind: Tensor

    def __init__(
        self, bank: MemoryBank, schema: Schema, *, width: int, size: int, dropout: float
    ) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.from_numpy(bank.vectors), persistent=False)
        self.register_buffer("kind", torch.from_numpy(bank.kind), persistent=False)
        self.items = FieldEmbedding(schema, width)
        self.project = nn.Linear(bank.vectors.shape[1], size)
        self.kinds = nn.Embedding(2, size)
        self.ages = nn.Embedding(_AGE_BUCKETS, size)
        self.query = nn.Linear(width, size)
        self.match = nn.Linear(width, size)
        self.dropout = nn.Dropout(dropout)
        for table in (self.kinds, self.ages):
            nn.init.normal_(table.weight, std=0.05)

    @property
    def n_out(self) -> int:
        """Length of the fusion vector."""
        return 2 * self.query.out_features + 1

    def forward(self, batch: Batch) -> Tensor:
        """Fusion vectors, shape ``(B, n_out)``; nought for an impression that sees no partition.

        The vector is what the partitions say, the same times the target, and the sum of that: how
        well they match.
        """
        projected = self.dropout(self.project(self.vectors) + self.kinds(self.kind))
        said = nn.functional.embedding(batch.memory, projected)
        age = torch.log2(1.0 + batch.memory_age).long().clamp(max=_AGE_BUCKETS - 1)
        target = self.items.target(batch)
        scores = torch.einsum("bps,bs->bp", said + self.ages(age), self.query(target))
        weights = masked_softmax(scores / said.shape[-1] ** 0.5, batch.memory_mask)
        pooled = torch.einsum("bp,bps->bs", weights, said)
        matched = pooled * self.match(target)
        return torch.cat([pooled, matched, matched.sum(dim=1, keepdim=True)], dim=1)


class Ranker(nn.Module):
    """A backbone, with fusion or without: batches to logits.

    Args:
        backbone: its name.
        schema: of the data.
        sizes: of the backbone.
        bank: what there is to fuse; None for the backbone alone.
        fused: length of a projected summary.
    """

    def __init__(
        self,
        backbone: str,
        schema: Schema,
        sizes: Sizes | None = None,
        bank: MemoryBank | None = None,
        *,
        fused: int = 32,
    ) -> None:
        super().__init__()
        sizes = sizes or Sizes()
        extra = 2 * fused + 1 if bank is not None else 0
        self.backbone = make_backbone(backbone, schema, sizes, extra=extra)
        self.fusion = (
            InterestFusion(bank, schema, width=sizes.width, size=fused, dropout=sizes.dropout)
            if bank is not None
            else None
        )

    def forward(self, batch: Batch) -> Tensor:
        """Logits, shape ``(B,)``."""
        extra = None if self.fusion is None else self.fusion(batch)
        logits: Tensor = self.backbone(batch, extra)
        return logits
