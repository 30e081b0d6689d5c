"""Are planted changes of interest told in the right partition? By the built-in language model.

    python benchmarks/memory_shifts.py [--people N] [--model NAME] [--journeys found|true|none]

The people are made up of real titles (reddit_mix_dev), a partition of 20 a period: see
journeys/evaluation/planted.py. "model": what the language model said of the counts and names,
checked against nothing. "kept": what of it the events bear out, with plain changes added that it
missed, as the product shows it. "counts": without a language model. Journeys are those that
discovery finds in the person's whole history, with key phrases for names, or the planted topics,
or none.
Resumable: answers are kept in the store of JOURNEYS_HOME.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from common import labelled, provenance

from journeys import discover
from journeys.discovery.config import DiscoveryConfig
from journeys.discovery.sendable import sendable
from journeys.evaluation.planted import KINDS, Found, PlantedPerson, compare, planted_person
from journeys.memory import Cost, Item, Shift, Summary, Teller, counted_shift, counted_summary
from journeys.models import find
from journeys.naming.local import LocalModel
from journeys.settings import Settings
from journeys.store import open_store
from journeys.timeline import ActivityLog

LEAST_TITLES = 60


def topics(held_out: bool) -> dict[str, list[str]]:
    """Group -> titles; every second group of the log is held out for the figures."""
    titles: dict[str, dict[str, None]] = defaultdict(dict)
    with (labelled("reddit_mix_dev") / "events.jsonl").open() as lines:
        for line in lines:
            event = json.loads(line)
            if event["group"]:
                titles[event["group"]][sendable(event["title"])] = None
    enough = sorted(group for group, found in titles.items() if len(found) >= LEAST_TITLES)
    return {group: list(titles[group]) for group in enough[int(held_out) :: 2]}


@dataclass(frozen=True)
class Seen:
    """A person's partitions as they are told of, and what their journeys are called."""

    partitions: tuple[tuple[Item, ...], ...]
    names: dict[str, str]


def seen(people: list[PlantedPerson], journeys: str) -> list[Seen]:
    """People with true journeys, with none, or with those that discovery finds."""
    if journeys == "true":
        # The words of the group's name, as a namer might give at level 2.
        return [
            Seen(
                person.partitions,
                {
                    item.journey: re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", item.journey)
                    for part in person.partitions
                    for item in part
                },
            )
            for person in people
        ]
    if journeys == "none":
        return [Seen(_with(person, {}), {}) for person in people]
    rows = [
        (f"p{at:04d}", item.title, item.at, str(item.event_id))
        for at, person in enumerate(people)
        for part in person.partitions
        for item in part
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "title", "at", "item_id"])
    frame["timestamp"] = pd.to_datetime(frame.pop("at"), unit="us", utc=True)
    found = discover(ActivityLog(frame), DiscoveryConfig(map="none")).users
    everybody = []
    for person, result in zip(people, found, strict=True):
        ids = [journey.id for journey in result.journeys]
        events = [item.event_id for part in person.partitions for item in part]
        of = {e: ids[n] for e, n in zip(events, result.labels.tolist(), strict=True) if n >= 0}
        names = {journey.id: journey.names.levels[2] for journey in result.journeys}
        everybody.append(Seen(_with(person, of), names))
    return everybody


def _with(person: PlantedPerson, journeys: Mapping[int, str]) -> tuple[tuple[Item, ...], ...]:
    return tuple(
        tuple(replace(item, journey=journeys.get(item.event_id, "")) for item in part)
        for part in person.partitions
    )


class Saying:
    """A teller whose shifts are also kept as the model said them, unchecked."""

    def __init__(self, teller: Teller) -> None:
        self.teller = teller

    def tell(
        self, person: PlantedPerson, seen: Seen
    ) -> tuple[dict[int, Shift], dict[int, Shift], dict[int, Shift], Cost]:
        """Shifts by number: unchecked, kept, counted; and what they cost."""
        summaries: list[Summary] = []
        plain: list[Summary] = []
        cost = Cost()
        raw, kept, counts = {}, {}, {}
        for number, part in enumerate(seen.partitions, start=1):
            told = self.teller.summary(part, seen.names)
            cost += told.cost
            summaries.append(told.note)
            plain.append(counted_summary(part, seen.names))
            if number > 1:
                shift = self.teller.shift(summaries[-2], summaries[-1])
                cost += shift.cost
                kept[number] = shift.note
                raw[number] = replace(
                    shift.note,
                    changes=tuple(c for c in shift.note.changes if c.by != "counts"),
                )
                counts[number] = counted_shift(plain[-2], plain[-1])
        return raw, kept, counts, cost


def total(found: list[Found]) -> Found:
    """Sums over people."""
    return Found(*(sum(getattr(one, name) for one in found) for name in Found.__slots__ or ()))


def line(name: str, found: list[Found], rng: np.random.Generator) -> str:
    """A row of the table, with an interval by bootstrap over people."""
    planted = np.array([one.planted for one in found])
    right = np.array([one.found for one in found])
    placed = sum(one.placed for one in found)
    false, told = sum(one.false for one in found), sum(one.told for one in found)
    steps = sum(one.partitions for one in found)
    if not planted.sum():
        return f"| {name} | none planted | | {false} of {told} | {false / steps:.2f} |"
    drawn = rng.integers(0, len(found), size=(2000, len(found)))
    rates = right[drawn].sum(axis=1) / np.maximum(planted[drawn].sum(axis=1), 1)
    low, high = np.percentile(rates, [2.5, 97.5])
    return (
        f"| {name} | {right.sum()} of {planted.sum()}: {right.sum() / planted.sum():.0%} "
        f"[{low:.0%}, {high:.0%}] | {placed / planted.sum():.0%} | {false} of {told} | "
        f"{false / steps:.2f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=28)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--journeys", choices=("found", "true", "none"), default="found")
    parser.add_argument(
        "--development", action="store_true", help="on the other half of the groups"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print the notes of so many people")
    asked = parser.parse_args()
    settings = Settings.from_environment()
    store = open_store(settings)
    titles = topics(not asked.development)
    rng = np.random.default_rng(asked.seed)
    group = [planted_person(titles, KINDS[at % len(KINDS)], rng) for at in range(asked.people)]
    rows: dict[str, dict[str, list[Found]]] = defaultdict(lambda: defaultdict(list))
    cost, views = Cost(), seen(group, asked.journeys)
    with LocalModel(
        find(asked.model, settings.models_dir), name=asked.model, threads=asked.threads
    ) as chat:
        saying = Saying(Teller(chat, cache=store.completions, secret=store.keys.prompt))
        for at, (person, as_seen) in enumerate(zip(group, views, strict=True)):
            *told, used = saying.tell(person, as_seen)
            cost += used
            for name, shifts in zip(("model", "kept", "counts"), told, strict=True):
                rows[name][person.kind].append(compare(person, shifts))
            if at < asked.show:
                show(saying, as_seen, told[1])
            print(f"{at + 1} of {len(group)}", end="\r", flush=True)
    store.close()
    print(provenance() + "\n")
    print("| shifts by | planted and told, in its partition, as that change | told there as any "
          "change | told and not planted | a partition |")  # fmt: skip
    print("|---|---|---|---|---|")
    for name, kinds in rows.items():
        everybody = [one for found in kinds.values() for one in found]
        print(line(f"{name}, all {len(everybody)} people", everybody, rng))
        for kind, found in kinds.items():
            print(line(f"{name}, {kind}", found, rng))
    print(f"\n{cost.calls} calls now, {cost.prompt_tokens + cost.completion_tokens:,} tokens, "
          f"{cost.seconds:.0f} s")  # fmt: skip


def show(saying: Saying, as_seen: Seen, shifts: dict[int, Shift]) -> None:
    """A person's notes, to be read."""
    for number, part in enumerate(as_seen.partitions, start=1):
        note = saying.teller.summary(part, as_seen.names).note
        print(f"\n{number}. {note.text}")
        for one in note.interests:
            print(f"   {one.share:.0%} {one.name} ({one.journey})")
        if number in shifts:
            print(f"   > {shifts[number].text} (refused {shifts[number].refused})")
            for change in shifts[number].changes:
                print(f"   > {change.kind}: {change.name} [{change.by}]")


if __name__ == "__main__":
    main()
