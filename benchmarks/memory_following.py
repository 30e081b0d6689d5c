"""Next items by what a memory knew before them: the lists, the memories, and their scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from memory_worlds import Known, Person, World

from journeys.evaluation.next_items import Placed, near_in_time, placed
from journeys.memory import (
    Life,
    PartitionRecord,
    Shift,
    Summary,
    counted_shift,
    counted_summary,
    lives,
)
from journeys.memory.reranking import Wanted, match, unrelated, wanted

OTHERS = 49
#: Own later items start so many events after the last that a memory is asked for.
LATER = 20


@dataclass(frozen=True)
class Lists:
    """Lists of candidates of one person, the true next item first.

    Attributes:
        at: shape ``(lists,)``, position of the true item.
        vectors: shape ``(lists, candidates, d)``.
        real: shape ``(lists, candidates)``.
    """

    at: np.ndarray
    vectors: np.ndarray
    real: np.ndarray


@dataclass(frozen=True)
class Past:
    """What a memory knows of a person at the end of a partition; nothing of what comes after."""

    known: Known
    summaries: Mapping[int, Summary]
    shifts: Mapping[int, Shift]
    lives: Sequence[Life]
    everything: Summary
    records: Sequence[PartitionRecord]


def pasts(world: World, person: Person, size: int, source: str = "found") -> Iterator[Past]:
    """At the end of each partition. Notes by counts; see memory_sample.py for the model's."""
    summaries: dict[int, Summary] = {}
    shifts: dict[int, Shift] = {}
    records: list[PartitionRecord] = []
    walk = world.known(person, size) if source == "found" else world.given(person, size)
    for number, known in enumerate(walk, start=1):
        start = known.end - size
        items = person.told(start, known.end, known.journeys)
        summaries[number] = counted_summary(items, known.names)
        before = summaries.get(number - 1)
        shifts[number] = counted_shift(before, summaries[number]) if before else Shift("", ())
        first, last = int(person.times[start]), int(person.times[known.end - 1])
        records.append(PartitionRecord(number, size, 0, first, last, last))
        everything = counted_summary(person.told(0, known.end, known.journeys), known.names)
        yield Past(
            known,
            dict(summaries),
            dict(shifts),
            lives(records, summaries, shifts),
            everything,
            tuple(records),
        )


class Candidates:
    """Draws lists: the true next item among other people's of that time, or own later ones."""

    def __init__(self, world: World, seed: int = 0) -> None:
        everybody = world.everybody
        times = np.concatenate([person.times for person in everybody])
        owner = np.repeat(np.arange(len(everybody)), [len(person) for person in everybody])
        order = np.argsort(times, kind="stable")
        self._times, self._owner = times[order], owner[order]
        self._vectors = np.concatenate([person.vectors for person in everybody])[order]
        self._items = np.concatenate([np.array(p.items, dtype=object) for p in everybody])[order]
        self._number = {person.user: at for at, person in enumerate(everybody)}
        self._seed = seed

    def others(self, person: Person, targets: np.ndarray) -> Lists:
        """Beside 49 items of other people, drawn from those nearest in time."""
        rng = np.random.default_rng([self._seed, self._number[person.user]])
        allowed = (self._owner != self._number[person.user]) & ~np.isin(
            self._items, list(set(person.items))
        )
        rows = [
            self._vectors[near_in_time(self._times, allowed, int(person.times[t]), OTHERS, rng)]
            for t in targets
        ]
        return _lists(person, targets, rows)

    def later(self, person: Person, targets: np.ndarray, size: int) -> Lists:
        """Beside the person's own items of partitions after the next: are they wanted *now*?"""
        rng = np.random.default_rng([self._seed, self._number[person.user], 1])
        rows, kept = [], []
        for target in targets.tolist():
            start = (target // size + 1) * size + LATER
            pool = np.arange(start, len(person))
            if len(pool) >= 10:
                rows.append(person.vectors[rng.permutation(pool)[:OTHERS]])
                kept.append(target)
        return _lists(person, np.array(kept, dtype=np.int64), rows)


def _lists(person: Person, targets: np.ndarray, rows: Sequence[np.ndarray]) -> Lists:
    width = 1 + max((len(row) for row in rows), default=0)
    vectors = np.zeros((len(rows), width, person.vectors.shape[1]), dtype=np.float32)
    real = np.zeros((len(rows), width), dtype=bool)
    for at, (target, row) in enumerate(zip(targets, rows, strict=True)):
        vectors[at, 0], vectors[at, 1 : 1 + len(row)] = person.vectors[target], row
        real[at, : 1 + len(row)] = True
    return Lists(targets, vectors, real)


#: What is held against candidates: vectors and their weights.
Texts = tuple[np.ndarray, np.ndarray]


def of_names(world: World, want: Wanted) -> Texts:
    """Vectors of a memory's names."""
    if not want.names:
        return np.empty((0, len(world.mean))), want.weights
    return world.vectors(want.names), want.weights


def of_items(vectors: np.ndarray) -> Texts:
    """Raw items, each alike: episodic memory."""
    return vectors, np.full(len(vectors), 1 / max(1, len(vectors)))


def of_evidence(person: Person, found: Sequence[Life], want: Wanted) -> np.ndarray:
    """The mean direction of each interest's newest events: what its words may lose."""
    newest = {life.name: life.seen[max(life.seen)].evidence for life in found}
    if not want.names:
        return np.empty((0, person.vectors.shape[1]))
    means = np.stack([person.vectors[list(newest[name])].mean(axis=0) for name in want.names])
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True))


def both(one: Texts, other: Texts, share: float = 0.5) -> Texts:
    """Two memories as one; ``share``: of the first."""
    if not len(one[1]) or not len(other[1]):
        return one if len(one[1]) else other
    return np.concatenate([one[0], other[0]]), np.concatenate(
        [share * one[1], (1 - share) * other[1]]
    )


def with_cache(texts: Texts, cache: np.ndarray, seen: np.ndarray) -> Texts:
    """A memory beside the cache's raw items, half and half; a row of weights for each list.

    Args:
        cache: shape ``(items, d)``, what came since the partition closed, in order.
        seen: shape ``(lists,)``, how many of them came before each list.
    """
    here = np.arange(len(cache)) < seen[:, None]
    raw = here / np.maximum(seen, 1)[:, None]
    share = np.where(seen > 0, 0.5, 1.0)[:, None] if len(texts[1]) else np.zeros((len(seen), 1))
    return np.concatenate([texts[0], cache]), np.concatenate(
        [share * texts[1], (1 - share) * raw], axis=1
    )


def scores(texts: Texts, lists: Lists, chosen: np.ndarray, sharpness: float) -> np.ndarray:
    """How well the candidates of the chosen lists (a mask) go with a memory."""
    vectors, weights = lists.vectors[chosen], texts[1]
    if weights.ndim == 2:
        weights = np.repeat(weights, vectors.shape[1], axis=0)
    flat = match(vectors.reshape(-1, vectors.shape[2]), texts[0], weights, sharpness)
    return flat.reshape(vectors.shape[:2])


def scored(texts: Texts, lists: Lists, chosen: np.ndarray, sharpness: float) -> Placed:
    """The chosen lists put in order by a memory."""
    return placed(scores(texts, lists, chosen, sharpness), lists.real[chosen])


#: A memory by name -> its texts, for a past.
Memories = Callable[[Past], Mapping[str, Texts]]


def memories(
    world: World,
    person: Person,
    crowd: np.ndarray,
    *,
    momentum: float,
    kept: float,
    decay: float,
) -> Memories:
    """The rows of the quality table."""

    def made(past: Past) -> Mapping[str, Texts]:
        end, numbers = past.known.end, sorted(past.summaries)
        every = [past.summaries[number] for number in numbers]
        want = wanted(past.lives, momentum=momentum, kept=kept)
        cascade = of_names(world, want)
        last = person.vectors[max(0, end - 20) : end]
        return {
            "none: what everybody does": (crowd[None, :], np.ones(1)),
            "episodic: last 5 titles": of_items(person.vectors[end - 5 : end]),
            "episodic: last 20 titles": of_items(last),
            "episodic: all titles": of_items(person.vectors[:end]),
            "everything at once": of_names(world, unrelated([past.everything])),
            "newest partition only": of_names(world, unrelated(every[-1:])),
            "independent partitions": of_names(world, unrelated(every)),
            "independent, older ones fade": of_names(world, unrelated(every, decay)),
            "cascade": cascade,
            "cascade, evidence in place of words": (
                of_evidence(person, past.lives, want),
                want.weights,
            ),
            "cascade and last 20 titles": both(cascade, of_items(last)),
        }

    return made


def crowd(world: World, person: Person) -> np.ndarray:
    """The mean direction of everybody else's items, shape ``(d,)``."""
    total = np.sum(
        [p.vectors.sum(axis=0) for p in world.everybody if p.user != person.user], axis=0
    )
    return np.asarray(total / np.linalg.norm(total))
