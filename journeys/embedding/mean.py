"""The corpus mean that clustering subtracts, so that what all texts share does not count.

Sentence embeddings lie in a narrow cone; taking away the mean opens it (Mu and Viswanath 2018,
"All-but-the-top", step 1). A mean must be frozen in the run's manifest: then adding events or
people moves no old vector.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from importlib.resources import files

import numpy as np

from journeys.embedding.cache import VectorCache

#: Weight of the shipped mean, in people: a log of this many people counts as much as it.
#: Measured on reddit_mix_dev: subtracting one person's own mean gives ARI .675 and tells events of
#: no group apart with AUROC .82; the mean of the whole log .702 and .865; none .695 and .855.
PRIOR_USERS = 5.0

#: A log with fewer events says too little about its own mean.
MIN_EVENTS = 200


def corpus_mean(
    cache: VectorCache, model: str, keys: Sequence[bytes], chunk: int = 8192
) -> np.ndarray:
    """The mean of the vectors of some keys, a chunk in memory at a time.

    Args:
        keys: at least one; all must be in the cache. A repeated key counts each time.

    Returns:
        Shape ``(d,)``, float32; not of unit length.

    Raises:
        KeyError: a key is not in the cache.
        ValueError: there is no key.
    """
    if not keys:
        raise ValueError("the mean of no vectors is not defined")
    total: np.ndarray | None = None
    for start in range(0, len(keys), chunk):
        part = cache.get(model, keys[start : start + chunk]).sum(axis=0, dtype=np.float64)
        total = part if total is None else total + part
    assert total is not None
    return np.asarray(total / len(keys), dtype=np.float32)


def shipped_mean(model_id: str) -> np.ndarray | None:
    """The mean that comes with the package for a model, shape ``(d,)``; None where there is none.

    It was made by ``benchmarks/make_shipped_mean.py``, which says from what.
    """
    # In eight bits a model's vectors differ by less than people's means do.
    file = files("journeys.embedding") / mean_file(model_id.removesuffix("+int8"))
    if not file.is_file():
        return None
    with file.open("rb") as opened:
        return np.asarray(np.load(opened, allow_pickle=False), dtype=np.float32)


def mean_file(model_id: str) -> str:
    """Name of the file that holds a model's shipped mean."""
    return f"mean-{model_id.replace('/', '--')}.npy"


def choose_mean(
    own: np.ndarray, *, users: int, events: int, shipped: np.ndarray | None
) -> np.ndarray:
    """What to subtract: the log's own mean, drawn towards the shipped one where people are few.

    ``w own + (1 - w) shipped`` with ``w = users / (users + PRIOR_USERS)``; below
    :data:`MIN_EVENTS` events the shipped one alone, and without one always ``own``.

    Args:
        own: shape ``(d,)``; see :func:`corpus_mean`.
        users, events: how many the log has.
        shipped: see :func:`shipped_mean`.

    Returns:
        Shape ``(d,)``, float32.
    """
    if shipped is None:
        return np.asarray(own, dtype=np.float32)
    if own.shape != shipped.shape:
        raise ValueError(f"means of shapes {own.shape} and {shipped.shape} do not go together")
    weight = users / (users + PRIOR_USERS) if events >= MIN_EVENTS else 0.0
    return np.asarray(weight * own + (1.0 - weight) * shipped, dtype=np.float32)


def encode_mean(mean: np.ndarray) -> str:
    """A mean as text for a manifest: base64 of little-endian float32, 2,048 characters for 384."""
    return base64.b64encode(np.asarray(mean, dtype="<f4").tobytes()).decode("ascii")


def decode_mean(text: str) -> np.ndarray:
    """The mean that :func:`encode_mean` wrote, bit for bit, shape ``(d,)`` float32.

    Raises:
        ValueError: the text is not one.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"this is no encoded mean: {error}") from error
    if len(raw) % 4:
        raise ValueError(f"this is no encoded mean: {len(raw)} bytes are no whole float32s")
    return np.frombuffer(raw, dtype="<f4").astype(np.float32)
