"""Embedding with sentence-transformers, on a GPU or the CPU.

Making an embedder reads at most its configuration, so that a run whose vectors are all cached
never imports torch; weights are checked and loaded at the first text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from journeys.embedding.base import Progress
from journeys.embedding.files import check_file
from journeys.errors import ModelError

#: Texts a forward pass. On CPU a small batch stays in the cache, on a GPU a large one fills it.
CPU_BATCH, CUDA_BATCH = 32, 1024

#: Batches between two reports of progress.
_REPORT_EVERY = 8


class SentenceTransformerEmbedder:
    """An :class:`~journeys.embedding.base.Embedder` over a sentence-transformers model folder.

    On CUDA it computes in half precision, whose vectors differ from the CPU's by about 1e-3 in
    cosine; caches keep half precision in any case. The last bits of a vector may depend on the
    texts that are embedded with it.

    Args:
        folder: the model's files.
        name: the model's id in cache keys.
        sha256: file name -> expected hex digest, checked before the weights are loaded.
        device: a torch device; None for CUDA where there is one, else the CPU.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        sha256: Mapping[str, str] | None = None,
        device: str | None = None,
    ) -> None:
        self._folder = folder
        self._id = name
        self._sha256 = dict(sha256 or {})
        self._device = device
        self._dimension = _dimension(folder)
        self._model: Any = None

    @property
    def id(self) -> str:
        return self._id

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed(self, texts: Sequence[str], on_progress: Progress | None = None) -> np.ndarray:
        vectors = np.empty((len(texts), self._dimension), dtype=np.float32)
        if not len(texts):
            return vectors
        model = self._loaded()
        on_cuda = model.device.type == "cuda"
        batch = CUDA_BATCH if on_cuda else CPU_BATCH
        for part in _parts(texts, None if on_cuda else model, batch * _REPORT_EVERY):
            vectors[part] = model.encode(
                [texts[at] for at in part],
                batch_size=batch,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
            if on_progress is not None:
                on_progress(len(part))
        return vectors

    def _loaded(self) -> Any:
        if self._model is None:
            for name, expected in self._sha256.items():
                check_file(self._folder / name, expected)
            try:
                import torch
                from sentence_transformers import SentenceTransformer
                from transformers.utils import logging
            except ImportError as error:
                raise ModelError(
                    f"Embedding needs the package {error.name!r}. "
                    "Install it with: pip install -r requirements.txt"
                ) from error
            # Its bar of a hundred weights, loaded at once, would stand between our own lines.
            logging.disable_progress_bar()  # type: ignore[no-untyped-call]
            device = self._device or ("cuda" if torch.cuda.is_available() else "cpu")
            try:
                model = SentenceTransformer(
                    str(self._folder), device=device, local_files_only=True
                ).eval()
            except Exception as error:  # Anything may be wrong with files that somebody made.
                raise ModelError(
                    f"The embedding model in {self._folder} could not be loaded: {error}. "
                    "Choose another model, or fetch this one again."
                ) from error
            self._model = model.half() if device.startswith("cuda") else model
        return self._model


def _parts(texts: Sequence[str], model: Any, most: int) -> Iterator[list[int]]:
    """Positions of texts that are embedded in one go, longest first, so that memory runs out at
    once if it does. Given a model, all of a part have the same number of tokens: nothing is padded.
    """
    lengths = np.array([len(text) for text in texts])
    tokenizer = getattr(model, "tokenizer", None)
    alike = callable(tokenizer)
    if tokenizer is not None and alike:
        limit = model.max_seq_length
        found = tokenizer(list(texts), truncation=limit is not None, max_length=limit)
        lengths = np.array([len(ids) for ids in found["input_ids"]])
    order = np.argsort(-lengths, kind="stable")
    ends = np.flatnonzero(np.diff(lengths[order])) + 1 if alike else np.zeros(0, dtype=np.int64)
    for group in np.split(order, ends):
        for start in range(0, len(group), most):
            yield group[start : start + most].tolist()


def _dimension(folder: Path) -> int:
    """Length of the model's vectors, from its configuration files."""
    try:
        found = None
        modules = folder / "modules.json"
        if modules.is_file():
            for module in json.loads(modules.read_text("utf-8")):
                config = folder / module["path"] / "config.json"
                if module["path"] and config.is_file():
                    values = json.loads(config.read_text("utf-8"))
                    found = (
                        values.get("out_features")
                        or values.get("word_embedding_dimension")
                        or values.get("embedding_dimension")
                        or found
                    )
        if found is None:
            found = json.loads((folder / "config.json").read_text("utf-8"))["hidden_size"]
        return int(found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"The model in {folder} does not say how long its vectors are "
            f"({type(error).__name__}: {error}). Is it a sentence-transformers model?"
        ) from error
