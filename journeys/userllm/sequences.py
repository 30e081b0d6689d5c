"""Timelines as tensors: ids of several features, content vectors and times, in padded batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from journeys.errors import InputError

#: The feature that is always there: which thing it was.
ITEM = "item"


@dataclass(frozen=True)
class EventBatch:
    """``B`` timelines of at most ``L`` events, oldest first, padding at the end.

    Attributes:
        ids: feature name to ids, shape ``(B, L)``, int64; 0 is padding or unknown.
            :data:`ITEM` is always there.
        content: content embeddings, shape ``(B, L, c)``, float32; zeros where there is none.
        times: seconds since 1970 UTC, shape ``(B, L)``, float64; 0 at padding.
        mask: shape ``(B, L)``, bool; True is an event.
    """

    ids: Mapping[str, Tensor]
    content: Tensor
    times: Tensor
    mask: Tensor

    def to(self, device: torch.device | str) -> EventBatch:
        """The same on another device."""
        ids = {name: each.to(device) for name, each in self.ids.items()}
        return EventBatch(ids, self.content.to(device), self.times.to(device), self.mask.to(device))

    def columns(self, start: int, stop: int) -> EventBatch:
        """Events ``start`` to ``stop`` of every timeline."""
        ids = {name: each[:, start:stop] for name, each in self.ids.items()}
        return EventBatch(
            ids,
            self.content[:, start:stop],
            self.times[:, start:stop],
            self.mask[:, start:stop],
        )

    def rows(self, at: Tensor) -> EventBatch:
        """The timelines at some positions of the batch."""
        ids = {name: each[at] for name, each in self.ids.items()}
        return EventBatch(ids, self.content[at], self.times[at], self.mask[at])


@dataclass(frozen=True)
class Vocabulary:
    """The known values of each feature; the id of ``values[name][k]`` is ``k + 1``.

    Attributes:
        values: feature name to its values, :data:`ITEM` among them.
    """

    values: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        if ITEM not in self.values:
            raise InputError(f"A vocabulary needs the feature {ITEM!r}.")

    def size(self, feature: str) -> int:
        """Number of ids, with 0 for what is unknown."""
        return len(self.values[feature]) + 1

    @property
    def sizes(self) -> dict[str, int]:
        """:meth:`size` of every feature."""
        return {name: self.size(name) for name in self.values}

    def ids(self, feature: str, values: Sequence[str]) -> np.ndarray:
        """Ids of some values, shape ``(len(values),)``, int64; 0 for those that are unknown."""
        known = {value: at + 1 for at, value in enumerate(self.values[feature])}
        return np.array([known.get(value, 0) for value in values], dtype=np.int64)


@dataclass(frozen=True)
class Catalogue:
    """What can come next. Row ``k`` is the item with id ``k``; row 0 is nobody's and all zero.

    Attributes:
        titles: ``n_items + 1`` titles; untrusted text.
        content: shape ``(n_items + 1, c)``, float32.
        category: shape ``(n_items + 1,)``, int64, ids of the feature ``category``; zeros where the
            data has none.
    """

    titles: tuple[str, ...]
    content: np.ndarray
    category: np.ndarray

    def __len__(self) -> int:
        return len(self.titles)


@dataclass(frozen=True)
class EncoderData:
    """The events of many users, by user and time, and what they could be.

    Attributes:
        users: ids as the data's origin writes them, or pseudonyms.
        starts: shape ``(n_users + 1,)``; the events of user ``u`` are ``starts[u]:starts[u + 1]``.
        ids: feature name to ids, shape ``(n,)``, int64.
        times: seconds since 1970 UTC, shape ``(n,)``, float64, ascending within a user. Events of
            one instant stand in an order that tells nothing: see :func:`shuffled_ties`.
        content_row: shape ``(n,)``, int64, rows of ``contents``; row 0 is none.
        contents: shape ``(texts + 1, c)``, float32; ``c`` may be 0.
        vocabulary: of the ids.
        catalogue: of the items.
    """

    users: tuple[str, ...]
    starts: np.ndarray
    ids: Mapping[str, np.ndarray]
    times: np.ndarray
    content_row: np.ndarray
    contents: np.ndarray
    vocabulary: Vocabulary
    catalogue: Catalogue

    def __len__(self) -> int:
        return len(self.times)

    @property
    def n_users(self) -> int:
        return len(self.users)

    @property
    def owner(self) -> np.ndarray:
        """Shape ``(n,)``, int64: whose event each is."""
        return np.repeat(np.arange(self.n_users), np.diff(self.starts))

    def instant_start(self) -> np.ndarray:
        """Shape ``(n,)``, int64: the first event of each one's instant (same user, same time).

        What a prediction of event ``r`` may see of its user is ``starts[u]:instant_start[r]``.
        """
        first = np.ones(len(self), dtype=bool)
        first[1:] = (np.diff(self.times) != 0) | (np.diff(self.owner) != 0)
        return np.maximum.accumulate(np.where(first, np.arange(len(self)), 0))

    def batch(self, stretches: Sequence[tuple[int, int]]) -> EventBatch:
        """Stretches of events ``[start, stop)`` as one batch, each padded to the longest.

        An empty stretch is a row of padding.
        """
        longest = max((stop - start for start, stop in stretches), default=0)
        at = np.zeros((len(stretches), max(longest, 1)), dtype=np.int64)
        mask = np.zeros_like(at, dtype=bool)
        for row, (start, stop) in enumerate(stretches):
            at[row, : stop - start] = np.arange(start, stop)
            mask[row, : stop - start] = True
        ids = {name: torch.from_numpy(each[at] * mask) for name, each in self.ids.items()}
        content = torch.from_numpy(self.contents[self.content_row[at] * mask])
        times = torch.from_numpy(self.times[at] * mask)
        return EventBatch(ids, content, times, torch.from_numpy(mask))

    def user_batches(self, size: int, users: Sequence[int] | None = None) -> Iterator[EventBatch]:
        """Whole timelines, ``size`` at a time, in the order of ``users`` (default: all)."""
        chosen = range(self.n_users) if users is None else users
        for first in range(0, len(chosen), size):
            part = chosen[first : first + size]
            yield self.batch([(int(self.starts[u]), int(self.starts[u + 1])) for u in part])

    def first_events(self, keep: np.ndarray) -> EncoderData:
        """The same with only the events marked in ``keep``, shape ``(n,)``, bool."""
        counts = np.bincount(self.owner[keep], minlength=self.n_users)
        return replace(
            self,
            starts=np.concatenate([[0], np.cumsum(counts)]),
            ids={name: each[keep] for name, each in self.ids.items()},
            times=self.times[keep],
            content_row=self.content_row[keep],
        )

    def sha256(self) -> str:
        """Hash of everything a training sees: users, features, times and content."""
        digest = hashlib.sha256()
        for text in (*self.users, *(v for name in sorted(self.ids) for v in self._values(name))):
            digest.update(len(text).to_bytes(8, "little"))
            digest.update(text.encode("utf-8", "surrogatepass"))
        arrays = [self.starts, self.times, self.content_row, self.contents]
        arrays += [self.ids[name] for name in sorted(self.ids)]
        for array in arrays:
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def _values(self, feature: str) -> tuple[str, ...]:
        return (feature, *self.vocabulary.values[feature])


def shuffled_ties(owner: np.ndarray, times: np.ndarray, seed: int = 0) -> np.ndarray:
    """Positions by user, then time, with the events of one instant in a drawn order.

    Half of ML-100k's ratings share their second with another of the same person. The order of the
    file would do, but a drawn one surely tells nothing of rating or item.
    """
    drawn = np.random.default_rng(seed).permutation(len(times))
    return np.lexsort((drawn, times, owner))
