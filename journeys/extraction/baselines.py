"""What any extractor must beat: no grouping at all, and grouping by time alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from journeys.extraction.base import Clusters, UserEvents
from journeys.extraction.dense import check_range

_HOUR = 3_600_000_000


@dataclass(frozen=True)
class OneExtractor:
    """All events in one cluster, with membership 1. Vectors are not read."""

    @property
    def id(self) -> str:
        return "one"

    def settings(self) -> dict[str, Any]:
        """None."""
        return {}

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        """See :class:`~journeys.extraction.base.Extractor`."""
        return Clusters.of(np.zeros(len(events), dtype=np.int64), np.ones(len(events)))


@dataclass(frozen=True)
class SingletonsExtractor:
    """Each event a cluster of its own, with membership 1. Vectors are not read."""

    @property
    def id(self) -> str:
        return "singletons"

    def settings(self) -> dict[str, Any]:
        """None."""
        return {}

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        """See :class:`~journeys.extraction.base.Extractor`."""
        return Clusters.of(np.arange(len(events)), np.ones(len(events)))


@dataclass(frozen=True)
class SessionsExtractor:
    """A new cluster wherever nothing was done for long. Only times are read.

    Membership is 1: a session has no less certain members.

    Attributes:
        granularity: 0 (few long sessions) to 1 (many short ones): the gap is ``gap_hours`` at
            0.5, 30 times as long at 0 and 30 times as short at 1, geometrically between.
        gap_hours: the gap in time, in hours, above which a new session begins.
    """

    granularity: float = 0.5
    gap_hours: float = 288.0

    def __post_init__(self) -> None:
        check_range("granularity", self.granularity, 0, 1)
        check_range("gap_hours", self.gap_hours, 0)

    @property
    def id(self) -> str:
        return "sessions"

    def settings(self) -> dict[str, Any]:
        """Every attribute; enough to make an equal extractor."""
        return asdict(self)

    def extract(self, events: UserEvents, *, seed: int = 0) -> Clusters:
        """See :class:`~journeys.extraction.base.Extractor`. Nothing is drawn: no seed matters."""
        gap = self.gap_hours * 30.0 ** (1.0 - 2.0 * self.granularity) * _HOUR
        times = np.asarray(events.times, dtype=np.int64)
        labels = np.cumsum(np.diff(times, prepend=times[:1]) > gap)
        return Clusters.of(labels, np.ones(len(times)))
