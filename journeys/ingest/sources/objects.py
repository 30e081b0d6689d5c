"""What the exports have in common that are lists of JSON objects: recognised by the keys of the
first one, read one by one as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from journeys.errors import InputError
from journeys.ingest.contract import Batch, Context, DataFile, Reading
from journeys.ingest.encoding import Utf8Stream, detect_encoding
from journeys.ingest.jsonfiles import RECORDS, Item, records_of_array, records_of_lines
from journeys.ingest.sources.keys import json_keys
from journeys.ingest.sources.rows import HEAD, Values, columnar
from journeys.ingest.sources.text import text_of
from journeys.timeline import Rejected

#: An object in; its event, or why there is none, out.
ObjectEvent = Callable[[Mapping[str, Any]], Values | str]

_EXCERPT = 80


@dataclass(frozen=True)
class ObjectKind:
    """One kind of list of objects that a source exports.

    Attributes:
        needed: dotted keys by which the first object is recognised.
        event: the event of an object.
        mapping: our column -> key of the object, for the report.
        prefix: where the list is, in ijson's notation. A file that begins with an object and has
            no prefix holds one object a line.
    """

    needed: frozenset[str]
    event: ObjectEvent
    mapping: Mapping[str, str]
    prefix: str = ""


class ObjectsAdapter:
    """A source whose files are lists of JSON objects; an adapter.

    Args:
        name: of the source; stands in the column ``source`` of its events.
        kinds: the kinds of files, the more particular ones first.
    """

    def __init__(self, name: str, kinds: Sequence[ObjectKind]) -> None:
        self.name = name
        self._kinds = tuple(kinds)

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """Whether the keys of the first object are this source's."""
        return self.kind_of(head) is not None

    def kind_of(self, head: bytes) -> ObjectKind | None:
        """Which kind of file begins like this."""
        keys = json_keys(head)
        return next((kind for kind in self._kinds if kind.needed <= keys), None)

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """Begin reading; see :class:`~journeys.ingest.contract.Adapter`."""
        head = file.head(HEAD)
        kind = self.kind_of(head)
        if kind is None:
            raise InputError(f"{file.name} is no file of {self.name}.")
        notes: list[str] = []

        def batches() -> Iterator[Batch]:
            stream = Utf8Stream(file.open(counted=not context.partial), detect_encoding(head))
            in_lines = not kind.prefix and text_start(head) == b"{"
            records = (
                records_of_lines(stream, context.limits, first_row, context.partial)
                if in_lines
                else records_of_array(
                    stream, kind.prefix or "item", context.limits, first_row, context.partial
                )
            )
            yield from _events(records, self.name, kind.event)
            notes.extend(stream.notes())

        return Reading(f"{self.name} (json)", kind.mapping, batches(), notes)


def text_start(head: bytes) -> bytes:
    """The first byte of a text that is neither blank nor a byte order mark."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]


def given(item: Mapping[str, Any], key: str) -> str:
    """A text or number of an object, as text; '' where there is none or it is something else."""
    return text_of(item.get(key))


def _events(
    records: Iterator[tuple[int, Item]], source: str, event: ObjectEvent
) -> Iterator[Batch]:
    rows: list[int] = []
    values: list[Values] = []
    rejected: list[Rejected] = []
    for row, item in records:
        outcome = item if isinstance(item, Rejected) else event(item)
        if isinstance(outcome, Rejected):
            rejected.append(outcome)
        elif isinstance(outcome, str):
            rejected.append(Rejected(row, outcome, _shown(item)))
        else:
            rows.append(row)
            values.append({"source": source, **outcome})
        if len(rows) + len(rejected) == RECORDS:
            yield columnar(rows, values, rejected)
            rows, values, rejected = [], [], []
    if rows or rejected:
        yield columnar(rows, values, rejected)


def _shown(item: Item) -> str:
    words = item.values() if isinstance(item, Mapping) else ()
    return " ".join(word for word in words if isinstance(word, str) and word)[:_EXCERPT]
