"""What a backbone is given: one batch of impressions as tensors, and the shape of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from journeys.ranking.features import Features
from journeys.ranking.impressions import Impressions


@dataclass(frozen=True)
class Schema:
    """Sizes that a backbone must know before it sees a batch.

    Attributes:
        cardinalities: number of categories of each field.
        item_field: which field is the item.
        n_numbers: numeric features.
        n_grades: grades of the events in a history.
        item_tags: shape ``(n_items, n_tags)``, bool; None where items have no tags.
        history: length of a history, 0 for none.
    """

    cardinalities: tuple[int, ...]
    item_field: int
    n_numbers: int
    n_grades: int
    item_tags: np.ndarray | None = None
    history: int = 0


@dataclass(frozen=True)
class Batch:
    """``B`` impressions. Masks are True where there is something.

    Attributes:
        fields: shape ``(B, F)``, int64, a category each.
        numbers: shape ``(B, N)``, float32.
        history, history_grade: shape ``(B, L)``, int64: items and grades, newest first.
        history_mask: shape ``(B, L)``, bool.
        memory: shape ``(B, P)``, int64: rows of the bank of summaries; see
            :class:`~journeys.ranking.memory.MemoryBank`.
        memory_age: shape ``(B, P)``, int64: how many partitions were closed since.
        memory_mask: shape ``(B, P)``, bool.
    """

    fields: Tensor
    numbers: Tensor
    history: Tensor
    history_grade: Tensor
    history_mask: Tensor
    memory: Tensor
    memory_age: Tensor
    memory_mask: Tensor

    def __len__(self) -> int:
        return len(self.fields)

    def rows(self, at: Tensor) -> Batch:
        """Some of the impressions, in the order asked for."""
        return Batch(*(getattr(self, field.name)[at] for field in fields(self)))

    def split(self, size: int) -> Iterator[Batch]:
        """All impressions in order, ``size`` at a time."""
        for start in range(0, len(self), size):
            yield self.rows(torch.arange(start, min(start + size, len(self))))

    def recent(self, events: int) -> Batch:
        """The same impressions with the newest events of each history only."""
        return replace(
            self,
            history=self.history[:, :events],
            history_grade=self.history_grade[:, :events],
            history_mask=self.history_mask[:, :events],
        )

    def with_memory(self, memory: np.ndarray, age: np.ndarray, mask: np.ndarray) -> Batch:
        """The same impressions with what closed partitions may be seen; each ``(B, P)``."""
        as_tensor = torch.from_numpy
        return replace(
            self, memory=as_tensor(memory), memory_age=as_tensor(age), memory_mask=as_tensor(mask)
        )


def schema_of(log: Impressions, features: Features) -> Schema:
    """The schema of a log's features."""
    return Schema(
        cardinalities=features.cardinalities,
        item_field=features.field_names.index("item"),
        n_numbers=features.numbers.shape[1],
        n_grades=log.n_grades,
        item_tags=log.item_tags,
        history=features.history.shape[1],
    )


def batch_of(features: Features) -> Batch:
    """All impressions of a log as one batch without memory."""
    nothing = np.zeros((len(features.fields), 0), dtype=np.int64)
    return Batch(
        *(
            torch.from_numpy(np.ascontiguousarray(array))
            for array in (
                features.fields,
                features.numbers,
                features.history,
                features.history_grade,
                features.history_mask,
                nothing,
                nothing,
                nothing.astype(bool),
            )
        )
    )
