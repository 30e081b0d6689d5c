"""Exports of conversations with an assistant: only what the person wrote is kept.

Such files reach hundreds of megabytes and are one array, so they are read conversation by
conversation. A message is an event; the conversation's title is its context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from journeys.ingest.contract import MEBIBYTE, Batch, Bytes, Context, DataFile, Reading, ReadLimits
from journeys.ingest.encoding import Utf8Stream, detect_encoding
from journeys.ingest.jsonfiles import records_of_array
from journeys.ingest.salvage import BROKEN
from journeys.ingest.sources.keys import json_keys
from journeys.ingest.sources.objects import text_start
from journeys.ingest.sources.rows import HEAD, Values, columnar
from journeys.ingest.sources.text import text_of
from journeys.timeline import Rejected
from journeys.words import shorten

#: The longest conversation that is read, in bytes of JSON.
LONGEST = 64 * MEBIBYTE

_MESSAGES = 5_000
_TITLE = 120

#: Titles that assistants give before they know what a conversation is about.
_NO_TITLE = frozenset({"", "new chat", "new conversation", "untitled"})


@dataclass(frozen=True)
class Message:
    """What a person wrote: when (as given), its id, and the words."""

    time: str
    id: str
    text: str


#: The person's messages in a conversation, in any order; what assistants wrote is left out.
Messages = Callable[[Mapping[str, Any]], Iterator[Message]]


class ConversationsAdapter:
    """An assistant's export of conversations; an adapter.

    Args:
        name: of the assistant; stands in the column ``source``.
        needed: keys by which the first conversation is recognised.
        title: key of a conversation's title.
        messages: what of a conversation the person wrote.
    """

    def __init__(self, name: str, needed: frozenset[str], title: str, messages: Messages) -> None:
        self.name = name
        self._needed, self._title, self._messages = needed, title, messages

    def detect(self, head: bytes, names: object) -> bool:
        """Whether the keys of the first conversation are this assistant's."""
        return self._needed <= json_keys(head)

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """Begin reading; see :class:`~journeys.ingest.contract.Adapter`."""
        head = file.head(HEAD)
        notes: list[str] = []

        def batches() -> Iterator[Batch]:
            raw = file.open(counted=not context.partial)
            stream = Utf8Stream(raw, detect_encoding(head))
            found = conversations(stream, text_start(head) == b"[", context.partial)
            yield from self._batches(found, first_row)
            notes.extend(stream.notes())

        mapping = {"timestamp": "message time", "title": self._title, "text": "message"}
        return Reading(f"{self.name} (json)", mapping, batches(), notes)

    def _batches(self, found: Iterator[Mapping[str, Any] | str], first_row: int) -> Iterator[Batch]:
        row = first_row
        rows: list[int] = []
        values: list[Values] = []
        rejected: list[Rejected] = []
        for conversation in found:
            if isinstance(conversation, str):
                rejected.append(Rejected(row, BROKEN, conversation))
                row += 1
                continue
            title = text_of(conversation.get(self._title))
            for message in self._messages(conversation):
                if message.text:
                    rows.append(row)
                    values.append(self._event(title, message))
                else:
                    rejected.append(Rejected(row, "a message without text", title[:_TITLE]))
                row += 1
            if len(rows) + len(rejected) >= _MESSAGES:
                yield columnar(rows, values, rejected)
                rows, values, rejected = [], [], []
        if rows or rejected:
            yield columnar(rows, values, rejected)

    def _event(self, title: str, message: Message) -> Values:
        if title.lower() in _NO_TITLE:
            title = shorten(message.text, _TITLE)
        return {
            "timestamp": message.time,
            "title": title,
            "text": message.text,
            "item_id": message.id,
            "action": "message",
            "source": self.name,
            "flags": "",
        }


def conversations(
    stream: Bytes, in_array: bool = True, partial: bool = False
) -> Iterator[Mapping[str, Any] | str]:
    """Each conversation of an array, or one after the other without an array around them.

    Where the JSON is broken, words say so, and reading goes on at the next conversation.

    Args:
        partial: the stream is only a head, so its end is no break.
    """
    limits = ReadLimits(record_bytes=LONGEST)
    prefix = "item" if in_array else ""
    for _, item in records_of_array(stream, prefix, limits, partial=partial, oversize=1):
        if not isinstance(item, Rejected):
            yield item
        elif item.reason == BROKEN:
            yield item.excerpt


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects in a list or among an object's values; none if it is neither."""
    items = value.values() if isinstance(value, Mapping) else value
    if isinstance(items, str) or not isinstance(items, Iterable):
        return
    yield from (item for item in items if isinstance(item, Mapping))
