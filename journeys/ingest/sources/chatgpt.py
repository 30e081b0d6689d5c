"""ChatGPT: ``conversations.json`` of a data export.

A conversation is a tree, as a question may be asked again in other words; all that the person
wrote is read, whichever branch it is on. Their standing instructions are stored as messages of
theirs and are no messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from journeys.ingest.sources.conversations import ConversationsAdapter, Message, mappings
from journeys.ingest.sources.text import text_of

#: Kinds of content that a person wrote or said.
_WRITTEN = frozenset({"", "text", "multimodal_text", "code"})

_HIDDEN = ("is_visually_hidden_from_conversation", "is_user_system_message")


def _messages(conversation: Mapping[str, Any]) -> Iterator[Message]:
    begun = text_of(conversation.get("create_time"))
    for node in mappings(conversation.get("mapping")):
        message = node.get("message")
        if isinstance(message, Mapping) and _by_the_person(message):
            yield Message(
                text_of(message.get("create_time")) or begun,
                text_of(message.get("id")) or text_of(node.get("id")),
                _words(message.get("content")),
            )


def _by_the_person(message: Mapping[str, Any]) -> bool:
    author, about, content = (message.get(key) for key in ("author", "metadata", "content"))
    if not isinstance(author, Mapping) or author.get("role") != "user":
        return False
    if isinstance(about, Mapping) and any(about.get(key) for key in _HIDDEN):
        return False
    kind = content.get("content_type") if isinstance(content, Mapping) else ""
    return text_of(kind) in _WRITTEN


def _words(content: object) -> str:
    """The text of a message; of its pictures and files nothing, of speech what was understood."""
    if not isinstance(content, Mapping):
        return ""
    parts = content.get("parts")
    if not isinstance(parts, list):
        return text_of(content.get("text"))
    texts = (part.get("text") if isinstance(part, Mapping) else part for part in parts)
    return "\n".join(words for text in texts if (words := text_of(text)))


class ChatGpt(ConversationsAdapter):
    """Reads what the person wrote."""

    def __init__(self) -> None:
        super().__init__("chatgpt", frozenset({"title", "mapping"}), "title", _messages)
