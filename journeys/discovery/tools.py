"""What a run works with: everything that touches the world outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from journeys.embedding import Embedder, VectorCache, vectors_of
from journeys.naming import Namer
from journeys.naming.estimate import Estimate
from journeys.timeline import Timeline


class MapCache(Protocol):
    """Drawn maps by key."""

    def get(self, key: str) -> np.ndarray | None: ...

    def put(self, key: str, points: np.ndarray) -> None: ...


@dataclass(frozen=True)
class Tools:
    """The tools of a run.

    Attributes:
        open_namer: opens the language model's namer when naming begins, and closes it after;
            None where keyphrase names are all that is wanted.
        concurrency: journeys that are named at once.
        map_key: key of the hash under which maps are kept.
        before_naming: told what naming is expected to cost, before anything is sent; may raise
            Cancelled.
    """

    embedder: Embedder
    vectors: VectorCache
    maps: MapCache
    map_key: bytes
    open_namer: Callable[[], AbstractContextManager[Namer]] | None = None
    concurrency: int = 1
    before_naming: Callable[[Estimate], None] | None = None

    def vectors_of(self, timeline: Timeline, keys: Sequence[bytes]) -> np.ndarray:
        """Vectors of a timeline's texts by their keys, shape ``(events, d)``, float32.

        They were made when the run began; one that is gone or damaged since is made anew.
        """
        return vectors_of(timeline.texts(), keys, self.embedder, self.vectors)
