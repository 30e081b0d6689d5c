"""Which names people are asked about, and in what order: a design without side effects.

Raters are blind to the namer. Names of one journey are never asked about one after the other (the
second would be judged against the first), what several namers said alike is asked once, and one
name in ten is a foil: the name of another journey, which shows whether a rater reads the items.
Every rater gets the same names in an order of their own, so that fatigue and practice do not add
to all in the same place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from zlib import crc32

import numpy as np

from journeys.store.labels import FOIL, MOST_CHARACTERS, Given, Label
from journeys.words import content_words

#: Stands for "what the journey is called now", whoever gave that name.
CURRENT = "current"

#: Share of foils among all that is asked.
FOIL_SHARE = 0.1

#: A pause between two labels that is longer was a break, in microseconds.
_BREAK = 180_000_000

#: What a rater is asked about: journey, level, name.
Key = tuple[str, int, str]


@dataclass(frozen=True)
class Item:
    """A name that is asked about.

    Attributes:
        namers: who gave the journey this name; (:data:`~journeys.store.labels.FOIL`,) for a foil.
    """

    person_id: int
    journey_id: str
    level: int
    name: str
    namers: tuple[str, ...]

    @property
    def key(self) -> Key:
        return self.journey_id, self.level, self.name

    @property
    def foil(self) -> bool:
        return self.namers == (FOIL,)


def namers_of(namings: Iterable[Given]) -> tuple[str, ...]:
    """Who gave names, in order of first appearance."""
    return tuple(dict.fromkeys(given.names.namer for given in namings))


def candidates(
    namings: Sequence[Given], *, levels: Collection[int], namers: Collection[str]
) -> list[Item]:
    """The names that may be asked about, in the order of the namings; equal ones once.

    Of each namer the newest names of a journey count. Names that differ only in case or spaces
    are the same name.

    Args:
        levels: levels of specificity to ask about.
        namers: whose names; :data:`CURRENT` takes what each journey is called now.
    """
    newest: dict[tuple[str, str], Given] = {}
    for given in namings:
        wanted = given.names.namer in namers or (CURRENT in namers and given.counts)
        if wanted:
            newest[given.journey_id, given.names.namer] = given
    merged: dict[tuple[str, int, str], list[tuple[Given, str]]] = {}
    for given in newest.values():
        for level in sorted(levels):
            name = given.names.at(level)
            if name.strip() and len(name) <= MOST_CHARACTERS:
                key = (given.journey_id, level, _same(name))
                merged.setdefault(key, []).append((given, name))
    return [
        Item(
            givers[0][0].person_id,
            journey_id,
            level,
            givers[0][1],
            tuple(sorted({given.names.namer for given, _ in givers})),
        )
        for (journey_id, level, _), givers in merged.items()
    ]


def draw(
    pool: Sequence[Item], *, seed: int, sample: int | None = None, foils: float = FOIL_SHARE
) -> list[Item]:
    """The names to ask about, and the foils among them.

    Journeys are drawn whole, so that namers are compared on the same ones: the sample is full
    when the next journey would make more than ``sample`` names. The same seed gives the same
    names, and a smaller sample is the head of a larger one.

    Args:
        sample: most names, foils not counted; at least one journey is drawn. None for all.
        foils: share of foils in what is asked, 0 to below 1.

    Raises:
        ValueError: the share is out of range.
    """
    if not 0 <= foils < 1:
        raise ValueError(f"the share of foils must be from 0 to below 1, not {foils}")
    rng = np.random.default_rng(seed)
    by_journey: dict[str, list[Item]] = {}
    for item in pool:
        by_journey.setdefault(item.journey_id, []).append(item)
    ids = list(by_journey)
    chosen: list[Item] = []
    for at in rng.permutation(len(ids)).tolist():
        own = by_journey[ids[at]]
        if chosen and sample is not None and len(chosen) + len(own) > sample:
            break
        chosen += own
    wanted = round(len(chosen) * foils / (1 - foils))
    return chosen + _foils(chosen, pool, wanted, rng)


def _foils(
    chosen: Sequence[Item], pool: Sequence[Item], wanted: int, rng: np.random.Generator
) -> list[Item]:
    """Names of other journeys, put to chosen ones with whose names they share no word."""
    # Each name once: a pool has many journeys of one name, and is gone through for each host.
    words_of = {name: set(content_words(name)) for name in {item.name for item in pool}}
    said: dict[str, set[str]] = {}
    for item in pool:
        said.setdefault(item.journey_id, set()).update(words_of[item.name])
    made: dict[Key, Item] = {}
    used: Counter[str] = Counter()
    for at in rng.permutation(len(chosen)).tolist():
        if len(made) == wanted:
            break
        host = chosen[at]
        for other in rng.permutation(len(pool)).tolist():
            name = pool[other]
            words = words_of[name.name]
            fits = name.level == host.level and name.journey_id != host.journey_id
            if fits and words and words.isdisjoint(said[host.journey_id]) and not used[name.name]:
                foil = Item(host.person_id, host.journey_id, host.level, name.name, (FOIL,))
                made[foil.key] = foil
                used[name.name] += 1
                break
    return list(made.values())


def in_order(items: Sequence[Item], *, seed: int, rater: str) -> list[Item]:
    """The items in the order in which a rater is asked, the same whenever they come back.

    Names of one journey are never neighbours, unless one journey has more than half of what is
    left and they cannot be kept apart.
    """
    rng = np.random.default_rng([seed, crc32(rater.encode())])
    waiting: dict[str, list[Item]] = {}
    for at in rng.permutation(len(items)).tolist():
        waiting.setdefault(items[at].journey_id, []).append(items[at])
    order: list[Item] = []
    last = ""
    while waiting:
        left = {journey: len(own) for journey, own in waiting.items()}
        total = sum(left.values())
        free = [journey for journey in left if journey != last] or list(left)
        # A journey with more than half of what is left must come now, or its names end up together.
        crowded = [journey for journey in free if left[journey] > total // 2]
        if crowded:
            journey = max(crowded, key=left.__getitem__)
        else:
            weights = np.array([left[journey] for journey in free], dtype=np.float64)
            journey = free[int(rng.choice(len(free), p=weights / weights.sum()))]
        order.append(waiting[journey].pop())
        if not waiting[journey]:
            del waiting[journey]
        last = journey
    return order


def still_to_label(
    order: Sequence[Item], given: Iterable[Label], skipped: Collection[Key] = ()
) -> list[Item]:
    """What a rater has not labelled yet, in order; what they skipped comes last."""
    done = {(label.journey_id, label.level, label.name) for label in given}
    left = [item for item in order if item.key not in done]
    return sorted(left, key=lambda item: item.key in skipped)


def seconds_left(times: Sequence[int], items: int) -> float | None:
    """About how long the rest takes; None before there is a pace.

    Args:
        times: when the rater's labels were given, microseconds; in order.
        items: how many are left.
    """
    gaps = [b - a for a, b in pairwise(times) if 0 < b - a < _BREAK]
    return median(gaps[-20:]) / 1e6 * items if len(gaps) >= 2 else None


def _same(name: str) -> str:
    return " ".join(name.casefold().split())
