"""What the memory's benchmarks share: people with vectors, and their journeys as known at a time.

Journeys are found anew at the end of each partition in the events so far, so nothing later is
known; they keep their ids as the product's do. Only the corpus mean and the word counts of the
whole log, which say nothing of a person's order, are taken from everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from common import labelled

from journeys.cli.progress import TerminalProgress
from journeys.discovery.ids import carry_ids
from journeys.discovery.sendable import sendable
from journeys.discovery.storage import Earlier
from journeys.embedding import embed_missing, load_embedder, text_keys
from journeys.evaluation.labelled import prepare, read_labelled
from journeys.evaluation.planted import KINDS, planted_person
from journeys.extraction import UserEvents, get_extractor
from journeys.extraction.dense import without_small
from journeys.extraction.updating import NEW
from journeys.memory import Item
from journeys.naming.base import Evidence
from journeys.naming.keyphrases import keyphrase_levels, keyphrases
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.words import DocumentFrequency

DATA = {"reddit": "reddit_mix_dev/events.jsonl", "til": "til_notes/til_notes.jsonl"}
#: A journey has so many events, as in a discovery.
LEAST = 5
#: Fewer events than this and nothing can be both told and predicted.
FEWEST = 40


@dataclass(frozen=True)
class Person:
    """One person's events in order of time.

    Attributes:
        vectors: shape ``(events, d)``, unit rows, of title and text.
        items: item ids.
        groups: the true group of each event, '' for none.
    """

    user: str
    titles: tuple[str, ...]
    items: tuple[str, ...]
    times: np.ndarray
    vectors: np.ndarray
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.times)

    def told(self, start: int, end: int, journeys: Sequence[str]) -> list[Item]:
        """Events as the memory is told of them."""
        return [
            Item(at, sendable(self.titles[at]), int(self.times[at]), journeys[at])
            for at in range(start, end)
        ]


@dataclass(frozen=True)
class Known:
    """The journeys of a person as known after ``end`` events; ``journeys``: one for each event."""

    end: int
    journeys: tuple[str, ...]
    names: Mapping[str, str]


class World:
    """A labelled log with its vectors, and vectors of names."""

    def __init__(self, data: str, home: Path) -> None:
        self.store: Store = open_store(Settings.from_environment({"JOURNEYS_HOME": str(home)}))
        self._embedder = load_embedder("minilm")
        self._cache = self.store.vectors
        self._key = self.store.keys.text
        log, truth = read_labelled(labelled(DATA[data]), "group")
        ready = prepare(log, truth, self._embedder, self._cache, self._key, TerminalProgress())
        self.mean = ready.mean
        self.background = DocumentFrequency.of(log.frame["title"])
        self.everybody = [
            Person(
                user=timeline.user_id,
                titles=tuple(timeline.titles),
                items=tuple(timeline.frame["item_id"]),
                times=np.asarray(timeline.times, dtype=np.int64),
                vectors=ready.vectors(timeline),
                groups=tuple(truth.labels[timeline.start : timeline.start + len(timeline)]),
            )
            for timeline in log.timelines()
        ]
        self.people = [person for person in self.everybody if len(person) >= FEWEST]
        self._names: dict[str, np.ndarray] = {}

    def halves(self) -> tuple[list[Person], list[Person]]:
        """People to choose settings on, and people to report; as in extraction.py."""
        return tuple(  # type: ignore[return-value]
            [person for at, person in enumerate(self.people) if (at // 2) % 2 == half]
            for half in (0, 1)
        )

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of names, shape ``(texts, d)``, each text embedded once."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._names]
        if missing:
            keys = text_keys(self._key, missing)
            embed_missing(missing, keys, self._embedder, self._cache)
            rows = self._cache.get(self._embedder.id, keys)
            self._names.update(zip(missing, rows, strict=True))
        return np.stack([self._names[text] for text in texts])

    def known(self, person: Person, size: int) -> Iterator[Known]:
        """The journeys at the end of each partition of ``size`` events."""
        extractor = get_extractor("hdbscan")
        earlier: Earlier | None = None
        found = 0
        for end in range(size, len(person) + 1, size):
            events = UserEvents(person.vectors[:end], person.times[:end], self.mean)
            labels = without_small(extractor.extract(events).labels, LEAST)
            members = [np.flatnonzero(labels == at) for at in np.unique(labels[labels >= 0])]
            if earlier is not None:
                grown = np.full(end, NEW, dtype=np.int64)
                grown[: end - size] = earlier.labels
                earlier = replace(earlier, labels=grown)
            inherited = carry_ids(members, earlier) if earlier else [None] * len(members)
            ids = []
            for one in inherited:
                if one is None:
                    found += 1
                ids.append(one or f"j{found}")
            own = np.full(end, -1, dtype=np.int64)
            journeys = [""] * end
            for at, positions in enumerate(members):
                own[positions] = at
                for position in positions.tolist():
                    journeys[position] = ids[at]
            earlier = Earlier(own, np.ones(end, dtype=np.float32), tuple(ids), {})
            yield Known(end, tuple(journeys), self.named(person, journeys))

    def given(self, person: Person, size: int) -> Iterator[Known]:
        """The true groups in place of journeys, by the end of each partition."""
        for end in range(size, len(person) + 1, size):
            journeys = person.groups[:end]
            yield Known(end, journeys, self.named(person, journeys))

    def named(self, person: Person, journeys: Sequence[str]) -> Mapping[str, str]:
        """Journey -> its key phrase name at level 3, from the titles so far."""
        titles: dict[str, list[str]] = {}
        for title, journey in zip(person.titles, journeys, strict=False):
            if journey:
                titles.setdefault(journey, []).append(sendable(title))
        phrases = keyphrases(list(titles.values()), self.background)
        return {
            journey: keyphrase_levels(Evidence(titles=tuple(own), keyphrases=words))[2]
            for (journey, own), words in zip(titles.items(), phrases, strict=True)
        }


def in_words(group: str) -> str:
    """The name of a true group as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_/-]", " ", group)


def planted_people(world: World, of_each: int, seed: int = 1) -> list[tuple[str, Person]]:
    """(kind, person) of made-up people whose changes are known, with the real titles' vectors."""
    titles: dict[str, dict[str, np.ndarray]] = {}
    for person in world.everybody:
        for title, group, vector in zip(person.titles, person.groups, person.vectors, strict=True):
            if group:
                titles.setdefault(group, {})[title] = vector
    enough = {group: list(own) for group, own in titles.items() if len(own) >= 60}
    rng = np.random.default_rng(seed)
    people = []
    for at in range(of_each * len(KINDS)):
        kind = KINDS[at % len(KINDS)]
        items = [item for part in planted_person(enough, kind, rng).partitions for item in part]
        vectors = np.stack([titles[item.journey][item.title] for item in items])
        own = Person(
            user=f"{kind}{at}",
            titles=tuple(item.title for item in items),
            items=tuple(item.title for item in items),
            times=np.array([item.at for item in items], dtype=np.int64),
            vectors=vectors,
            groups=tuple(item.journey for item in items),
        )
        people.append((kind, own))
    return people
