"""What a user's closed partitions say, and which of it each impression may see.

This is all that ranking knows of the memory view: vectors and the times at which they came to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from journeys.errors import ConfigError
from journeys.ranking.impressions import Impressions

#: Ways to read a memory: nothing; one summary of all that was before; each partition's own
#: summary; summaries and what shifted between them.
FUSIONS = ("none", "oneshot", "partitions", "cascade")

#: Newest partitions that are attended to.
MOST_PARTITIONS = 32

SUMMARY, SHIFT = 0, 1


@dataclass(frozen=True)
class UserMemory:
    """Vectors of one user's closed partitions, oldest first.

    Attributes:
        vectors: shape ``(P, d)``, float32: what each partition says by itself.
        closed_at: shape ``(P,)``, int64, not falling: when it closed, in microseconds, on the
            clock of the impressions. It is seen by impressions strictly after.
        shift_vectors: shape ``(P, d)`` or None: what changed against the partition before.
        whole_vectors: shape ``(P, d)`` or None: what one summary of everything up to here says,
            made anew each time a partition closed ("one shot").
    """

    vectors: np.ndarray
    closed_at: np.ndarray
    shift_vectors: np.ndarray | None = None
    whole_vectors: np.ndarray | None = None


@dataclass(frozen=True)
class MemoryBank:
    """Every vector of every user, and for each impression those that were there before it.

    Attributes:
        vectors: shape ``(T, d)``, float32; row 0 is nought and stands for "nothing".
        kind: shape ``(T,)``, int64: :data:`SUMMARY` or :data:`SHIFT`.
        rows: shape ``(n, P)``, int64: the vectors an impression sees, 0 where there is none.
        age: shape ``(n, P)``, int64: partitions closed since, 0 for the newest.
        mask: shape ``(n, P)``, bool.
    """

    vectors: np.ndarray
    kind: np.ndarray
    rows: np.ndarray
    age: np.ndarray
    mask: np.ndarray

    @property
    def texts(self) -> int:
        """How many summaries and shifts there are: a language model's calls, made once each."""
        return len(self.vectors) - 1

    def centred(self, impressions: np.ndarray) -> MemoryBank:
        """The same bank with the common part of its vectors taken away and unit spread.

        Texts of one form share most of their direction. What is common is measured on what the
        given impressions (those of training) see, so that nothing later enters it.
        """
        seen = np.unique(self.rows[impressions][self.mask[impressions]])
        if not len(seen):
            return self
        mean = self.vectors[seen].mean(axis=0)
        spread = float((self.vectors[seen] - mean).std()) or 1.0
        vectors = ((self.vectors - mean) / spread).astype(np.float32)
        vectors[0] = 0
        return MemoryBank(vectors, self.kind, self.rows, self.age, self.mask)


def build_bank(log: Impressions, memories: Mapping[int, UserMemory], fusion: str) -> MemoryBank:
    """What every impression of a log may see of its user's memory.

    Args:
        log: the impressions.
        memories: of users by their number; a user without one has nothing to see.
        fusion: one of :data:`FUSIONS` but ``none``.

    Raises:
        ConfigError: the memories lack what this way of fusing reads.
    """
    if fusion not in FUSIONS[1:]:
        raise ConfigError(f"There is no fusion {fusion!r}. Choose one of {', '.join(FUSIONS)}.")
    if not memories:
        raise ConfigError("There are no summaries to fuse.")
    parts: list[np.ndarray] = []
    kinds: list[np.ndarray] = []
    visible: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    size = 1
    order = np.argsort(log.user, kind="stable")
    starts = np.searchsorted(log.user[order], np.arange(log.n_users + 1))
    for user, memory in sorted(memories.items()):
        at = order[starts[user] : starts[user + 1]]
        closed = np.searchsorted(memory.closed_at, log.time[at], side="left")
        for kind, vectors in _read(memory, fusion):
            back = np.arange(1 if fusion == "oneshot" else min(len(vectors), MOST_PARTITIONS))
            place = closed[:, None] - 1 - back
            rows = np.where(place >= 0, size + place, 0)
            visible.append((at, rows, np.broadcast_to(back, rows.shape)))
            parts.append(vectors)
            kinds.append(np.full(len(vectors), kind))
            size += len(vectors)
    vectors = np.concatenate([np.zeros((1, parts[0].shape[1])), *parts]).astype(np.float32)
    rows, age = _padded(len(log), visible)
    return MemoryBank(vectors, np.concatenate([[SUMMARY], *kinds]), rows, age, rows > 0)


def _read(memory: UserMemory, fusion: str) -> list[tuple[int, np.ndarray]]:
    """The kinds of vectors that a way of fusing reads."""
    if fusion == "partitions":
        return [(SUMMARY, memory.vectors)]
    if fusion == "oneshot":
        if memory.whole_vectors is None:
            raise ConfigError("These summaries have none of the whole past; oneshot needs it.")
        return [(SUMMARY, memory.whole_vectors)]
    if memory.shift_vectors is None:
        raise ConfigError("These summaries come without shifts; cascade needs them.")
    return [(SUMMARY, memory.vectors), (SHIFT, memory.shift_vectors)]


def _padded(
    n: int, visible: list[tuple[np.ndarray, np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and ages side by side for each impression, shapes ``(n, P)``."""
    used = np.zeros(n, dtype=np.int64)
    for at, rows, _ in visible:
        used[at] += rows.shape[1]
    all_rows = np.zeros((n, int(used.max())), dtype=np.int64)
    all_ages = np.zeros_like(all_rows)
    filled = np.zeros(n, dtype=np.int64)
    for at, rows, age in visible:
        if len(at):
            first = int(filled[at[0]])  # All of a user's impressions are filled alike.
            all_rows[at, first : first + rows.shape[1]] = rows
            all_ages[at, first : first + rows.shape[1]] = age
            filled[at] += rows.shape[1]
    return all_rows, all_ages
