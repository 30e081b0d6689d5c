"""What a language model was asked while it named: real calls, counted where they are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from journeys.naming import ChatModel, Completion, CompletionCache


@dataclass
class Cost:
    """What one journey's names took.

    Attributes:
        requests: answers asked for, whether the model or the cache gave them.
        generations: texts that were generated for them.
        cached: how many of the answers the cache gave.
        tokens: of prompts and answers, those from the cache included.
    """

    requests: int = 0
    generations: int = 0
    cached: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def add(self, completion: Completion, *, cached: bool) -> None:
        """Count one answer."""
        self.requests += 1
        self.generations += 1
        self.cached += cached
        self.tokens += completion.prompt_tokens + completion.completion_tokens


class Tally:
    """Counts by journey. Calls made from other threads than the journey's own are not seen."""

    def __init__(self) -> None:
        self._present: ContextVar[Cost | None] = ContextVar("cost", default=None)

    @contextmanager
    def journey(self) -> Iterator[Cost]:
        """Count what is asked within the block."""
        cost = Cost()
        before = self._present.set(cost)
        try:
            yield cost
        finally:
            self._present.reset(before)

    def count(self, completion: Completion, *, cached: bool = False) -> None:
        """Count one answer for the present journey, if there is one."""
        cost = self._present.get()
        if cost is not None:
            cost.add(completion, cached=cached)

    def chat(self, chat: ChatModel) -> ChatModel:
        """The chat model, with its calls counted."""
        return _CountedChat(chat, self)

    def cache(self, cache: CompletionCache) -> CompletionCache:
        """The cache, with its answers counted as what they took when they were made."""
        return _CountedCache(cache, self)


class _CountedChat:
    def __init__(self, chat: ChatModel, tally: Tally) -> None:
        self._chat = chat
        self._tally = tally

    @property
    def id(self) -> str:
        return self._chat.id

    def complete(self, messages: Sequence[Mapping[str, str]], **options: Any) -> Completion:
        completion = self._chat.complete(messages, **options)
        self._tally.count(completion)
        return completion


class _CountedCache:
    def __init__(self, cache: CompletionCache, tally: Tally) -> None:
        self._cache = cache
        self._tally = tally

    def get(self, key: str) -> Completion | None:
        completion = self._cache.get(key)
        if completion is not None:
            self._tally.count(completion, cached=True)
        return completion

    def put(self, key: str, completion: Completion) -> None:
        self._cache.put(key, completion)
