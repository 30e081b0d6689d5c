"""ChatGPT's and Claude's exports of conversations, with the assistant's turns.

Both are read conversation by conversation with the reader of :mod:`journeys.ingest`, which keeps
only what the person wrote; here the turns between are wanted too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from journeys.agents.adapters.common import Unread, as_json, request_of, time_of, words
from journeys.agents.trajectories import Step, Trajectory
from journeys.errors import InputError
from journeys.ingest.encoding import Utf8Stream, detect_encoding
from journeys.ingest.sources.conversations import conversations, mappings
from journeys.ingest.sources.objects import text_start
from journeys.ingest.sources.rows import HEAD
from journeys.ingest.sources.text import text_of


def read_chatgpt(path: Path, unread: Unread) -> Iterator[Trajectory]:
    """Trajectories of ChatGPT's ``conversations.json``: the branch that was shown last."""
    for order, found in enumerate(_conversations(path, unread)):
        steps = tuple(
            Step(_author(message), _shown(message.get("content"))) for message in _branch(found)
        )
        yield from _trajectory(
            text_of(found.get("conversation_id")) or text_of(found.get("id")),
            found.get("create_time"),
            text_of(found.get("title")),
            tuple(step for step in steps if step.text),
            "chatgpt",
            order,
            unread,
        )


def read_claude(path: Path, unread: Unread) -> Iterator[Trajectory]:
    """Trajectories of Claude's ``conversations.json``."""
    for order, found in enumerate(_conversations(path, unread)):
        steps: list[Step] = []
        for message in mappings(found.get("chat_messages")):
            role = "user" if message.get("sender") == "human" else "assistant"
            content = message.get("content")
            text = text_of(message.get("text")) or words(content)
            if text:
                steps.append(Step(role, text))
            steps.extend(_tool_parts(content))
        yield from _trajectory(
            text_of(found.get("uuid")),
            found.get("created_at"),
            text_of(found.get("name")),
            tuple(steps),
            "claude",
            order,
            unread,
        )


def _tool_parts(content: object) -> Iterator[Step]:
    for part in mappings(content if isinstance(content, list) else ()):
        if part.get("type") == "tool_use":
            yield Step(
                "assistant", tool=text_of(part.get("name")), arguments=as_json(part.get("input"))
            )
        elif part.get("type") == "tool_result":
            result = words(part.get("content"))
            yield Step(
                "tool",
                tool=text_of(part.get("name")),
                result=result,
                error=result if part.get("is_error") else "",
            )


def _trajectory(
    identity: str,
    begun: object,
    title: str,
    steps: tuple[Step, ...],
    source: str,
    order: int,
    unread: Unread,
) -> Iterator[Trajectory]:
    request = request_of(steps)
    if not request:
        unread.add("nothing that the person wrote")
        return
    yield Trajectory(
        id=identity or f"{source}:{order}",
        user_id="me",
        time=time_of(begun),
        request=request,
        steps=steps,
        source=source,
        context={"title": title} if title else {},
        order=order,
    )


def _conversations(path: Path, unread: Unread) -> Iterator[Mapping[str, Any]]:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            file.seek(0)
            stream = Utf8Stream(file, detect_encoding(head))
            for found in conversations(stream, text_start(head) == b"["):
                if isinstance(found, str):
                    unread.add("broken JSON")
                else:
                    yield found
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}.") from error


def _branch(conversation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Messages from the first to the one that was shown last."""
    nodes = conversation.get("mapping")
    if not isinstance(nodes, Mapping):
        return []
    found: list[Mapping[str, Any]] = []
    at, left = text_of(conversation.get("current_node")), len(nodes)
    if at not in nodes:  # older exports do not say; their nodes are in order
        return [
            each for node in mappings(nodes) if isinstance(each := node.get("message"), Mapping)
        ]
    while left and isinstance(node := nodes.get(at), Mapping):  # a loop in a broken export ends
        if isinstance(message := node.get("message"), Mapping):
            found.append(message)
        at, left = text_of(node.get("parent")), left - 1
    return found[::-1]


def _author(message: Mapping[str, Any]) -> str:
    author = message.get("author")
    return text_of(author.get("role")) if isinstance(author, Mapping) else ""


def _shown(content: object) -> str:
    if not isinstance(content, Mapping):
        return ""
    return words(content.get("parts")) or text_of(content.get("text"))
