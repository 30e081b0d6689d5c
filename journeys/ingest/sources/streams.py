"""What sources share that are read as a stream of records."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from journeys.ingest.contract import Bytes, Context
from journeys.ingest.jsonfiles import Item, records_of_array

#: Records in a batch; fewer where only the first are wanted.
BATCH = 10_000
FEW = 300

#: More tags than a record in HTML has. The parser's time grows with the square of their depth.
_TAGS = 2_000

#: The first day that a number of microseconds since 1970 cannot be taken for milliseconds.
_LEAST_MICROS = 10**14


def opening(head: bytes) -> bytes:
    """The first bytes of a text without byte order mark, blank space or zeros of UTF-16."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", "replace").encode().lstrip()
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def row_size(context: Context) -> int:
    """How many records to read before handing them over."""
    return FEW if context.partial else BATCH


def json_records(
    stream: Bytes, prefix: str, context: Context, first_row: int
) -> Iterator[tuple[int, Item]]:
    """The objects of an array in JSON with their record numbers.

    Args:
        prefix: where the array's items are, in ijson's notation.
    """
    return records_of_array(stream, prefix, context.limits, first_row, context.partial)


def micros(value: object, scale: float = 1.0, epoch: int = 0) -> int | None:
    """A number since some epoch in microseconds since 1970; None if it is no time after 1973.

    Args:
        scale: microseconds in its unit.
        epoch: microseconds from 1970 to the epoch, negative if that is before.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        since = int(value * scale) + epoch if scale != 1.0 else int(value) + epoch
    except (ValueError, OverflowError):
        return None
    return since if _LEAST_MICROS <= since < 10**16 else None


def fragment(html: bytes) -> LexborHTMLParser | None:
    """A record in HTML, parsed; None if it has far more tags than a record has."""
    return LexborHTMLParser(html) if html.count(b"<") <= _TAGS else None
