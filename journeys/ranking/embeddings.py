"""Fields, tags and past events to vectors; one table shared by the item and its past."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from journeys.ranking.batch import Batch, Schema


class FieldEmbedding(nn.Module):
    """One vector a field, one for the item's tags, and one a numeric feature.

    Args:
        schema: sizes.
        width: length of a vector, ``d``.
    """

    offsets: Tensor
    tag_weights: Tensor

    def __init__(self, schema: Schema, width: int) -> None:
        super().__init__()
        self.schema = schema
        self.width = width
        starts = np.concatenate([[0], np.cumsum(schema.cardinalities)])
        self.register_buffer("offsets", torch.from_numpy(starts[:-1].astype(np.int64)))
        self.table = nn.Embedding(int(starts[-1]), width)
        tags = np.zeros((schema.cardinalities[schema.item_field], 0), dtype=np.float32)
        if schema.item_tags is not None:
            held = schema.item_tags.astype(np.float32)
            tags = held / np.maximum(held.sum(axis=1, keepdims=True), 1) ** 0.5
        self.register_buffer("tag_weights", torch.from_numpy(tags))
        self.tags = nn.Parameter(torch.empty(tags.shape[1], width))
        self.numbers = nn.Parameter(torch.empty(schema.n_numbers, width))
        self.grades = nn.Embedding(schema.n_grades, width)
        for weights in (self.table.weight, self.tags, self.numbers, self.grades.weight):
            nn.init.normal_(weights, std=0.05)

    @property
    def n_vectors(self) -> int:
        """How many vectors :meth:`forward` gives an impression."""
        return len(self.schema.cardinalities) + 1 + self.schema.n_numbers

    def forward(self, batch: Batch) -> Tensor:
        """Vectors of an impression, shape ``(B, n_vectors, d)``."""
        held = self.table(batch.fields + self.offsets)
        tags = self.tag_weights[batch.fields[:, self.schema.item_field]] @ self.tags
        numbers = batch.numbers.unsqueeze(-1) * self.numbers
        return torch.cat([held, tags.unsqueeze(1), numbers], dim=1)

    def penalty(self, batch: Batch) -> Tensor:
        """Mean squared length of the vectors that a batch looks up, summed over fields.

        A penalty by use, as matrix factorisation has it: what is seen often is held less.
        """
        held: Tensor = self.table(batch.fields + self.offsets)
        return held.square().sum(dim=(1, 2)).mean()

    def items(self, items: Tensor) -> Tensor:
        """Vectors of items by what they are and by their tags, shape ``(..., d)``."""
        every = self.table.weight.narrow(
            0, int(self.offsets[self.schema.item_field]), len(self.tag_weights)
        )
        vectors: Tensor = nn.functional.embedding(items, every + self.tag_weights @ self.tags)
        return vectors

    def target(self, batch: Batch) -> Tensor:
        """Vector of the item that is shown, shape ``(B, d)``."""
        return self.items(batch.fields[:, self.schema.item_field])

    def events(self, batch: Batch) -> Tensor:
        """Vectors of past events: the item and how it was liked, shape ``(B, L, d)``."""
        vectors: Tensor = self.items(batch.history) + self.grades(batch.history_grade)
        return vectors


class HistoryFactors(nn.Module):
    """A user as the events of their past, by which items they were and how they were graded.

    ``(|R| + 3)^{-1/2} sum_j (y_j + (grade_j - c) z_j)``, ``c`` the middle grade: the factors of
    SVD++ and of the asymmetric model (Koren 2008, "Factorization meets the neighborhood", equations
    15 and 13), of earlier events only, with a few events drawn towards none.

    Args:
        schema: sizes.
        width: length of a vector, ``d``.
    """

    def __init__(self, schema: Schema, width: int) -> None:
        super().__init__()
        self.middle = (schema.n_grades - 1) / 2
        n_items = schema.cardinalities[schema.item_field]
        self.seen = nn.Embedding(n_items, width)
        self.graded = nn.Embedding(n_items, width)
        for table in (self.seen, self.graded):
            nn.init.normal_(table.weight, std=0.02)

    def _parts(self, batch: Batch) -> tuple[Tensor, Tensor]:
        mask = batch.history_mask.to(self.seen.weight.dtype).unsqueeze(-1)
        scale = (mask.sum(dim=1) + 3.0).rsqrt()
        grades = (batch.history_grade - self.middle).unsqueeze(-1) * mask
        seen = (self.seen(batch.history) * mask).sum(dim=1) * scale
        graded = (self.graded(batch.history) * grades).sum(dim=1) * scale
        return seen, graded

    def forward(self, batch: Batch) -> Tensor:
        """Vectors of users, shape ``(B, d)``."""
        seen, graded = self._parts(batch)
        return seen + graded

    def penalty(self, batch: Batch) -> Tensor:
        """Mean squared length of both sums."""
        return sum(
            (part.square().sum(dim=1).mean() for part in self._parts(batch)), torch.zeros(())
        )


class LinearPart(nn.Module):
    """First-order weights of all features: a logistic regression's logit."""

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self.weights = FieldEmbedding(schema, 1)
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, batch: Batch) -> Tensor:
        """Logits, shape ``(B,)``."""
        logits: Tensor = self.weights(batch).sum(dim=(1, 2)) + self.bias
        return logits
