"""What finds journeys in a timeline must look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

#: Label of an event that belongs to no cluster.
UNASSIGNED = -1


@dataclass(frozen=True)
class Clusters:
    """A grouping of one user's events.

    Attributes:
        labels: shape ``(n,)``, int64: cluster of each event, -1 for unassigned. Clusters are
            numbered 0 to k-1 in order of their first event.
        membership: shape ``(n,)``, float32 in [0, 1]: confidence that the event belongs to its
            cluster; for an unassigned event, to the nearest one.
    """

    labels: np.ndarray
    membership: np.ndarray

    def __len__(self) -> int:
        """The number of clusters."""
        return int(self.labels.max()) + 1 if len(self.labels) else 0

    @classmethod
    def of(cls, labels: np.ndarray, membership: np.ndarray) -> Clusters:
        """Clusters from any integer labels (negative: unassigned), numbered as promised."""
        return cls(
            renumber(labels), np.clip(np.nan_to_num(membership), 0.0, 1.0).astype(np.float32)
        )


class Extractor(Protocol):
    """Anything that groups one user's events."""

    @property
    def id(self) -> str:
        """Its name in settings and manifests, e.g. ``"hdbscan"``."""
        ...

    def settings(self) -> dict[str, Any]:
        """All that the result depends on besides the arguments; JSON-able."""
        ...

    def extract(
        self,
        vectors: np.ndarray,
        times: np.ndarray,
        *,
        mean: np.ndarray | None = None,
        seed: int = 0,
    ) -> Clusters:
        """Group events. The same input and seed give the same bytes.

        Args:
            vectors: shape ``(n, d)``, unit rows in order of time. Rows with NaN or infinity are
                left unassigned.
            times: shape ``(n,)``, int64 microseconds since 1970-01-01 UTC, ascending.
            mean: shape ``(d,)``, the corpus mean to subtract; the user's own mean when None.
            seed: for methods that draw; the default method does not.
        """
        ...


def renumber(labels: np.ndarray) -> np.ndarray:
    """Labels 0 to k-1 in order of first appearance; negative ones become -1.

    Args:
        labels: shape ``(n,)``, any integers.
    """
    result = np.full(len(labels), UNASSIGNED, dtype=np.int64)
    assigned = np.flatnonzero(labels >= 0)
    if len(assigned):
        _, first, inverse = np.unique(labels[assigned], return_index=True, return_inverse=True)
        order = np.empty(len(first), dtype=np.int64)
        order[np.argsort(first)] = np.arange(len(first))
        result[assigned] = order[inverse]
    return result
