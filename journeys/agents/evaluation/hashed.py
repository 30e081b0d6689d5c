"""A static hashed memory: counts of what was accepted, looked up by hashes of n-grams.

After Engram (Cheng et al. 2026, arXiv 2601.07372): an n-gram of the context is hashed by several
heads, each into a table of prime size of its own, and what lies there is read in constant time.
What is kept here is counts and not vectors, and the context is a user with a field, a word or a
pair of words of the request. A row's evidence is that of the head with the least in it (count-min,
Cormode and Muthukrishnan 2005), since collisions only add. All users write into the same tables, so
that they collide: that is what is measured. It is no language model and has no learnt gate: a
back-off from everybody to the user, their fields, their words and their pairs stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

import numpy as np

from journeys.agents.evaluation.stream import Stream

#: Sizes of the tables, the first eight primes above 8,192: as many rows as the table of shared ids.
PRIMES = (8209, 8219, 8221, 8231, 8233, 8237, 8243, 8263)

_WORD = re.compile(r"\w+")
_WORDS = 24


@dataclass
class HashedMemory:
    """Counts by hashed n-gram.

    Attributes:
        shrink: how many events the coarser rate counts as.
        sizes: of the tables, one a head.
    """

    shrink: float
    sizes: tuple[int, ...] = PRIMES

    def __post_init__(self) -> None:
        self._counts = [np.zeros((size, 2)) for size in self.sizes]

    def write(self, orders: Sequence[Sequence[str]], liked: int) -> None:
        """Count an outcome under every n-gram of a request."""
        for name in (name for order in orders for name in order):
            for counts, row in zip(self._counts, _rows(name, self.sizes), strict=True):
                counts[row] += (liked, 1.0)

    def chance(self, orders: Sequence[Sequence[str]]) -> float:
        """The rate of the finest n-grams, shrunk to that of the coarser ones before them."""
        rate = 0.5
        for order in orders:
            found = [self._read(name) for name in order]
            liked = sum(each[0] for each in found) / max(len(found), 1)
            total = sum(each[1] for each in found) / max(len(found), 1)
            rate = (liked + self.shrink * rate) / (total + self.shrink)
        return rate

    def _read(self, name: str) -> tuple[float, float]:
        held = [
            counts[row] for counts, row in zip(self._counts, _rows(name, self.sizes), strict=True)
        ]
        least = min(held, key=lambda each: float(each[1]))
        return float(least[0]), float(least[1])


@lru_cache(maxsize=262_144)
def _rows(name: str, sizes: tuple[int, ...]) -> tuple[int, ...]:
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=64).digest()
    return tuple(
        int.from_bytes(digest[8 * head : 8 * head + 8], "big") % size
        for head, size in enumerate(sizes)
    )


def ngrams(stream: Stream, at: int) -> list[list[str]]:
    """N-grams of a request from coarse to fine: everybody, the user, their fields, words, pairs."""
    user = stream.users[at]
    title = stream.requests[at].partition("\n")[0] if stream.requests else ""
    words = _WORD.findall(title.lower())[:_WORDS]
    pairs = [f"{one} {two}" for one, two in pairwise(words)]
    fields = [f"{user}|{name}" for name in stream.features[at].own]
    return [
        ["everybody"],
        [user],
        fields,
        [f"{user}|{word}" for word in dict.fromkeys(words)],
        [f"{user}|{pair}" for pair in dict.fromkeys(pairs)],
    ]


def hashed_memory(stream: Stream, shrink: float, *, static: bool) -> np.ndarray:
    """Chances over a stream, shape ``(n,)``, NaN in the warm-up.

    Args:
        static: written once, when block 1 begins, and read only from then on, as Engram is;
            otherwise written on as outcomes become known.
    """
    memory = HashedMemory(shrink)
    begun = stream.starts(1)
    found = np.full(len(stream), np.nan)
    for what, at in stream.replay():
        if what == "learn":
            if not static or stream.known[at] < begun:
                memory.write(ngrams(stream, at), int(stream.liked[at]))
        elif stream.block[at]:
            found[at] = memory.chance(ngrams(stream, at))
    return found
