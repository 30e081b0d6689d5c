"""OpenTelemetry spans by the semantic conventions for generative AI, as OTLP's JSON.

A trace is a trajectory (or a conversation, where spans name one): ``chat`` and ``invoke_agent``
spans have the messages, ``execute_tool`` spans the calls. Times are the spans' own.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeys.agents.adapters.common import Unread, objects, time_of
from journeys.agents.trajectories import Step, Trajectory
from journeys.ingest.sources.conversations import mappings
from journeys.ingest.sources.text import text_of

_USER = ("user.id", "enduser.id", "enduser.pseudo.id", "gen_ai.user.id")
_CONVERSATION = ("gen_ai.conversation.id", "session.id")
_CONTEXT = {
    "gen_ai.agent.name": "agent",
    "gen_ai.request.model": "model",
    "vcs.repository.name": "repo",
}


@dataclass(frozen=True)
class _Span:
    trace: str
    start: int
    name: str
    failed: str
    attributes: Mapping[str, Any]

    def first(self, *names: str) -> str:
        return next((text for name in names if (text := text_of(self.attributes.get(name)))), "")


def read_otel(path: Path, unread: Unread) -> Iterator[Trajectory]:
    """Trajectories of a file of export requests (JSON, or one a line)."""
    groups: dict[str, list[_Span]] = defaultdict(list)
    for record in objects(path, unread):
        for span in _spans(record):
            groups[span.first(*_CONVERSATION) or span.trace].append(span)
    for order, (identity, spans) in enumerate(groups.items()):
        spans.sort(key=lambda span: span.start)
        told = [
            span for span in spans if any(name.startswith("gen_ai.") for name in span.attributes)
        ]
        if not told:
            unread.add("no span of generative AI")
            continue
        steps = tuple(_steps(told))
        yield Trajectory(
            id=identity,
            user_id=next((user for span in spans if (user := span.first(*_USER))), "me"),
            time=time_of(spans[0].start),
            request=next((step.text for step in steps if step.role == "user"), ""),
            steps=steps,
            outcome="failure" if told[0].failed else "",
            source="otel",
            context={
                ours: value
                for theirs, ours in _CONTEXT.items()
                if (value := next((v for span in spans if (v := span.first(theirs))), ""))
            },
            order=order,
        )


def _spans(record: Mapping[str, Any]) -> Iterator[_Span]:
    for resource in mappings(record.get("resourceSpans") or []):
        for scope in mappings(resource.get("scopeSpans") or []):
            for span in mappings(scope.get("spans") or []):
                attributes = {
                    text_of(each.get("key")): _value(each.get("value"))
                    for each in mappings(span.get("attributes") or [])
                }
                status = span.get("status")
                bad = isinstance(status, Mapping) and text_of(status.get("code")) in (
                    "2",
                    "STATUS_CODE_ERROR",
                )
                message = text_of(status.get("message")) if isinstance(status, Mapping) else ""
                start = text_of(span.get("startTimeUnixNano"))
                yield _Span(
                    text_of(span.get("traceId")),
                    int(start) if start.isdecimal() else 0,
                    text_of(span.get("name")),
                    (text_of(attributes.get("error.type")) or message or "error") if bad else "",
                    attributes,
                )


def _value(value: object) -> Any:
    """The one value of OTLP's union of types."""
    if not isinstance(value, Mapping):
        return value
    if isinstance(array := value.get("arrayValue"), Mapping):
        return [_value(each) for each in mappings(array.get("values") or [])]
    return next((value[name] for name in value), None)


def _steps(spans: list[_Span]) -> Iterator[Step]:
    told: set[tuple[str, str]] = set()
    for span in spans:
        if span.first("gen_ai.operation.name") == "execute_tool" or span.first("gen_ai.tool.name"):
            yield Step(
                "assistant",
                tool=span.first("gen_ai.tool.name") or span.name,
                arguments=span.first("gen_ai.tool.call.arguments"),
                result=span.first("gen_ai.tool.call.result"),
                error=span.failed,
            )
            continue
        for name in ("gen_ai.input.messages", "gen_ai.output.messages"):
            for role, text in _messages(span.attributes.get(name)):
                if (role, text) not in told:  # every call repeats the conversation so far
                    told.add((role, text))
                    yield Step(role, text)


def _messages(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return
    for message in mappings(value if isinstance(value, list) else ()):
        parts = message.get("parts")
        texts = [
            text_of(part.get("content"))
            for part in mappings(parts if isinstance(parts, list) else ())
            if part.get("type") == "text"
        ] or [text_of(message.get("content"))]
        if text := "\n".join(filter(None, texts)):
            yield text_of(message.get("role")), text
