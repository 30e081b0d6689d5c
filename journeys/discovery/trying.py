"""Trying prompts on one journey before a whole run: the names, and which checks failed on the way.

The call is the very one that a run makes: the same opener with its consent, redaction, cap and
cache. Only the answers are listened to, so that what the checks refused can be shown.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from journeys.discovery.config import DiscoveryConfig
from journeys.discovery.namers import OpenNamer
from journeys.discovery.naming_stage import MeteredNamer
from journeys.journey import Names
from journeys.naming import ChatModel, Completion, CompletionCache, Evidence, Usage
from journeys.naming.checks import Ground, check_ladder
from journeys.naming.ledger import Ledger
from journeys.naming.parsing import parse_ladder
from journeys.naming.prompts import Message, PromptSet

#: Requests that a trial may take where the run has no limit to them, failed ones included.
MOST_CALLS = 12


@dataclass(frozen=True)
class Refused:
    """A name that a model gave and the checks refused.

    ``answer`` counts the model's answers from 1; ``name`` is '' where none was given.
    """

    answer: int
    level: int
    name: str
    reason: str


@dataclass(frozen=True)
class Trial:
    """What prompts made of one journey.

    Attributes:
        names: as a run would store them; ``names.fallback`` has the levels that no answer of the
            model was fit for.
        refused: by answer and level.
        usage: of the model; answers known from earlier calls count as cached and cost nothing.
        ledger: of all requests, failed ones and what was spent before included.
        seconds: by the clock, loading of a local model included.
    """

    names: Names
    refused: tuple[Refused, ...]
    usage: Usage
    ledger: Ledger
    seconds: float


class Listener:
    """Keeps the answers that reach a namer, whether from its model or its cache."""

    def __init__(self) -> None:
        self.answers: list[str] = []

    def chat(self, chat: ChatModel) -> ChatModel:
        """The model, listened to."""
        return _HeardChat(chat, self.answers)

    def cache(self, cache: CompletionCache) -> CompletionCache:
        """The cache, listened to."""
        return _HeardCache(cache, self.answers)


def whole_prompt(evidence: Evidence, prompts: PromptSet | None, language: str) -> list[Message]:
    """Every message that would be sent for a journey; nothing is.

    Args:
        prompts: the shipped ones by default.
    """
    from journeys.naming.ladder import LadderNamer

    return LadderNamer(_Unasked(), prompts=prompts, language=language).prompt(evidence)


def trial_config(
    own: DiscoveryConfig, *, namer: str, prompts: PromptSet, language: str, spent: Ledger
) -> DiscoveryConfig:
    """Settings of a trial: those of the run with its limits, where they are for the same namer.

    A price and a limit on money belong to the model that they were given for. Prompts are tried by
    themselves, without people's examples.

    Args:
        spent: what counts against the limits already.
    """
    same = own.namer == namer
    limits = (own.max_calls, own.max_tokens, own.max_cost) if same else (None, None, None)
    calls, tokens, cost = limits
    return replace(
        own,
        namer=namer,
        model=own.model if same else None,
        prompts=prompts.id,
        examples=None,
        language=language,
        price=own.price if same else None,
        max_calls=spent.requests + MOST_CALLS if calls is None else calls,
        max_tokens=tokens,
        max_cost=cost,
        concurrency=1,
    )


def try_prompts(
    open_namer: OpenNamer,
    evidence: Evidence,
    prompts: PromptSet,
    listener: Listener,
    spent: Ledger | None = None,
) -> Trial:
    """Have one journey named.

    Args:
        open_namer: made with the listener's ``chat`` and ``cache``.
        evidence: of the journey, redacted.
        prompts: those that the namer uses.
        spent: what counts against the limits already.

    Raises:
        JourneysError: the model cannot be loaded or asked, or a limit is reached.
    """
    began = time.monotonic()
    with open_namer() as namer:
        meter = namer.meter if isinstance(namer, MeteredNamer) else None
        if meter is not None and spent is not None:
            meter.carry(spent)
        named = namer.name(evidence)
        ledger = meter.ledger() if meter is not None else Ledger.of(named.usage)
    seconds = time.monotonic() - began
    ground = Ground.of(evidence, prompts.example_words)
    asked = range(1, len(prompts.keys) + 1)
    return Trial(
        named.names, tuple(_refused(listener.answers, ground, asked)), named.usage, ledger, seconds
    )


def _refused(answers: Sequence[str], ground: Ground, asked: Sequence[int]) -> list[Refused]:
    """What the checks refused; of a later answer, at the levels that were still open."""
    found: list[Refused] = []
    left = set(asked)
    for at, answer in enumerate(answers, start=1):
        levels = parse_ladder(answer)
        problems = check_ladder(levels, ground, asked)
        found += [
            Refused(at, level, levels.get(level, ""), reason)
            for level, reason in problems.items()
            if level in left
        ]
        left &= problems.keys()
    return found


class _Unasked:
    """Stands where a model would: prompts are built and none is sent."""

    id = "none"

    def complete(self, *_: Any, **__: Any) -> Completion:
        raise AssertionError("nothing is sent here")


class _HeardChat:
    def __init__(self, chat: ChatModel, answers: list[str]) -> None:
        self._chat = chat
        self._answers = answers

    @property
    def id(self) -> str:
        return self._chat.id

    def complete(self, messages: Sequence[Mapping[str, str]], **options: Any) -> Completion:
        completion = self._chat.complete(messages, **options)
        self._answers.append(completion.text)
        return completion


class _HeardCache:
    def __init__(self, cache: CompletionCache, answers: list[str]) -> None:
        self._cache = cache
        self._answers = answers

    def get(self, key: str) -> Completion | None:
        known = self._cache.get(key)
        if known is not None:
            self._answers.append(known.text)
        return known

    def put(self, key: str, completion: Completion) -> None:
        self._cache.put(key, completion)
