"""The built-in model on the CPU, by ONNX Runtime.

The graphs beside this file are the model's computation without its weights
(``tools/make_embedding_graph.py``); the weights come from the safetensors file that the model is
pinned by. Texts are computed side by side, a processor each, in place of a product split over
processors: nothing waits, and a text's vector does not depend on how many there are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from journeys.embedding.base import Progress
from journeys.errors import ModelError

#: Tokens of a batch: enough for the products to run at full speed, few enough to stay in the cache.
BATCH_TOKENS = 400

#: Texts that are tokenised at once.
_TOKENISED = 2048

#: Weights of products, which the graph has transposed; all others it has as they are.
_PRODUCT = re.compile(r"(query|key|value|dense)\.weight$")


class OnnxEmbedder:
    """An :class:`~journeys.embedding.base.Embedder` over the built-in model's files.

    The same text gives the same bits whatever it is embedded with. In fp32 a batch has texts of
    one length in tokens, so nothing is padded, and each row of a product is computed for itself.
    In int8 a batch is one text, since all that is in a batch shares the scale of its activations.

    Args:
        folder: with ``model.safetensors`` and ``tokenizer.json``, already checked.
        name: the model's id in cache keys.
        dimension: length of a vector.
        max_tokens: a text is cut after so many.
        int8: whether products are computed in 8 bits (dynamic quantisation: weights a column,
            activations a text).
        threads: texts computed at once; None for all processors that this process may use.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        dimension: int,
        max_tokens: int,
        int8: bool = False,
        threads: int | None = None,
    ) -> None:
        self._folder = folder
        self._id = name
        self._dimension = dimension
        self._max_tokens = max_tokens
        self._int8 = int8
        self._threads = threads or _processors()
        self._loaded: tuple[Any, Any, Any] | None = None

    @property
    def id(self) -> str:
        return self._id

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed(self, texts: Sequence[str], on_progress: Progress | None = None) -> np.ndarray:
        vectors = np.empty((len(texts), self._dimension), dtype=np.float32)
        if self._loaded is None:
            self._loaded = self._load()
        session, tokenizer, _ = self._loaded
        tokens = [
            np.array(encoding.ids)
            for start in range(0, len(texts), _TOKENISED)
            for encoding in tokenizer.encode_batch(list(texts[start : start + _TOKENISED]))
        ]

        def compute(batch: np.ndarray) -> int:
            ids = np.stack([tokens[at] for at in batch])
            # Mean pooling, then the norm: the model's second and third module.
            means = session.run(None, {"input_ids": ids})[0].mean(axis=1)
            vectors[batch] = means / np.linalg.norm(means, axis=1, keepdims=True)
            return len(batch)

        most = 1 if self._int8 else BATCH_TOKENS
        pool = ThreadPoolExecutor(self._threads)
        try:
            for count in pool.map(compute, _batches(tokens, most)):
                if on_progress is not None:
                    on_progress(count)
        finally:
            # Who asks for progress may also ask to stop.
            pool.shutdown(cancel_futures=True)
        return vectors

    def _load(self) -> tuple[Any, Any, Any]:
        """Session, tokenizer, and the weights that the session reads where they are."""
        try:
            import onnxruntime
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ModelError(
                f"Embedding needs the package {error.name!r}. "
                "Install it with: pip install -r requirements.txt"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        weights = _weights(load_file(self._folder / "model.safetensors"), self._int8)
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in weights.values()]
        options.add_external_initializers(list(weights), values)
        graph = f"graph-{'int8' if self._int8 else 'fp32'}.onnx"
        with as_file(files("journeys.embedding") / graph) as path:
            session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(self._max_tokens)
        tokenizer.no_padding()
        return session, tokenizer, (weights, values)


def _batches(tokens: Sequence[np.ndarray], most: int) -> Iterator[np.ndarray]:
    """Positions of texts of one length, longest first, of about ``most`` tokens together."""
    lengths = np.array([len(ids) for ids in tokens])
    order = np.argsort(-lengths, kind="stable")
    ends = np.flatnonzero(np.diff(lengths[order])) + 1
    for group in np.split(order, ends):
        size = max(1, most // int(lengths[group[0]])) if len(group) else 1
        for start in range(0, len(group), size):
            yield group[start : start + size]


def _weights(stored: Mapping[str, np.ndarray], int8: bool) -> dict[str, np.ndarray]:
    """The tensors by the names that the graph has for them."""
    weights = {}
    for name, value in stored.items():
        if name.startswith("pooler.") or name.endswith("position_ids"):  # Not in the graph.
            continue
        if not _PRODUCT.search(name):
            weights[name] = value
            continue
        columns = np.ascontiguousarray(value.T)
        if int8:
            whole, scale = quantised(columns)
            weights[f"{name}.T_quantized"], weights[f"{name}.T_scale"] = whole, scale
        else:
            weights[f"{name}.T"] = columns
    return weights


def quantised(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix in 8 bits, symmetric about 0, with a scale for each column.

    Args:
        columns: shape ``(inputs, outputs)``, float32.

    Returns:
        Shape ``(inputs, outputs)``, int8 from -127 to 127, and scales ``(outputs,)``, float32.
        Their product is the matrix, within half a scale.
    """
    scale = np.abs(columns).max(axis=0) / np.float32(127)
    scale = np.where(scale > 0, scale, np.float32(1)).astype(np.float32)
    return np.rint(columns / scale).astype(np.int8), scale


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
