"""Finding an embedder by the name that settings give."""

from __future__ import annotations

import hashlib
from pathlib import Path

from journeys.embedding.base import Embedder
from journeys.embedding.built_in import BUILT_IN, BUILT_IN_INT8, BUILT_IN_NAME, BuiltInEmbedder
from journeys.embedding.sentence import SentenceTransformerEmbedder
from journeys.errors import ModelError

#: What a folder's content hash covers: everything that can change a vector.
_CONTENT = ("*.safetensors", "*.bin", "*.json", "*.txt", "*.model")


def load_embedder(
    name: str = BUILT_IN, *, device: str | None = None, threads: int | None = None
) -> Embedder:
    """An embedder by name; nothing heavy is imported or read until the first text.

    Args:
        name: ``"minilm"`` (built in, offline), ``"minilm-int8"`` (the same in 8 bits: faster on
            the CPU, a little coarser), a folder with a sentence-transformers model, or
            a model's name on the hub, e.g. ``"BAAI/bge-small-en-v1.5"``, which is taken from
            the local hub cache, or downloaded if it is not there; ``NAME@COMMIT`` takes that
            revision and no other.
        device: a torch device such as ``"cpu"`` or ``"cuda:1"``; None chooses.
        threads: of the built-in model on the CPU; None for all processors.

    Raises:
        ModelError: the model is not there; the message says what to do.
    """
    if name in (BUILT_IN, BUILT_IN_NAME, BUILT_IN_INT8):
        return BuiltInEmbedder(device=device, int8=name == BUILT_IN_INT8, threads=threads)
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
    name, _, revision = name.partition("@")
    folder = _hub_folder(name, revision or None)
    # The hub cache names a snapshot's folder by its commit.
    return SentenceTransformerEmbedder(folder, f"{name}@{folder.name[:12]}", device=device)


def _hub_folder(name: str, revision: str | None = None) -> Path:
    """The snapshot folder of a hub model: from the local cache, else downloaded.

    Args:
        revision: a commit's hash, so that nobody can put another model in its place; None: the
            one that was fetched before, else the newest.
    """
    from huggingface_hub import snapshot_download

    skip = ["onnx/*", "openvino/*", "*.h5", "*.ot", "*.msgpack", "*.tflite", "*.gguf"]
    try:
        try:
            folder = snapshot_download(
                name, revision=revision, local_files_only=True, ignore_patterns=skip
            )
        except FileNotFoundError:  # LocalEntryNotFoundError is one.
            folder = snapshot_download(name, revision=revision, ignore_patterns=skip)
    except Exception as error:  # No network, no such model, no permission: all say the same.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f"The embedding model {name!r} is neither a folder here nor could it be fetched: "
            f"{reason} Use the built-in {BUILT_IN!r}, or give a folder with the model's files."
        ) from error
    return Path(folder)


def _content_hash(folder: Path) -> str:
    """SHA-256 over names and contents of the files that decide a model's vectors."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _CONTENT for path in folder.rglob(pattern)}):
        if path.is_file():
            digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
