"""Telling of partitions with a language model: at most one call a summary, one a shift.

No answer is asked for twice: one that cannot be used is replaced by what the counts say, and
marked so. What the model says of a change is kept only where the events do not contradict it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from journeys.memory.comparing import Alike, borne_out, counted, pairs, same_words
from journeys.memory.notes import KINDS, Change, Interest, Item, Shift, Summary, grouped
from journeys.memory.prompts import (
    NAME_CHARACTERS,
    TEXT_CHARACTERS,
    VERSION,
    flat_prompt,
    groups_prompt,
    letter,
    shift_prompt,
)
from journeys.naming.base import ChatModel, CompletionCache
from journeys.naming.completion import completion_key
from journeys.naming.language import language_of
from journeys.naming.prompts import Message

Note = TypeVar("Note", Summary, Shift)

_MAX_TOKENS = 320


@dataclass(frozen=True)
class Cost:
    """What was used: calls to the model, its tokens, and seconds of waiting for it."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True)
class Told(Generic[Note]):
    """A note with what it cost; ``key``: of the answer in the cache, '' where none was asked."""

    note: Note
    cost: Cost
    key: str = ""


@dataclass(frozen=True)
class Teller:
    """Tells of partitions.

    Attributes:
        chat: the model. Titles must have been redacted by the caller.
        cache: answers by keyed hash of the question; with one that lasts, a killed process asks
            nothing again.
        secret: key of that hash.
        language: of the notes; by default that of the titles, where it is plain.
        alike: whether two names are of one interest, where no journeys are known.
    """

    chat: ChatModel
    cache: CompletionCache | None = None
    secret: bytes = b""
    language: str = ""
    alike: Alike = same_words

    @property
    def id(self) -> str:
        """Stands beside the notes: the model, and the version of the prompts."""
        return f"{self.chat.id}:memory-{VERSION}"

    def summary(self, items: Sequence[Item], names: Mapping[str, str]) -> Told[Summary]:
        """The summary of a partition.

        Args:
            items: of the partition, in order of time, at least one.
            names: journey id -> name, for the journeys that have one.

        Raises:
            EndpointRefused, EndpointBusy, CapReached: as the model does.
        """
        language = self.language or language_of([item.title for item in items])
        groups = grouped(items)
        if any(groups):
            messages, schema = groups_prompt(groups, names, language)
            answer, cost, key = self._ask(messages, schema)
            return Told(_grouped_summary(groups, names, answer, len(items)), cost, key)
        messages, schema = flat_prompt(items, language)
        answer, cost, key = self._ask(messages, schema)
        return Told(_flat_summary(items, answer), cost, key)

    def shift(self, before: Summary, now: Summary) -> Told[Shift]:
        """What changed between the summaries of two partitions, one after the other.

        Raises:
            EndpointRefused, EndpointBusy, CapReached: as the model does.
        """
        both = pairs(before, now, self.alike)
        if not both:
            return Told(Shift("", ()), Cost())
        language = self.language or language_of([before.text, now.text])
        messages, schema = shift_prompt(both, (before.events, now.events), language)
        answer, cost, key = self._ask(messages, schema)
        changes: list[Change] = []
        refused = 0
        for at, pair in enumerate(both, start=1):
            said, plain = _field(answer, str(at), "change"), counted(pair)
            told = next((kind for kind in KINDS if kind == said), None)
            if told is not None and not borne_out(told, pair):
                refused, told = refused + 1, None
            if told is not None:
                by = "both" if told == plain else "model"
                changes.append(replace(pair.change(told), by=by))  # type: ignore[arg-type]
            elif plain is not None:
                changes.append(replace(pair.change(plain), by="counts"))
        return Told(Shift(_line(answer.get("told"), TEXT_CHARACTERS), tuple(changes), refused),
                    cost, key)  # fmt: skip

    def _ask(
        self, messages: Sequence[Message], schema: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], Cost, str]:
        key = completion_key(
            self.secret, self.chat.id, messages, schema, max_tokens=_MAX_TOKENS, temperature=0.0
        )
        known = self.cache.get(key) if self.cache else None
        if known is not None:
            return _read(known.text), Cost(), key
        begun = time.monotonic()
        completion = self.chat.complete(
            messages, schema=schema, temperature=0.0, seed=0, max_tokens=_MAX_TOKENS
        )
        if self.cache:
            self.cache.put(key, completion)
        cost = Cost(
            1,
            completion.prompt_tokens,
            completion.completion_tokens,
            time.monotonic() - begun,
        )
        return _read(completion.text), cost, key if self.cache else ""


def counted_summary(items: Sequence[Item], names: Mapping[str, str]) -> Summary:
    """A summary without a model: the journeys by their names and shares."""
    return _grouped_summary(grouped(items), names, {}, len(items))


def counted_shift(before: Summary, now: Summary, alike: Alike = same_words) -> Shift:
    """A shift without a model: the changes that the counts show plainly."""
    changes = [
        replace(pair.change(kind), by="counts")
        for pair in pairs(before, now, alike)
        if (kind := counted(pair)) is not None
    ]
    return Shift("", tuple(changes))


def _grouped_summary(
    groups: Mapping[str, Sequence[Item]],
    names: Mapping[str, str],
    answer: Mapping[str, Any],
    events: int,
) -> Summary:
    known = [(journey, items) for journey, items in groups.items() if journey]
    interests = tuple(
        Interest(
            name=_line(_field(answer, letter(at), "name"), NAME_CHARACTERS)
            or names.get(journey, "")
            or items[0].title[:NAME_CHARACTERS],
            evidence=tuple(item.event_id for item in items),
            share=len(items) / events,
            journey=journey,
        )
        for at, (journey, items) in enumerate(known)
    )
    text = _line(answer.get("summary"), TEXT_CHARACTERS)
    return Summary(
        text=text or "; ".join(interest.name for interest in interests),
        interests=interests,
        events=events,
        by="model" if text else "counts",
    )


def _flat_summary(items: Sequence[Item], answer: Mapping[str, Any]) -> Summary:
    interests: list[Interest] = []
    listed = answer.get("interests")
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, dict):
            continue
        name = _line(one.get("name"), NAME_CHARACTERS)
        numbers = one.get("items")
        chosen = [
            items[number - 1].event_id
            for number in dict.fromkeys(numbers if isinstance(numbers, list) else ())
            if isinstance(number, int) and 1 <= number <= len(items)
        ]
        if name and chosen:
            interests.append(Interest(name, tuple(chosen), len(chosen) / len(items)))
    interests.sort(key=lambda interest: -interest.share)
    text = _line(answer.get("summary"), TEXT_CHARACTERS)
    return Summary(text, tuple(interests), len(items), "model" if text or interests else "counts")


def _read(text: str) -> Mapping[str, Any]:
    """The JSON object in an answer, {} where there is none."""
    start, end = text.find("{"), text.rfind("}")
    try:
        found = json.loads(text[start : end + 1]) if 0 <= start < end else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _field(answer: Mapping[str, Any], key: str, name: str) -> object:
    """A field of an object in an answer, None where it is not as it should be."""
    found = answer.get(key)
    return found.get(name) if isinstance(found, dict) else None


def _line(value: object, most: int) -> str:
    """A model's string on one line and cut, '' where it is none."""
    return " ".join(value.split())[:most] if isinstance(value, str) else ""
