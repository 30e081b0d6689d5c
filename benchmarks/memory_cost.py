"""Calls, tokens and seconds a user: the memory against asking anew at each update.

Calls and prompts are counted exactly: every prompt is built by the product's own code, for every
user. Tokens and seconds follow from what the sample's calls took (memory_sample.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from memory_worlds import World

from journeys.memory import Summary, Teller
from journeys.memory.prompts import TITLE_CHARACTERS, flat_prompt
from journeys.naming.base import Completion

SIZES = (5, 10, 20, 50)
#: The built-in model holds so many tokens of prompt and answer.
CONTEXT = 4096


class Counting:
    """Answers nothing, and counts what it was asked."""

    id = "counting"

    def __init__(self) -> None:
        self.characters: list[int] = []

    def complete(self, messages: Sequence[Mapping[str, str]], **_options: Any) -> Completion:
        self.characters.append(sum(len(message["content"]) for message in messages))
        return Completion("{}")


@dataclass(frozen=True)
class Measured:
    """What real calls took."""

    calls: int
    tokens_a_character: float
    answer: float
    seconds_a_token: float

    @classmethod
    def of(cls, path: Path, seconds_a_token: float) -> Measured:
        """From a log of calls: characters sent, and the tokens that the model counted."""
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        total = {
            name: sum(row[name] for row in rows) for name in ("prompt", "completion", "characters")
        }
        return cls(
            len(rows),
            total["prompt"] / total["characters"],
            total["completion"] / len(rows),
            seconds_a_token,
        )

    def tokens(self, characters: float) -> float:
        """Prompt tokens."""
        return characters * self.tokens_a_character

    def seconds(self, prompt: float, calls: float) -> float:
        """Of calls with so many prompt tokens in all."""
        return (prompt + calls * self.answer) * self.seconds_a_token


def asked(world: World, size: int) -> tuple[list[int], list[int]]:
    """(calls, prompt characters) of each user, by a teller over every partition."""
    calls, characters = [], []
    for person in world.people:
        chat = Counting()
        teller = Teller(chat)
        before: Summary | None = None
        for known in world.given(person, size):
            items = person.told(known.end - size, known.end, known.journeys)
            now = teller.summary(items, known.names).note
            if before is not None:
                teller.shift(before, now)
            before = now
        assert len(chat.characters) <= 2 * (len(person) // size)
        calls.append(len(chat.characters))
        characters.append(sum(chat.characters))
    return calls, characters


def recalled(world: World, window: int | None) -> tuple[list[int], list[float], int]:
    """(calls, prompt characters) of each user with a call at each event, and the longest prompt.

    Args:
        window: titles in the prompt; None for the whole history so far.
    """
    calls, characters, longest = [], [], 0
    for person in world.people:
        items = person.told(0, len(person), [""] * len(person))
        messages, _ = flat_prompt(items[:1])
        lines = [
            len(json.dumps(item.title[:TITLE_CHARACTERS], ensure_ascii=False)) + 5 for item in items
        ]
        fixed = sum(len(message["content"]) for message in messages) - lines[0]
        total = np.concatenate([[0], np.cumsum(lines)])
        first = np.maximum(np.arange(len(items)) + 1 - (window or len(items)), 0)
        each = fixed + total[1:] - total[first]
        calls.append(len(items))
        characters.append(float(each.sum()))
        longest = max(longest, int(each.max()))
    return calls, characters, longest


def cost(world: World, calls_log: Path, seconds_a_token: float) -> None:
    """Print the table."""
    measured = Measured.of(calls_log, seconds_a_token)
    events = sum(map(len, world.people))
    print(
        f"{len(world.people)} people, {events:,} events. Measured on {measured.calls} calls: "
        f"{measured.tokens_a_character:.3f} tokens a character, {measured.answer:.0f} tokens an "
        f"answer; {measured.seconds_a_token:.4f} s a token.\n"
    )
    print("| asked | calls a user | prompt tokens a user | hours a user | longest prompt |")
    print("|---|---|---|---|---|")
    for size in SIZES:
        calls, characters = asked(world, size)
        row(f"memory, partitions of {size}", calls, characters, measured, "")
    for name, window in (("at each event, the last 20", 20), ("at each event, everything", None)):
        calls, characters, longest = recalled(world, window)
        tokens = measured.tokens(longest)
        over = " (more than the model holds)" if tokens + 320 > CONTEXT else ""
        row(name, calls, characters, measured, f"{tokens:,.0f} tokens{over}")


def row(
    name: str, calls: Sequence[int], characters: Sequence[float], measured: Measured, longest: str
) -> None:
    prompt = measured.tokens(float(np.mean(characters)))
    hours = measured.seconds(prompt, float(np.mean(calls))) / 3600
    print(f"| {name} | {np.mean(calls):.1f} | {prompt:,.0f} | {hours:.2f} | {longest} |")
