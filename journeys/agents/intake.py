"""The one door for trajectories: nothing unbounded, unredacted, forged or twice goes through.

What is refused raises an error with a sentence; what is only odd (a clock ahead, a text cut) goes
in, and the receipt says what was done to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from journeys.agents.trajectories import FEEDBACK, Feedback, Step, Trajectory
from journeys.errors import AccessDenied, InputError
from journeys.redaction import redact

#: The place of tools that the caller did not name as known.
UNKNOWN_TOOL = "(unknown tool)"

#: What stands where a text was cut.
CUT = " [cut]"

#: Room beyond a limit that is redacted with the rest, so that no half of a secret stays behind.
_MARGIN = 300

#: Arguments of these names are secrets, whatever they look like.
_SECRET_NAME = re.compile(
    r"passw|passphrase|passcode|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|"
    r"credential|authori[sz]ation|cookie|^pin$|^otp$|^pwd$",
    re.I,
)
#: The same in a text that is no complete JSON, such as one that was cut.
_SECRET_PAIR = re.compile(
    r"""(["'][\w.-]{0,60}(?:passw|passphrase|passcode|secret|token|api[-_]?key|access[-_]?key|"""
    r"""private[-_]?key|credential|authori[sz]ation|cookie)[\w.-]{0,60}["']\s{0,20}:\s{0,20})"""
    r"""("(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$)|[\w.+-]+)""",
    re.I,
)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_ID = 200


@dataclass(frozen=True)
class Limits:
    """What one trajectory may cost. Longer texts are cut; lists keep their first and last parts."""

    request: int = 4_000
    text: int = 2_000
    arguments: int = 2_000
    result: int = 1_000
    error: int = 300
    steps: int = 200
    feedback: int = 50
    context: int = 20
    value: int = 200
    ahead: timedelta = timedelta(minutes=5)
    """How far a clock may be ahead before its time is replaced by ours."""


@dataclass(frozen=True)
class Scope:
    """For whom a caller may speak; ``users`` None is everybody (an administrator)."""

    users: frozenset[str] | None

    def check(self, user_id: str) -> None:
        """Let the caller speak for this user, or refuse.

        Raises:
            AccessDenied: the user is not in the caller's scope.
        """
        if self.users is not None and user_id not in self.users:
            raise AccessDenied(
                "This key may not read or write for that user. Use the key that was issued for "
                "them, or ask the administrator to widen its scope."
            )


#: What an administrator may do.
EVERYBODY = Scope(None)


@dataclass(frozen=True)
class Receipt:
    """What came of an entry: ``status`` is ``accepted`` or ``duplicate``; ``notes`` says what was
    cut, redacted or replaced on the way."""

    id: str
    status: str
    notes: tuple[str, ...] = ()


def admit(
    given: Trajectory,
    scope: Scope,
    now: datetime,
    *,
    seen: Collection[str] = (),
    newest: datetime | None = None,
    known_tools: Collection[str] | None = None,
    limits: Limits | None = None,
) -> tuple[Trajectory, Receipt]:
    """A trajectory as it may be kept.

    Args:
        given: as it came.
        scope: for whom the caller may speak.
        now: our clock.
        seen: ids of this user's trajectories that came before.
        newest: time of this user's newest trajectory.
        known_tools: names of tools; others are put in the place for unknown ones. None: all pass.
        limits: what it may cost.

    Raises:
        AccessDenied: the user is not in the caller's scope.
        InputError: there is no user or id, or the time cannot be.
    """
    limits = limits or Limits()
    if not given.user_id or not given.id:
        raise InputError("A trajectory needs a user and an id of its own.")
    if len(given.user_id) > _ID or len(given.id) > _ID:
        raise InputError(f"Ids may be {_ID} characters long at most; send a hash of a longer one.")
    scope.check(given.user_id)
    if given.id in seen:
        return given, Receipt(given.id, "duplicate")
    notes: list[str] = []
    time = _in_time(given.time, now, limits, notes)
    if time is not None and newest is not None and time < newest:
        notes.append("out of order: older than the newest known")
    clean = _cleaner(notes)
    steps = _kept(given.steps, limits.steps, "steps", notes)
    admitted = replace(
        given,
        time=time,
        request=clean(given.request, limits.request, "request"),
        steps=tuple(_step(step, limits, clean, known_tools, notes) for step in steps),
        outcome=given.outcome if given.outcome in ("success", "failure") else "",
        feedback=tuple(
            Feedback(
                each.kind,
                _in_time(each.time, now, limits, notes),
                clean(each.text, limits.text, "feedback"),
            )
            for each in _kept(given.feedback, limits.feedback, "feedback", notes)
            if _is_feedback(each, notes)
        ),
        source=given.source[: limits.value],
        context={
            redact(str(key))[: limits.value]: clean(str(value), limits.value, "context")
            for key, value in list(given.context.items())[: limits.context]
        },
    )
    return admitted, Receipt(given.id, "accepted", tuple(dict.fromkeys(notes)))


def clean_text(text: str, limit: int) -> str:
    """A text redacted and cut at ``limit`` characters; nothing of a secret at the cut stays."""
    hidden = redact(_SECRET_PAIR.sub(r'\1"[secret]"', text[: limit + _MARGIN]))
    return hidden if len(hidden) <= limit else hidden[: limit - len(CUT)] + CUT


def clean_arguments(arguments: str, limit: int) -> str:
    """Arguments (JSON or not) with the values of secret names, and other details, replaced."""
    if len(arguments) <= limit + _MARGIN:  # longer ones are not worth parsing
        with suppress(ValueError, RecursionError):
            arguments = json.dumps(_without_secrets(json.loads(arguments)), ensure_ascii=False)
    return clean_text(arguments, limit)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key: "[secret]" if _SECRET_NAME.search(str(key)) else _without_secrets(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    return value


def _cleaner(notes: list[str]) -> Callable[[str, int, str], str]:
    def clean(text: str, limit: int, what: str) -> str:
        cleaned = (clean_arguments if what == "arguments" else clean_text)(text, limit)
        if len(text) > limit:
            notes.append(f"{what} cut at {limit:,} characters")
        if "[secret]" in cleaned and "[secret]" not in text:
            notes.append(f"secrets in {what} redacted")
        return cleaned

    return clean


def _step(
    step: Step,
    limits: Limits,
    clean: Callable[[str, int, str], str],
    known_tools: Collection[str] | None,
    notes: list[str],
) -> Step:
    tool = step.tool[: limits.value]
    if tool and known_tools is not None and tool not in known_tools:
        tool = UNKNOWN_TOOL
        notes.append("a tool that is not known")
    return Step(
        step.role[: limits.value],
        clean(step.text, limits.text, "text"),
        redact(tool),
        clean(step.arguments, limits.arguments, "arguments"),
        clean(step.result, limits.result, "result"),
        clean(step.error, limits.error, "error"),
    )


def _in_time(
    time: datetime | None, now: datetime, limits: Limits, notes: list[str]
) -> datetime | None:
    if time is None:
        return None
    if time.tzinfo is None:
        raise InputError(f"The time {time.isoformat()} has no zone. Send it with one, e.g. +00:00.")
    time = time.astimezone(UTC)
    if time < _EARLIEST:
        raise InputError(f"The time {time.isoformat()} is before {_EARLIEST.year}; check its unit.")
    if time > now + limits.ahead:
        notes.append("clock ahead: the time was replaced by ours")
        return now
    return time


def _is_feedback(given: Feedback, notes: list[str]) -> bool:
    if given.kind in FEEDBACK:
        return True
    notes.append("feedback of an unknown kind left out")
    return False


def _kept(items: tuple[Any, ...], limit: int, what: str, notes: list[str]) -> tuple[Any, ...]:
    """The first and last of a list that is too long."""
    if len(items) <= limit:
        return items
    notes.append(f"{what} cut at {limit}")
    return (*items[: limit // 2], *items[len(items) - (limit - limit // 2) :])
