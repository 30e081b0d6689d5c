"""What turns texts into vectors must look like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

#: Called with the number of texts done since the last call.
Progress = Callable[[int], None]


class Embedder(Protocol):
    """Text to unit vectors."""

    @property
    def id(self) -> str:
        """Model name plus a prefix of its content hash, e.g. ``"all-MiniLM-L6-v2@53aa51172d14"``.

        It stands in cache keys and manifests, so two models that could give different vectors
        must not share it.
        """
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str], on_progress: Progress | None = None) -> np.ndarray:
        """Embed texts.

        Returns:
            Shape ``(len(texts), dimension)``, float32, rows of Euclidean length 1.

        Raises:
            ModelError: the model is missing or is not the expected one.
        """
        ...
