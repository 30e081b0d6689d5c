"""Pairs to learn naming from: the titles of a journey, and what a person calls it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from journeys.errors import InputError
from journeys.journey import FRIEND_LEVEL, LEVELS
from journeys.words import content_words

#: Words of names that say what a thing is and not what it is about.
_GENERIC_WORDS = """
reddit subreddit sub community news discussion general theory application best place question
help share home national special related short
"""
_GENERIC = frozenset(_GENERIC_WORDS.split())


@dataclass(frozen=True)
class Pair:
    """The titles of a journey and a name that a person gave it.

    Attributes:
        titles: most telling first; already redacted where they are of a real person.
        level: of specificity (1-5) that the name is of.
        people: pseudonyms of those whose titles or words these are; erasing one of them withdraws
            what was trained on the pair.
    """

    titles: tuple[str, ...]
    name: str
    level: int = FRIEND_LEVEL
    people: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; as a line of a file of pairs."""
        return {
            "titles": list(self.titles),
            "name": self.name,
            "level": self.level,
            "people": list(self.people),
        }


def read_pairs(path: Path) -> list[Pair]:
    """Read pairs from JSON lines: ``{"titles": [...], "name": "...", "level": 3}``.

    ``level`` and ``people`` may be left out.

    Raises:
        InputError: the file cannot be read, or a line is no pair; the message says which.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The file of pairs {path} cannot be read: {error}") from error
    found = [
        _parsed(line, f"Line {number:,} of {path.name}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    if not found:
        raise InputError(f"{path.name} has no pairs in it.")
    return found


def _parsed(line: str, where: str) -> Pair:
    try:
        row = json.loads(line)
        titles, name = row["titles"], row["name"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f'{where} is not a pair. A pair looks like {{"titles": ["...", "..."], "name": "..."}}.'
        ) from error
    level, people = row.get("level", FRIEND_LEVEL), row.get("people", [])
    if not isinstance(name, str) or not any(map(str.isalpha, name)):
        raise InputError(f"{where} has no name.")
    if not _texts(titles) or not titles or not _texts(people):
        raise InputError(
            f"{where}: titles and people must be lists of texts, and titles not empty."
        )
    if not isinstance(level, int) or not 1 <= level <= len(LEVELS):
        raise InputError(f"{where} has the level {level!r}; levels are 1 to {len(LEVELS)}.")
    return Pair(tuple(titles), " ".join(name.split()), level, tuple(people))


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def data_hash(pairs: Iterable[Pair]) -> str:
    """A hash of the pairs whatever their order, 32 hex digits."""
    lines = sorted(json.dumps(pair.to_dict(), sort_keys=True) for pair in pairs)
    return blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()


def split_pairs(
    pairs: Sequence[Pair], share: float, seed: int = 0
) -> tuple[list[Pair], list[Pair]]:
    """Pairs to train on, and pairs held out to know when to stop.

    Pairs whose names share a subject go to the same side, so that what is held out is not known
    by heart.

    Args:
        share: of the pairs that are held out, at least.

    Raises:
        InputError: fewer than two subjects.
    """
    subjects: dict[frozenset[str], list[Pair]] = {}
    for pair in pairs:
        subjects.setdefault(subject(pair.name), []).append(pair)
    if len(subjects) < 2:
        raise InputError(
            f"{len(pairs)} pairs with {len(subjects)} subject are too few to learn from: some are "
            "held out to know when to stop. Give about a hundred."
        )
    order = sorted(subjects, key=sorted)
    Random(seed).shuffle(order)
    held: list[Pair] = []
    for at, one in enumerate(order):
        if len(held) >= max(1, round(share * len(pairs))) or at == len(order) - 1:
            return [pair for other in order[at:] for pair in subjects[other]], held
        held += subjects[one]
    raise AssertionError("the last subject is always trained on")


def leaking(pairs: Sequence[Pair], names: Collection[str]) -> list[Pair]:
    """The pairs whose name shares a telling word with one of the names.

    To be left out before a model is tested on the groups of those names. Words are compared
    without plural; words such as "news" or "community" do not count.
    """
    said = {word for name in names for word in subject(name)}
    return [pair for pair in pairs if not said.isdisjoint(subject(pair.name))]


def subject(name: str) -> frozenset[str]:
    """The words of a name that say what it is about; the whole name where none does."""
    telling = frozenset(content_words(name.replace("_", " ").replace("/", " "))) - _GENERIC
    return telling or frozenset([name.lower()])
