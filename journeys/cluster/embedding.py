"""Embedding a partition, and what it adds to what must be known of the whole log.

Sums of vectors are exact: vectors are kept in half precision, every such number is a whole
multiple of 2**-24, and integers add up to the same in any order. The sum of the engine in memory
is exact too, up to 2**29 events, since a double holds 53 bits; so both give the same mean, bit for
bit, however the log is divided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from journeys.cluster.files import read_json, replacing, write_json
from journeys.cluster.job import Job
from journeys.cluster.splitting import load_partition
from journeys.cluster.words import write_words
from journeys.embedding import Embedder
from journeys.embedding.cache import STORED_DTYPE
from journeys.naming import DocumentFrequency
from journeys.timeline import ActivityLog

#: Binary places of half precision, subnormal numbers included.
_PLACES = 24
#: Texts embedded at a time, and vectors summed at a time.
_CHUNK = 2_048


class Embedding:
    """Work for an actor, which keeps the model: a partition's texts, each once.

    Args:
        job: the run; its ``load_embedder`` takes a GPU where the actor has one.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._embedder: Embedder | None = None

    def __call__(self, partition: int) -> dict[str, Any]:
        layout = self._job.layout
        log = load_partition(self._job, partition)
        texts, rows = distinct_texts(log)
        vectors = self._embed(texts)
        with replacing(layout.vectors(partition)) as draft, draft.open("wb") as file:
            np.save(file, vectors)
        background = DocumentFrequency.of(log.frame["title"].tolist())
        write_words(layout.part_words(partition), background.counts)
        counts = np.bincount(rows, minlength=len(texts))
        totals = {
            "people": len(log.users),
            "events": len(log),
            "texts": len(texts),
            "last": _last_time(log),
            "sum": exact_sum(vectors, counts),
        }
        # Written last: where it is, the rest is.
        write_json(layout.totals(partition), totals)
        return {"events": len(log)}

    def _embed(self, texts: list[str]) -> np.ndarray:
        if self._embedder is None:
            self._embedder = self._job.load_embedder()
        vectors = np.empty((len(texts), self._embedder.dimension), dtype=STORED_DTYPE)
        for start in range(0, len(texts), _CHUNK):
            vectors[start : start + _CHUNK] = self._embedder.embed(texts[start : start + _CHUNK])
        return vectors


@dataclass(frozen=True)
class Totals:
    """What is known of a log, or of a part of it.

    Attributes:
        last: time of the last event, microseconds since 1970-01-01 UTC; 0 without events.
        sum: of all events' vectors, in units of 2**-24, shape ``(d,)``.
        texts: distinct texts, counted in each partition.
    """

    people: int
    events: int
    texts: int
    last: int
    sum: tuple[int, ...]

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.people + other.people,
            self.events + other.events,
            self.texts + other.texts,
            max(self.last, other.last),
            tuple(a + b for a, b in zip(self.sum, other.sum, strict=True)),
        )

    @property
    def mean(self) -> np.ndarray:
        """Of all events' vectors, shape ``(d,)``, float32."""
        total = np.array([float(each) for each in self.sum]) / 2.0**_PLACES
        return (total / max(self.events, 1)).astype(np.float32)


def read_totals(job: Job, partition: int) -> Totals:
    """What :class:`Embedding` added up in a partition."""
    values = read_json(job.layout.totals(partition))
    return Totals(**{**values, "sum": tuple(values["sum"])})


def distinct_texts(log: ActivityLog) -> tuple[list[str], np.ndarray]:
    """The texts of a log, each once, and for each event which it is, shape ``(events,)``."""
    texts = [text for timeline in log.timelines() for text in timeline.texts()]
    rows, unique = pd.factorize(np.array(texts, dtype=object))
    return [str(text) for text in unique], rows.astype(np.int64)


def load_vectors(job: Job, partition: int, log: ActivityLog) -> np.ndarray:
    """One vector an event of a partition's log, shape ``(events, d)``, half precision."""
    _, rows = distinct_texts(log)
    vectors = np.load(job.layout.vectors(partition), mmap_mode="r", allow_pickle=False)
    return np.asarray(vectors[rows])


def exact_sum(vectors: np.ndarray, counts: np.ndarray) -> list[int]:
    """The sum of vectors of half precision, each counted so often, in units of 2**-24.

    Args:
        vectors: shape ``(n, d)``, float16, of absolute values up to 1.
        counts: shape ``(n,)``; their sum at most 2**38.
    """
    total = np.zeros(vectors.shape[1], dtype=np.int64)
    for start in range(0, len(vectors), _CHUNK):
        part = vectors[start : start + _CHUNK].astype(np.float64)
        units = np.ldexp(part, _PLACES).astype(np.int64)
        total += (units * counts[start : start + _CHUNK, None]).sum(axis=0)
    return [int(each) for each in total]


def _last_time(log: ActivityLog) -> int:
    return int(log.frame["timestamp"].astype("int64").max()) if len(log) else 0
