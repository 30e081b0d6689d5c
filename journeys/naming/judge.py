"""A language model that judges names by the rubric.

What it says of a name means nothing before its agreement with people is known:
:mod:`journeys.evaluation.judge_report` shows one only beside the other. Each name is judged on its
own, so there is no order of candidates to be swayed by; the order of the titles may still matter,
which :func:`NameJudge.judge` measures by ``shuffle``. (Zheng et al. 2023, arXiv 2306.05685, on
judges and their biases; the reason is asked for before the scores as in Liu et al. 2023, G-Eval.)
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from journeys.naming.base import ChatModel, CompletionCache, Evidence, Usage
from journeys.naming.completion import completion_key
from journeys.naming.rubric import FIT, SPECIFICITY, JudgePrompt
from journeys.naming.showing import Budget, choose_shown
from journeys.words import shorten

_MOST_REASON = 240
_MOST_NAME = 300
_DECODER = json.JSONDecoder(strict=False)
_FIT_LINE = re.compile(r"\bfit\b\W*([1-5])\b(?!\.\d)", re.IGNORECASE)
_SPECIFICITY_LINE = re.compile(
    r"\bspecificity\b\W*(?:is\W+)?(too[ _-]broad|too[ _-]specific|broad|right|specific)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Judgement:
    """What a judge says of a name.

    Attributes:
        fit: 1 (wrong) to 5 (just so).
        specificity: one of :data:`~journeys.naming.rubric.SPECIFICITY`; '' of a wrong name, of
            which it cannot be said.
        reason: the model's own sentence, untrusted.
    """

    fit: int
    specificity: str
    reason: str = ""
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class Unjudged:
    """The model gave no answer that can be read, twice."""

    answer: str
    usage: Usage = field(default_factory=Usage)


def judgement_schema() -> dict[str, Any]:
    """JSON schema of an answer: a reason first, then the scores that follow from it."""
    return {
        "type": "object",
        "properties": {
            "reason": {"type": "string", "minLength": 5, "maxLength": _MOST_REASON},
            "fit": {"type": "integer", "enum": list(FIT)},
            "specificity": {"type": "string", "enum": list(SPECIFICITY)},
        },
        "required": ["reason", "fit", "specificity"],
        "additionalProperties": False,
    }


def parse_judgement(text: str) -> Judgement | None:
    """The judgement in an answer, with or without a schema; None where there is none.

    Understands JSON inside prose or a code fence, numbers as strings, "4/5", "too broad", and
    plain lines such as "Fit: 4". A judgement needs its fit, and unless that is 1 the specificity.
    """
    best: Judgement | None = None
    for value in _json_objects(text):
        keyed = {str(key).strip().lower(): own for key, own in value.items()}
        best = _judgement(keyed.get("fit"), keyed.get("specificity"), keyed.get("reason")) or best
    if best is not None:
        return best
    fits = set(_FIT_LINE.findall(text))
    words = {_word(found) for found in _SPECIFICITY_LINE.findall(text)}
    # Two different answers are none.
    if len(fits) != 1 or len(words) > 1:
        return None
    return _judgement(fits.pop(), next(iter(words), ""), "")


def _json_objects(text: str) -> Iterator[Mapping[str, Any]]:
    at = text.find("{")
    while at >= 0:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(value, Mapping):
                yield value
        at = text.find("{", end)


def _judgement(fit: Any, specificity: Any, reason: Any) -> Judgement | None:
    number = _fit(fit)
    if number is None:
        return None
    word = _word(specificity)
    if number == FIT[0]:
        word = ""
    elif word not in SPECIFICITY:
        return None
    said = reason if isinstance(reason, str) else ""
    return Judgement(number, word, shorten(" ".join(said.split()), _MOST_REASON))


def _fit(value: Any) -> int | None:
    if isinstance(value, str):
        found = re.match(r"\s*([1-5])(?:\.0+)?\s*(?:/\s*5\b|of 5\b|[=:.(,]|$)", value)
        return int(found[1]) if found else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value in FIT else None


def _word(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    word = re.sub(r"[ _-]+", " ", value).strip(" \"'.").lower()
    return {"too broad": "broad", "too specific": "specific", "just right": "right"}.get(word, word)


class NameJudge:
    """Judges names one at a time, by the rubric that people rate with.

    Args:
        chat: the model. Texts must have been redacted by the caller.
        cache: answers by keyed hash of the prompt, so that none is paid for twice.
        secret: key of that hash.
        prompt: rubric and templates; the ones shipped by default.
        titles: most estimated tokens of titles in a prompt.
    """

    def __init__(
        self,
        chat: ChatModel,
        *,
        cache: CompletionCache | None = None,
        secret: bytes = b"",
        prompt: JudgePrompt | None = None,
        titles: int = 300,
        max_tokens: int = 150,
    ) -> None:
        self._chat = chat
        self._cache = cache
        self._secret = secret
        self.prompt = prompt or JudgePrompt.shipped()
        self._budget = Budget(titles=titles, siblings=0, keyphrases=0)
        self._max_tokens = max_tokens

    @property
    def id(self) -> str:
        """The rater that its judgements are kept under: model and prompt."""
        return f"judge:{self._chat.id}@{self.prompt.id}"

    def messages(
        self, evidence: Evidence, name: str, level: int, *, shuffle: int = 0
    ) -> list[dict[str, str]]:
        """Exactly what is sent for a name. Key phrases are left out: they are names themselves."""
        titles = list(choose_shown(evidence, self._budget).titles)
        if shuffle:
            random.Random(shuffle).shuffle(titles)
        return self.prompt.messages(titles, shorten(name, _MOST_NAME), level)

    def judge(
        self, evidence: Evidence, name: str, level: int, *, shuffle: int = 0
    ) -> Judgement | Unjudged:
        """Judge one name at a level from 1 to 5.

        Args:
            shuffle: seed of another order of the titles, to ask the same question once more; 0
                leaves them as they are.

        Raises:
            EndpointRefused: no later call will succeed either.
            EndpointBusy: this name could not be judged now; others may be.
        """
        messages = self.messages(evidence, name, level, shuffle=shuffle)
        usage = Usage()
        answer = ""
        for attempt in range(2):
            answer, cost = self._complete(messages, attempt)
            usage += cost
            found = parse_judgement(answer)
            if found is not None:
                return Judgement(found.fit, found.specificity, found.reason, usage)
        return Unjudged(answer, usage)

    def _complete(self, messages: Sequence[Mapping[str, str]], attempt: int) -> tuple[str, Usage]:
        temperature = 0.0 if attempt == 0 else 0.7
        schema = judgement_schema()
        key = completion_key(
            self._secret,
            self._chat.id,
            messages,
            schema,
            max_tokens=self._max_tokens,
            temperature=temperature,
            prompts=self.prompt.id,
        )
        known = self._cache.get(key) if self._cache else None
        if known is not None:
            return known.text, Usage(cached=1)
        completion = self._chat.complete(
            messages, schema=schema, temperature=temperature, seed=0, max_tokens=self._max_tokens
        )
        if self._cache and parse_judgement(completion.text) is not None:
            self._cache.put(key, completion)
        return completion.text, Usage(
            calls=1,
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
        )
