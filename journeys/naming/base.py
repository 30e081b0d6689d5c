"""What a namer is given and what it must answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from journeys.journey import Names
from journeys.naming.space import Space


@dataclass(frozen=True)
class Evidence:
    """What a name may rest on. Texts are untrusted, already redacted by the caller.

    Attributes:
        titles: the journey's titles, most central first, without repeats.
        recent: its most recent titles, newest first.
        keyphrases: what sets the journey apart within its user, strongest first.
        siblings: a few central titles of each of the user's other journeys.
        outputs: titles of things the user created, saved or endorsed.
        items: title -> id of an item that has it.
        taken: names that the user's other journeys have already, five each.
        space: vectors to choose between names with; None where there is no embedder.
        person: pseudonym of whose journey it is, to know whose examples may serve; never sent.
    """

    titles: tuple[str, ...]
    recent: tuple[str, ...] = ()
    keyphrases: tuple[str, ...] = ()
    siblings: tuple[tuple[str, ...], ...] = ()
    outputs: tuple[str, ...] = ()
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    events: int = 0
    items: Mapping[str, str] = field(default_factory=dict, hash=False)
    taken: tuple[tuple[str, ...], ...] = ()
    space: Space | None = field(default=None, repr=False, compare=False)
    person: str = field(default="", compare=False)


@dataclass(frozen=True)
class Usage:
    """What language-model calls cost. ``cost`` is in US dollars, None when no price is known."""

    calls: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None

    def __add__(self, other: Usage) -> Usage:
        costs = [c for c in (self.cost, other.cost) if c is not None]
        return Usage(
            self.calls + other.calls,
            self.cached + other.cached,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            sum(costs) if costs else None,
        )


@dataclass(frozen=True)
class Named:
    """A namer's answer for one journey."""

    names: Names
    usage: Usage = field(default_factory=Usage)


class Namer(Protocol):
    """Anything that gives a journey its five names."""

    @property
    def id(self) -> str:
        """Stands in manifests and beside the names, e.g. ``"llm:qwen2.5-coder-1.5b"``."""
        ...

    def name(self, evidence: Evidence) -> Named:
        """Name one journey.

        Raises:
            EndpointRefused: no later call will succeed either.
            EndpointBusy: this journey could not be named now; others may be.
        """
        ...


@dataclass(frozen=True)
class Completion:
    """A language model's answer with its token counts."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True)
class FirstWords:
    """Chances of the likeliest first tokens of an answer, by token as it is written."""

    chances: Mapping[str, float]
    prompt_tokens: int = 0

    def of(self, word: str) -> float:
        """The chance of a word of one token, in any case and with or without a space before it."""
        return sum(chance for token, chance in self.chances.items() if _plain(token) == word)


def _plain(token: str) -> str:
    return token.strip().lower()


class ChatModel(Protocol):
    """One call to a language model; the endpoint, the local model and the test fake satisfy it."""

    @property
    def id(self) -> str: ...

    def complete(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        schema: Mapping[str, Any] | None = None,
        temperature: float = 0.0,
        seed: int | None = None,
        max_tokens: int = 400,
    ) -> Completion:
        """Answer a chat; with ``schema``, with a JSON object of that schema if possible."""
        ...


class CompletionCache(Protocol):
    """Answers kept by keyed hash of model and prompt, so that no call is paid for twice."""

    def get(self, key: str) -> Completion | None: ...

    def put(self, key: str, completion: Completion) -> None: ...
