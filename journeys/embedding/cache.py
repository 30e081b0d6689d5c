"""Vectors kept by model and text key, so that a text is embedded once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from journeys.embedding.base import Embedder, Progress
from journeys.errors import Cancelled

#: What caches keep. Components of unit vectors lose at most 2**-12 of their size, cosines about
#: 1e-4. Always read back through the cache, so that a fresh and a cached run see the same bytes.
STORED_DTYPE = np.float16

#: How often what is gone or damaged is made anew before that is an error.
_MENDS = 3


class VectorCache(Protocol):
    """Vectors by model and key. Kept as float16, given out as float32."""

    def missing(self, model: str, keys: Sequence[bytes]) -> list[int]:
        """Positions of keys without a vector; of a repeated key only the first."""
        ...

    def get(self, model: str, keys: Sequence[bytes]) -> np.ndarray:
        """Vectors in the order of ``keys``, shape ``(len(keys), d)``, float32.

        Raises:
            KeyError: a key has no vector; the error names it.
        """
        ...

    def put(self, model: str, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        """Keep vectors, shape ``(len(keys), d)``; a key that is already there is overwritten."""
        ...


class MemoryVectorCache:
    """A :class:`VectorCache` that lives as long as the process."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[bytes, int]] = {}
        self._vectors: dict[str, np.ndarray] = {}

    def missing(self, model: str, keys: Sequence[bytes]) -> list[int]:
        seen = set(self._rows.get(model, ()))
        positions = []
        for position, key in enumerate(keys):
            if key not in seen:
                seen.add(key)
                positions.append(position)
        return positions

    def get(self, model: str, keys: Sequence[bytes]) -> np.ndarray:
        rows = self._rows.get(model, {})
        try:
            at = [rows[key] for key in keys]
        except KeyError as error:
            raise KeyError(f"no {model} vector is kept under {error.args[0].hex()}") from None
        if model not in self._vectors:
            return np.empty((0, 0), dtype=np.float32)
        return self._vectors[model][at].astype(np.float32)

    def put(self, model: str, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        if vectors.ndim != 2 or len(vectors) != len(keys):
            raise ValueError(f"{len(keys)} keys need as many rows, not shape {vectors.shape}")
        rows = self._rows.setdefault(model, {})
        at = [rows.setdefault(key, len(rows)) for key in keys]
        kept = self._vectors.get(model, np.empty((0, vectors.shape[1]), dtype=STORED_DTYPE))
        if len(rows) > len(kept):
            # Doubling keeps the cost of many small puts linear.
            more = np.zeros((max(len(rows), 2 * len(kept)) - len(kept), kept.shape[1]), kept.dtype)
            kept = np.concatenate([kept, more])
        kept[at] = vectors
        self._vectors[model] = kept


def vectors_of(
    texts: Sequence[str], keys: Sequence[bytes], embedder: Embedder, cache: VectorCache
) -> np.ndarray:
    """Vectors of texts that were embedded before, shape ``(len(keys), d)``, float32.

    One that is gone or damaged is made anew.

    Raises:
        ModelError: from the embedder.
    """
    for _ in range(_MENDS):
        try:
            return cache.get(embedder.id, keys)
        except KeyError:
            embed_missing(texts, keys, embedder, cache)
    return cache.get(embedder.id, keys)


def embed_missing(
    texts: Sequence[str],
    keys: Sequence[bytes],
    embedder: Embedder,
    cache: VectorCache,
    *,
    chunk: int = 2048,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> int:
    """Embed the texts whose vector the cache lacks, each once.

    Each chunk is put into the cache as soon as it is done, so an interruption loses one chunk.

    Args:
        texts: what to embed.
        keys: their keys, same length; see :func:`~journeys.embedding.keys.text_keys`.
        chunk: texts embedded between two writes to the cache.
        on_progress: called with the number of texts newly embedded since its last call.
        should_stop: asked before each chunk and whenever the embedder reports progress.

    Returns:
        The number of texts newly embedded.

    Raises:
        Cancelled: ``should_stop`` said so; finished chunks are kept.
        ModelError: from the embedder.
    """
    if len(texts) != len(keys):
        raise ValueError(f"{len(texts)} texts need as many keys, not {len(keys)}")

    def stop_if_asked() -> None:
        if should_stop is not None and should_stop():
            raise Cancelled("Stopped while embedding. Vectors made so far are kept.")

    def report(done: int) -> None:
        if on_progress is not None:
            on_progress(done)
        stop_if_asked()

    positions = cache.missing(embedder.id, keys)
    for start in range(0, len(positions), chunk):
        stop_if_asked()
        part = positions[start : start + chunk]
        vectors = embedder.embed([texts[at] for at in part], report)
        cache.put(embedder.id, [keys[at] for at in part], vectors)
    return len(positions)
