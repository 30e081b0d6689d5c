"""What the adapters share: reading records, values of doubtful JSON, times."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from journeys.agents.trajectories import Step
from journeys.errors import InputError
from journeys.ingest.sources.text import text_of

#: A line longer than this is no record of a conversation.
_LONGEST = 64 * 1024 * 1024


@dataclass
class Unread:
    """How many records were left out, by reason."""

    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, reason: str) -> None:
        self.reasons[reason] += 1

    @property
    def total(self) -> int:
        return self.reasons.total()


def objects(path: Path, unread: Unread) -> Iterator[Mapping[str, Any]]:
    """JSON objects of a file: one, an array of them, or one a line.

    Raises:
        InputError: the file cannot be opened, or is not text.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            start = file.read(1)
            while start and start.isspace():
                start = file.read(1)
            file.seek(0)
            if start == "[":
                yield from _of_array(file.read(), unread)
                return
            whole = file.read(_LONGEST)
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is no text in UTF-8. Export it as JSON.") from error
    try:
        value = json.loads(whole)
    except ValueError:
        yield from _of_lines(whole, unread)
        return
    if isinstance(value, Mapping):
        yield value


def _of_array(text: str, unread: Unread) -> Iterator[Mapping[str, Any]]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        unread.add("broken JSON")
        return
    for value in values:
        if isinstance(value, Mapping):
            yield value
        else:
            unread.add("no object")


def _of_lines(text: str, unread: Unread) -> Iterator[Mapping[str, Any]]:
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            unread.add("broken JSON")
            continue
        if isinstance(value, Mapping):
            yield value
        else:
            unread.add("no object")


def time_of(value: object) -> datetime | None:
    """A time in seconds, milliseconds, micro- or nanoseconds since 1970, or in ISO 8601; UTC where
    no zone is said; None where it is none of these."""
    text = text_of(value)
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError:
            return None
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    for unit in (1.0, 1e3, 1e6, 1e9):
        if 0 < seconds / unit < 1e11 / 10:
            return datetime.fromtimestamp(seconds / unit, UTC)
    return None


def as_json(value: object) -> str:
    """Arguments or a result as text: a text as it is, anything else as JSON, nothing as ''."""
    if value is None or value == "":
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def words(content: object) -> str:
    """The text of a message's content, which is a text or a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (part.get("text") if isinstance(part, Mapping) else part for part in content)
    return "\n".join(part for part in parts if isinstance(part, str) and part)


def error_in(result: str) -> str:
    """The error that a tool's result is, '' where it is none."""
    head = result[:40].lower()
    return result if head.startswith(("error", "traceback", '{"error', "exception")) else ""


def steps_of(messages: object) -> tuple[Step, ...]:
    """Steps of messages in OpenAI's form, or in tau-bench's, whose calls have no ``function``.

    A message of the role ``tool`` is the result of the call with its id, or, where ids are
    missing, of the oldest call that has none yet.
    """
    steps: list[Step] = []
    waiting: dict[str, int] = {}
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, Mapping):
            continue
        role, text = text_of(message.get("role")), words(message.get("content"))
        if role == "tool":
            asked = text_of(message.get("tool_call_id"))
            at = waiting.pop(asked if asked in waiting else next(iter(waiting), ""), None)
            name = text_of(message.get("name"))
            if at is None:
                steps.append(Step("tool", tool=name, result=text, error=error_in(text)))
            else:
                call = steps[at]
                steps[at] = Step(
                    call.role, call.text, call.tool, call.arguments, text, error_in(text)
                )
            continue
        if text:
            steps.append(Step(role, text))
        calls = message.get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else ()):
            if not isinstance(call, Mapping):
                continue
            inner = call.get("function")
            made = inner if isinstance(inner, Mapping) else call
            waiting[text_of(call.get("id")) or f"{len(steps)}.{place}"] = len(steps)
            steps.append(
                Step(
                    role,
                    tool=text_of(made.get("name")),
                    arguments=as_json(made.get("arguments")),
                )
            )
    return tuple(steps)


def request_of(steps: tuple[Step, ...]) -> str:
    """The user's first words."""
    return next((step.text for step in steps if step.role == "user" and step.text), "")
