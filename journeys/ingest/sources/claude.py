"""Claude: ``conversations.json`` of a data export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from journeys.ingest.sources.conversations import ConversationsAdapter, Message, mappings
from journeys.ingest.sources.text import text_of


def _messages(conversation: Mapping[str, Any]) -> Iterator[Message]:
    begun = text_of(conversation.get("created_at"))
    for message in mappings(conversation.get("chat_messages")):
        if message.get("sender") == "human":
            yield Message(
                text_of(message.get("created_at")) or begun,
                text_of(message.get("uuid")),
                text_of(message.get("text")) or _words(message.get("content")),
            )


def _words(content: object) -> str:
    """The text among the parts of a message; newer exports leave the message's own text empty."""
    texts = (part.get("text") for part in mappings(content) if part.get("type") == "text")
    return "\n".join(words for text in texts if (words := text_of(text)))


class Claude(ConversationsAdapter):
    """Reads what the person wrote."""

    def __init__(self) -> None:
        super().__init__("claude", frozenset({"uuid", "name", "chat_messages"}), "name", _messages)
