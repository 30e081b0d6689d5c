"""A person with plain phases, and a model that answers the memory's questions by what it sees."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from journeys.naming.base import Completion
from journeys.timeline import ActivityLog

_LINE = re.compile(r"^(\d+)\. .*: before (\d+), now (\d+)$", re.MULTILINE)


class ReadingChat:
    """Answers with the words of the titles, and with what the counts in the question say.

    Attributes:
        calls: the messages of every call so far.
    """

    id = "reading"

    def __init__(self, *, answers: Sequence[str] = (), error: Exception | None = None) -> None:
        self.calls: list[list[dict[str, str]]] = []
        self._answers, self._error = tuple(answers), error

    def complete(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        schema: Mapping[str, Any] | None = None,
        temperature: float = 0.0,
        seed: int | None = None,
        max_tokens: int = 400,
    ) -> Completion:
        if self._error:
            raise self._error
        self.calls.append([dict(message) for message in messages])
        if len(self.calls) <= len(self._answers):
            return Completion(self._answers[len(self.calls) - 1], 100, 10)
        assert schema is not None
        asked = messages[-1]["content"]
        keys = list(schema["properties"])
        answer: dict[str, Any] = {}
        if "interests" in keys:
            answer["interests"] = [{"name": _words(asked), "items": [1, 2]}]
        for key in keys:
            if key.isdigit():
                answer[key] = {"change": _change(asked, key)}
            elif key in ("summary", "told"):
                answer[key] = f"Busy with {_words(asked)}"
            elif key != "interests":
                answer[key] = {"name": _words(asked.partition(f"Group {key} ")[2])}
        return Completion(json.dumps(answer), 100, 20)


def _words(text: str) -> str:
    found = re.search(r'"([^"]+)"', text)
    return found[1][:40] if found else "nothing in particular"


def _change(asked: str, key: str) -> str:
    for number, before, now in _LINE.findall(asked):
        if number == key:
            one, other = int(before), int(now)
            if not one:
                return "new"
            if not other:
                return "dropped"
            return "growing" if other > one else "fading" if other < one else "steady"
    raise AssertionError(f"no line {key} in {asked!r}")


def phases(user: str = "ann", size: int = 10) -> ActivityLog:
    """Bread, then bread and ukulele, then ukulele alone, ``size`` events each, one a day."""
    titles = [f"sourdough starter step {n}" for n in range(size)]
    for n in range(size // 2):
        titles += [f"sourdough crumb shot {n}", f"ukulele chord lesson {n}"]
    titles += [f"ukulele fingerstyle song {n}" for n in range(size)]
    frame = pd.DataFrame({"user_id": user, "title": titles})
    frame["timestamp"] = pd.date_range("2020-01-01", periods=len(titles), freq="D", tz="UTC")
    frame["item_id"] = [f"item{n}" for n in range(len(titles))]
    return ActivityLog(frame)
