"""A deterministic chat model for tests: no network, no weights, no surprises.

Never used in place of a real model: nothing in the package but tests and demonstrations of
failure builds one.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from journeys.errors import EndpointError
from journeys.naming.base import Completion
from journeys.naming.keyphrases import keyphrases
from journeys.naming.prompts import CITED, DETAILS, KEYS

_QUOTED = re.compile(r'^(?:\d+\. )?("(?:[^"\\]|\\.)*")$', re.MULTILINE)


class FakeChat:
    """Answers a naming prompt with names made from the titles in it.

    Args:
        id: its name as a model.
        answers: raw answers to give first, one a call, e.g. malformed ones.
        errors: call number (from 1) -> error to raise instead of answering.
        seconds: how long every call takes.

    Attributes:
        calls: the messages of every call so far.
    """

    def __init__(
        self,
        id: str = "fake",
        *,
        answers: Sequence[str] = (),
        errors: Mapping[int, EndpointError] | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.id = id
        self.calls: list[list[dict[str, str]]] = []
        self._answers = tuple(answers)
        self._errors = dict(errors or {})
        self._seconds = seconds
        self._lock = threading.Lock()

    def complete(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        schema: Mapping[str, Any] | None = None,
        temperature: float = 0.0,
        seed: int | None = None,
        max_tokens: int = 400,
    ) -> Completion:
        """Answer as told, else with one name for each key that the schema requires."""
        with self._lock:
            self.calls.append([dict(message) for message in messages])
            number = len(self.calls)
        if self._seconds:
            time.sleep(self._seconds)
        if number in self._errors:
            raise self._errors[number]
        if number <= len(self._answers):
            text = self._answers[number - 1]
        else:
            text = self._answer(messages, schema)
        prompt = sum(len(message["content"]) for message in messages)
        return Completion(text, prompt_tokens=prompt // 4, completion_tokens=len(text) // 4)

    def _answer(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any] | None
    ) -> str:
        asked = messages[-1]["content"].partition("\n\n")[0].partition("Words that return")[0]
        titles = [json.loads(found) for found in _QUOTED.findall(asked)]
        (found,) = keyphrases([titles], top=4)
        words = [word.lower() for word in (*found, "things", "matters", "subjects", "ways")]
        a, b, c, d = words[:4]
        names = (
            a.split()[0][:30],
            f"{a} and {b}",
            f"enjoying {a} with {b}",
            f"enjoying {a} with {b} and {c}",
            f"enjoying {a} with {b} and {c} beside {d}",
        )
        keys = list((schema or {}).get("properties", {})) or list(KEYS)
        answer: dict[str, Any] = {key: names[KEYS.index(key)] for key in keys if key in KEYS}
        if CITED in keys:
            answer[CITED] = {key: [1, 2][: len(titles)] for key in answer}
        if DETAILS in keys:
            answer[DETAILS] = list(found[1:])
        return json.dumps(answer, ensure_ascii=False)
