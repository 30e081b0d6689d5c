"""An embedder without a model, for tests only: nothing in the product falls back to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np

from journeys.embedding.base import Progress

_WORD = re.compile(r"\w+")


class FakeEmbedder:
    """Hashed words and character trigrams with random signs (the hashing trick).

    Deterministic in any process. Texts that share words or parts of words are near each other,
    texts that share nothing are nearly orthogonal.
    """

    def __init__(self, dimension: int = 64) -> None:
        self._dimension = dimension

    @property
    def id(self) -> str:
        return f"fake-{self._dimension}"

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed(self, texts: Sequence[str], on_progress: Progress | None = None) -> np.ndarray:
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for feature, weight in _features(text):
                digest = blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
                value = int.from_bytes(digest, "little")
                row[(value >> 1) % self._dimension] += weight if value & 1 else -weight
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        empty = lengths[:, 0] == 0
        vectors[empty, 0] = 1.0
        lengths[empty] = 1.0
        if on_progress is not None and len(texts):
            on_progress(len(texts))
        return np.asarray(vectors / lengths, dtype=np.float32)


def _features(text: str) -> Iterator[tuple[str, float]]:
    """Words with weight 1 and their trigrams with 0.3; '' gives the one feature ''."""
    words = _WORD.findall(text.lower())
    for word in words or [""]:
        yield f"w:{word}", 1.0
        padded = f"^{word}$"
        for at in range(len(padded) - 2):
            yield f"c:{padded[at : at + 3]}", 0.3
