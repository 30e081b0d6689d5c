"""Questions to a language model about one journey: cached, counted, answered in the set's form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from journeys.naming.base import ChatModel, Completion, CompletionCache, Usage
from journeys.naming.checks import MAX_CHARACTERS
from journeys.naming.completion import Price, completion_key
from journeys.naming.parsing import parse_cited, parse_details, parse_ladder
from journeys.naming.prompts import CITED, DETAILS, KEYS, Message

#: Temperature of a second try and of drafts; the first answer is the likeliest one.
WARM = 0.8
#: Most titles that a name may cite.
MOST_CITED = 5
#: Most characters of a detail.
DETAIL_CHARACTERS = 28


@dataclass(frozen=True)
class Answer:
    """What a model answered.

    Attributes:
        names: level (1-5) -> name, for the levels that the answer holds.
        cited: level -> numbers of titles, from 1, where the answer says so.
        details: what returns in the titles, where it was asked for.
    """

    names: Mapping[int, str]
    cited: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    details: tuple[str, ...] = ()


@dataclass
class Account:
    """What the calls for one journey used, and under which keys their answers are kept."""

    usage: Usage = field(default_factory=Usage)
    keys: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Asker:
    """A language model with its cache.

    Attributes:
        chat: the model. Texts must have been redacted by the caller.
        cache: answers by keyed hash of the prompt, so that none is paid for twice.
        secret: key of that hash.
        price: of the model, to count costs.
        max_tokens: most tokens of an answer.
    """

    chat: ChatModel
    cache: CompletionCache | None = None
    secret: bytes = b""
    price: Price | None = None
    max_tokens: int = 400

    def ask(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        account: Account,
        *,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> Answer:
        """The model's answer, or the one that it gave to the same question before.

        Raises:
            EndpointRefused, EndpointBusy, CapReached: as the model does.
        """
        key = completion_key(
            self.secret,
            self.chat.id,
            messages,
            schema,
            max_tokens=self.max_tokens,
            temperature=temperature,
            seed=seed,
        )
        known = self.cache.get(key) if self.cache else None
        # Only answers that could be read are kept, so one that cannot be was damaged since.
        if known is not None and (kept := _read(known)).names:
            account.usage += Usage(cached=1)
            account.keys.append(key)
            return kept
        completion = self.chat.complete(
            messages,
            schema=schema,
            temperature=temperature,
            seed=seed,
            max_tokens=self.max_tokens,
        )
        account.usage += Usage(
            calls=1,
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
            cost=self.price.of(completion) if self.price else None,
        )
        answer = _read(completion)
        # An answer without a single name may be an accident of the moment: ask anew next time.
        if self.cache and answer.names:
            self.cache.put(key, completion)
            account.keys.append(key)
        return answer


def _read(completion: Completion) -> Answer:
    text = completion.text
    return Answer(parse_ladder(text), parse_cited(text), parse_details(text))


def ladder_schema(
    keys: Sequence[str] = KEYS, *, cites: bool = False, details: bool = False
) -> dict[str, Any]:
    """JSON schema of an answer: one string a level, bounded in length.

    Args:
        cites: also the numbers of the titles that each name rests on.
        details: also a list of what returns in the titles.
    """
    properties: dict[str, Any] = {
        key: {"type": "string", "minLength": 2, "maxLength": MAX_CHARACTERS[KEYS.index(key) + 1]}
        for key in keys
    }
    if cites:
        numbers = {"type": "array", "items": {"type": "integer"}, "maxItems": MOST_CITED}
        properties[CITED] = _object(dict.fromkeys(keys, numbers))
    if details:
        detail = {"type": "string", "minLength": 2, "maxLength": DETAIL_CHARACTERS}
        properties[DETAILS] = {"type": "array", "items": detail, "minItems": 3, "maxItems": 4}
    return _object(properties)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
