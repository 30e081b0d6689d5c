"""What finds journeys in a timeline must look like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from journeys.timeline import Timeline

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


@dataclass(frozen=True)
class UserEvents:
    """One user's events as an extractor sees them, in order of time.

    Attributes:
        vectors: shape ``(n, d)``, unit rows. Rows with NaN or infinity stand for nothing.
        times: shape ``(n,)``, int64 microseconds since 1970-01-01 UTC, ascending.
        mean: shape ``(d,)``, the corpus mean to subtract; the user's own mean when None.
        timeline: the same n events with their words, for extractors that read them.
    """

    vectors: np.ndarray
    times: np.ndarray
    mean: np.ndarray | None = None
    timeline: Timeline | None = None

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.times):
            raise ValueError(
                f"{len(self.times)} times need as many rows, not shape {self.vectors.shape}"
            )
        if self.timeline is not None and len(self.timeline) != len(self.times):
            raise ValueError(f"{len(self.times)} times, but {len(self.timeline)} events")

    def __len__(self) -> int:
        return len(self.times)

    @property
    def texts(self) -> Sequence[str]:
        """What was embedded for each event, shape ``(n,)``.

        Raises:
            ValueError: no timeline was given.
        """
        return self._words().texts()

    @property
    def items(self) -> Sequence[str]:
        """Item ids, shape ``(n,)``; raises as :attr:`texts` does."""
        items: list[str] = self._words().frame["item_id"].tolist()
        return items

    def take(self, positions: np.ndarray) -> UserEvents:
        """Only these events; ``positions`` ascending, shape ``(m,)``."""
        timeline = self.timeline
        if timeline is not None:
            timeline = replace(timeline, frame=timeline.frame.iloc[positions])
        return UserEvents(self.vectors[positions], self.times[positions], self.mean, timeline)

    def _words(self) -> Timeline:
        if self.timeline is None:
            raise ValueError("this extractor reads words, and these events come without a timeline")
        return self.timeline


class Extractor(Protocol):
    """Anything that groups one user's events."""

    @property
    def id(self) -> str:
        """Its name in settings and manifests, e.g. ``"hdbscan"``."""
        ...

    def settings(self) -> dict[str, Any]:
        """All that the result depends on besides the arguments; JSON-able."""
        ...

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        """Group events. The same input and seed give the same bytes.

        Args:
            seed: for methods that draw; the default method does not.
        """
        ...


@runtime_checkable
class LogExtractor(Protocol):
    """An extractor that must see the whole log before it can group one user's events."""

    def fit(self, timelines: Iterable[Timeline]) -> Extractor:
        """The extractor that knows this log; this one is left as it was."""
        ...


@runtime_checkable
class Levelled(Protocol):
    """An extractor most of whose work is the same at every granularity.

    Its clusterings are nested: a finer one only splits what a coarser one has.
    """

    def levels(self, events: UserEvents, *, seed: int = 0) -> Callable[[float], Clusters]:
        """Do that work once; what is returned gives the clusters at a granularity from 0 to 1."""
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
