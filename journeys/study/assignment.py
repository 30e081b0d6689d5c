"""Who meets which condition: seeded permuted blocks.

Participants are numbered as they are invited. Every block of them gets every condition once (or,
within participants, every order of a balanced Latin square once), in an order drawn for the block.
So the groups differ by at most one at any time, and nobody can tell the next from the last.

A draw sorts by a hash of the seed, the block and the entry, so that it is the same on every
machine and in every version.

Source for the balanced Latin square: Williams 1949, "Experimental designs balanced for the
estimation of residual effects of treatments". Each condition stands once in each place and is
followed by each other condition equally often.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from journeys.study.design import StudyDesign


def williams_square(n: int) -> list[tuple[int, ...]]:
    """Orders of ``n`` conditions: ``n`` of them for an even ``n``, ``2 n`` for an odd one."""
    if n < 1:
        raise ValueError(f"there must be at least one condition, not {n}")
    first = [0]
    low, high = 1, n - 1
    while len(first) < n:
        first.append(low if len(first) % 2 else high)
        if len(first) % 2 == 0:
            low += 1
        else:
            high -= 1
    rows = [tuple((entry + shift) % n for entry in first) for shift in range(n)]
    if n % 2 and n > 1:
        rows += [tuple(reversed(row)) for row in rows]
    return rows


def arrangements(design: StudyDesign) -> list[tuple[str, ...]]:
    """The condition keys that a participant may meet, in order: one entry for each place of a
    block."""
    keys = [condition.key for condition in design.conditions]
    if design.arrangement == "between":
        return [(key,) for key in keys]
    return [tuple(keys[at] for at in row) for row in williams_square(len(keys))]


def assign(design: StudyDesign, number: int) -> tuple[str, ...]:
    """The conditions of the participant with a number (from 0), in their order."""
    if number < 0:
        raise ValueError(f"number must be at least 0, not {number}")
    possible = arrangements(design)
    block, place = divmod(number, len(possible))
    return possible[draw_order(len(possible), design.seed, "block", block)[place]]


def participant_seed(design: StudyDesign, number: int) -> int:
    """The seed of what is drawn for one participant, below 2**62."""
    return _hash(design.seed, "participant", number) >> 2


def draw_order(n: int, seed: int, *purpose: object) -> list[int]:
    """A permutation of 0 ... n - 1 drawn by a seed; another purpose draws another one."""
    return sorted(range(n), key=lambda entry: (_hash(seed, *purpose, entry), entry))


def _hash(seed: int, *parts: object) -> int:
    words: Sequence[str] = [str(seed), *map(str, parts)]
    digest = blake2b("\x1f".join(words).encode(), digest_size=8, person=b"study-draw")
    return int.from_bytes(digest.digest(), "big")
