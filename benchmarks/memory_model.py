"""Next items by what the built-in model told, against counts on the same lists. Asks nothing.

    python benchmarks/memory_model.py --home DIR --told HOME [--people N]    made-up people
    python benchmarks/memory_model.py --home DIR [--people N]                the sample

With ``--told`` the people, journeys and answers are those of ``memory_shifts.py --people N`` run
with JOURNEYS_HOME=HOME: which events are of one journey was found in the whole history, for the
model and the counts alike; names by counts are key phrases of the titles so far. Without, they are
those of memory_sample.py, with nothing of later times. Whoever was not told of yet is left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from common import provenance
from memory_checks import Figures, add, difference, fresh, quality
from memory_cost import Counting
from memory_following import Candidates, Texts, crowd, of_items, of_names
from memory_sample import PARTITIONS, SIZE, Logged, sample
from memory_shifts import seen, topics
from memory_worlds import Person, World, in_words

from journeys.discovery.sendable import sendable
from journeys.errors import CapReached
from journeys.evaluation.planted import KINDS, planted_person
from journeys.memory import (
    Item,
    PartitionRecord,
    Shift,
    Summary,
    Teller,
    counted_shift,
    counted_summary,
    lives,
)
from journeys.memory.reranking import Wanted, unrelated, wanted
from journeys.naming.base import Completion, CompletionCache
from journeys.settings import Settings
from journeys.store import open_store


class Tokens:
    """A cache that notes the tokens of the answers it gives, with the length of the questions."""

    def __init__(self, cache: CompletionCache, path: Path) -> None:
        self._cache, self._path = cache, path
        self.characters = 0

    def get(self, key: str) -> Completion | None:
        found = self._cache.get(key)
        if found is not None:
            row = {
                "characters": self.characters,
                "prompt": found.prompt_tokens,
                "completion": found.completion_tokens,
            }
            with self._path.open("a") as file:
                file.write(json.dumps(row) + "\n")
        return found

    def put(self, key: str, completion: Completion) -> None:
        self._cache.put(key, completion)


@dataclass
class Notes:
    """Notes of one person in two ways, by number of the partition."""

    person: Person
    said: dict[int, Summary] = field(default_factory=dict)
    shifts: dict[int, Shift] = field(default_factory=dict)
    counted: dict[int, Summary] = field(default_factory=dict)
    counted_shifts: dict[int, Shift] = field(default_factory=dict)
    at_once: dict[int, Summary] = field(default_factory=dict)

    def count(self, number: int, items: list[Item], names: Mapping[str, str]) -> None:
        """The notes by counts of a partition."""
        self.counted[number] = counted_summary(items, names)
        before = self.counted.get(number - 1)
        now = self.counted[number]
        self.counted_shifts[number] = counted_shift(before, now) if before else Shift("", ())


def made_up(world: World, home: Path, people: int) -> Iterator[Notes]:
    """The people of memory_shifts.py, as far as they were told of."""
    vectors = {
        (group, sendable(title)): vector
        for person in world.everybody
        for title, group, vector in zip(person.titles, person.groups, person.vectors, strict=True)
    }
    rng = np.random.default_rng(1)
    titles = topics(held_out=True)
    planted = [planted_person(titles, KINDS[at % len(KINDS)], rng) for at in range(people)]
    persons = []
    for at, one in enumerate(planted):
        items = [item for part in one.partitions for item in part]
        persons.append(
            Person(
                user=f"{one.kind}{at}",
                titles=tuple(item.title for item in items),
                items=tuple(item.title for item in items),
                times=np.array([item.at for item in items], dtype=np.int64),
                vectors=np.stack([vectors[item.journey, item.title] for item in items]),
                groups=tuple(item.journey for item in items),
            )
        )
    world.everybody = world.people = persons
    store = open_store(Settings.from_environment({"JOURNEYS_HOME": str(home)}))
    log = Tokens(store.completions, home / "calls.jsonl")
    teller = Teller(Logged(None, home, 0), cache=log, secret=store.keys.prompt)
    counting = Counting()
    lengths = Teller(counting)

    def summary(part: Sequence[Item], names: Mapping[str, str]) -> Summary:
        lengths.summary(part, names)
        log.characters = counting.characters[-1]
        return teller.summary(part, names).note

    def shift(before: Summary, now: Summary) -> Shift:
        lengths.shift(before, now)
        log.characters = counting.characters[-1]
        return teller.shift(before, now).note

    for person, view in zip(persons, seen(planted, "found"), strict=True):
        notes, journeys = Notes(person), list[str]()
        try:
            for number, part in enumerate(view.partitions, start=1):
                notes.said[number] = summary(part, view.names)
                notes.shifts[number] = Shift("", ())
                if number > 1:
                    notes.shifts[number] = shift(notes.said[number - 1], notes.said[number])
                journeys += [item.journey for item in part]
                # The names that discovery gave know the whole history; these only what was told.
                notes.count(number, list(part), world.named(person, journeys))
        except CapReached:
            break
        yield notes
    store.close()


def sampled(world: World, home: Path, people: int) -> Iterator[Notes]:
    """The people of memory_sample.py, as far as they were told of."""
    teller = Teller(
        Logged(None, home, 0), cache=world.store.completions, secret=world.store.keys.prompt
    )
    for told in sample(world, teller, people):
        notes = Notes(told.person, told.summaries, told.shifts, at_once=told.at_once)
        for number, known in enumerate(world.known(told.person, SIZE), start=1):
            if number > PARTITIONS:
                break
            items = told.person.told(known.end - SIZE, known.end, known.journeys)
            notes.count(number, items, known.names)
        yield notes


def followed(world: World, notes: Notes, draw: Candidates) -> Figures:
    """Every memory on every list of a person."""
    person, figures = notes.person, fresh()
    targets = np.arange(SIZE, len(person))
    kinds = {"others": draw.others(person, targets), "later": draw.later(person, targets, SIZE)}
    records: list[PartitionRecord] = []
    for number in sorted(notes.said):
        start, end = (number - 1) * SIZE, number * SIZE
        first, last = int(person.times[start]), int(person.times[end - 1])
        records.append(PartitionRecord(number, SIZE, 0, first, last, last))
        upto = range(1, number + 1)
        counted = lives(
            records,
            {n: notes.counted[n] for n in upto},
            {n: notes.counted_shifts[n] for n in upto},
        )
        said = lives(
            records,
            {n: notes.said[n] for n in upto},
            {n: notes.shifts.get(n, Shift("", ())) for n in upto},
        )
        rows: dict[str, Texts] = {
            "none: what everybody does": (crowd(world, person)[None, :], np.ones(1)),
            "episodic: last 20 titles": of_items(person.vectors[start:end]),
            "independent, by counts": of_names(world, unrelated([notes.counted[n] for n in upto])),
            "cascade, by counts": of_names(world, wanted(counted)),
            "independent, by the model": of_names(world, unrelated([notes.said[n] for n in upto])),
            "cascade, by the model": of_names(world, wanted(said)),
            "summary's sentence, by the model": of_names(
                world, Wanted.of([(notes.said[number].text, 1.0)])
            ),
            "true groups now": of_names(world, true_groups(person, start)),
            "true groups of the next partition": of_names(world, true_groups(person, end)),
        }
        if end in notes.at_once:
            rows["everything in one prompt, by the model*"] = of_names(
                world, unrelated([notes.at_once[end]])
            )
            rows["cascade, by the model*"] = rows["cascade, by the model"]
            rows["cascade, by counts*"] = rows["cascade, by counts"]
        for name, texts in rows.items():
            for kind, lists in kinds.items():
                add(figures, name, kind, texts, lists, lists.at // SIZE == number, number)
    return figures


def true_groups(person: Person, start: int) -> Wanted:
    """The names that people gave to the groups of a partition, by share."""
    groups = [group for group in person.groups[start : start + SIZE] if group]
    return Wanted.of([(in_words(group), groups.count(group)) for group in dict.fromkeys(groups)])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--told", type=Path)
    parser.add_argument("--people", type=int, default=16)
    asked = parser.parse_args()
    world = World("reddit", asked.home)
    if asked.told:
        notes = list(made_up(world, asked.told, asked.people))
    else:
        notes = list(sampled(world, asked.home, asked.people))
    draw = Candidates(world)
    done = [followed(world, one, draw) for one in notes]
    print(provenance() + f"\n\n{len(done)} people.\n")
    quality(done)
    print("\n| cascade by the model, less | AUC, others | AUC, own later items |\n|---|---|---|")
    for other in ("cascade, by counts", "independent, by the model", "episodic: last 20 titles"):
        cells = [
            difference(done, "cascade, by the model", other, kind, "auc")
            for kind in ("others", "later")
        ]
        print(f"| {other} | {' | '.join(cells)} |")
    world.store.close()


if __name__ == "__main__":
    main()
