"""The built-in model tells of a fixed, seeded sample of people: at most N calls, resumable.

    python benchmarks/memory_sample.py --home DIR [--data reddit] [--people 6] [--calls 60]

Of each person four partitions of 20 events are told (four summaries, three shifts), and the first
40 and 80 events in one prompt (two calls). Answers are kept in the store of ``--home``, and what
each call took in ``calls.jsonl`` beside it; memory_checks.py reads both.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from common import provenance
from memory_worlds import Person, World

from journeys.errors import CapReached
from journeys.memory import Shift, Summary, Teller
from journeys.models import DEFAULT_MODEL, find
from journeys.naming.base import ChatModel, Completion
from journeys.naming.local import LocalModel

SIZE, PARTITIONS, AT_ONCE, SEED = 20, 4, (40, 80), 7


@dataclass
class Sampled:
    """What was told of a person; ``at_once``: number of events -> the summary of all of them."""

    person: Person
    summaries: dict[int, Summary] = field(default_factory=dict)
    shifts: dict[int, Shift] = field(default_factory=dict)
    at_once: dict[int, Summary] = field(default_factory=dict)


class Logged:
    """A chat model that notes what each call took, and stops at a number of calls."""

    def __init__(self, chat: ChatModel | None, path: Path, calls: int) -> None:
        self._chat, self._path, self._left = chat, path, calls

    @property
    def id(self) -> str:
        return DEFAULT_MODEL if self._chat is None else self._chat.id

    def complete(self, messages: Sequence[Mapping[str, str]], **options: Any) -> Completion:
        if self._chat is None or self._left <= 0:
            raise CapReached("The sample has not been told further than this.")
        self._left -= 1
        begun = time.monotonic()
        answer = self._chat.complete(messages, **options)
        taken = {
            "characters": sum(len(message["content"]) for message in messages),
            "messages": len(messages),
            "prompt": answer.prompt_tokens,
            "completion": answer.completion_tokens,
            "seconds": time.monotonic() - begun,
        }
        with self._path.open("a") as file:
            file.write(json.dumps(taken) + "\n")
        print(taken, flush=True)
        return answer


def chosen(world: World, people: int) -> list[Person]:
    """The sample: people of the half that is reported, with a partition after the last told."""
    _, reported = world.halves()
    enough = [person for person in reported if len(person) >= SIZE * (PARTITIONS + 1)]
    rng = np.random.default_rng(SEED)
    return [enough[at] for at in rng.permutation(len(enough))[:people]]


def sample(world: World, teller: Teller, people: int) -> Iterator[Sampled]:
    """Everybody in turn, as far as calls go; whoever was not told of at all is left out."""
    for person in chosen(world, people):
        told = Sampled(person)
        try:
            walk = itertools.islice(world.known(person, SIZE), PARTITIONS)
            for number, known in enumerate(walk, start=1):
                items = person.told(known.end - SIZE, known.end, known.journeys)
                told.summaries[number] = teller.summary(items, known.names).note
                if number > 1:
                    shift = teller.shift(told.summaries[number - 1], told.summaries[number])
                    told.shifts[number] = shift.note
                if known.end in AT_ONCE:
                    everything = person.told(0, known.end, [""] * known.end)
                    told.at_once[known.end] = teller.summary(everything, {}).note
        except CapReached:
            if len(told.summaries) == PARTITIONS:
                yield told
            return
        yield told


def main() -> None:
    """Tell, and print what was told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--data", default="reddit", choices=("reddit", "til"))
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--calls", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    world = World(asked.data, asked.home)
    print(provenance(), flush=True)
    model = find(DEFAULT_MODEL, asked.home / "models")
    with LocalModel(model, name=DEFAULT_MODEL, threads=asked.threads, timeout=900.0) as chat:
        logged = Logged(chat, asked.home / "calls.jsonl", asked.calls)
        teller = Teller(logged, cache=world.store.completions, secret=world.store.keys.prompt)
        for told in sample(world, teller, asked.people):
            for number, summary in told.summaries.items():
                print(f"\n{told.person.user} {number}. {summary.text}")
                for interest in summary.interests:
                    print(f"   {interest.share:.0%} {interest.name}")
                for change in told.shifts[number].changes if number in told.shifts else ():
                    print(f"   > {change.kind}: {change.name} [{change.by}]")
            for events, summary in told.at_once.items():
                print(f"   {events} at once: {summary.text}", flush=True)
                print("   " + "; ".join(one.name for one in summary.interests), flush=True)
    world.store.close()


if __name__ == "__main__":
    main()
