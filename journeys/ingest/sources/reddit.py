"""Reddit's data request: the posts and comments a person wrote.

What was saved, hidden or voted on comes without a time and cannot be placed in a timeline; it is
counted and said. Private messages and chats are other people's words too and are never read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from journeys.errors import InputError
from journeys.ingest.contract import Context, DataFile, Reading
from journeys.ingest.sources.rows import HEAD, Kind, RowsAdapter, Values, flags, header, read_rows
from journeys.ingest.times import MISSING

_GONE = frozenset({"[removed]", "[deleted]", "[deleted by user]", "[removed by reddit]"})

#: The words of a thread's title in the address of it or of one of its comments.
_SLUG = re.compile(r"/comments/[^/]+/([^/?#]+)")


def _post(row: Mapping[str, str]) -> Values:
    gone = {row["title"].lower(), row["body"].lower()} & _GONE
    return {
        "timestamp": row["date"],
        "title": row["title"],
        "text": "" if gone else row["body"],
        "item_id": f"t3_{row['id']}" if row["id"] else "",
        "url": row["permalink"],
        "action": "create",
        "flags": flags(removed=bool(gone)),
    }


def _comment(row: Mapping[str, str]) -> Values:
    gone = row["body"].lower() in _GONE
    return {
        "timestamp": row["date"],
        "title": _thread(row["permalink"]) or f"Comment in r/{row['subreddit']}",
        "text": "" if gone else row["body"],
        "item_id": f"t1_{row['id']}" if row["id"] else "",
        "url": row["permalink"],
        "action": "create",
        "flags": flags(removed=gone),
    }


def _thread(permalink: str) -> str:
    """The title of a comment's thread as its address has it; '' where it does not."""
    slug = _SLUG.search(permalink)
    return unquote(slug.group(1)).replace("_", " ").strip() if slug else ""


def _without_time(row: Mapping[str, str]) -> str:
    return MISSING


_POSTS = Kind(
    {"timestamp": "date", "title": "title", "text": "body", "url": "permalink"},
    _post,
    needed=frozenset({"id", "permalink", "date", "subreddit", "title", "body"}),
    more=("id",),
    dates=("date",),
)
_COMMENTS = Kind(
    {"timestamp": "date", "title": "permalink", "text": "body", "url": "permalink"},
    _comment,
    needed=frozenset({"id", "permalink", "date", "subreddit", "body"}),
    more=("id", "subreddit"),
    dates=("date",),
)
_TIMELESS = tuple(
    Kind({"url": "permalink"}, _without_time, needed=frozenset(columns), only=True)
    for columns in ({"id", "permalink"}, {"id", "permalink", "direction"})
)

#: Columns that show a file not to be read -> why.
_REFUSED = (
    ({"threadid", "from", "to"}, "holds private messages with other people"),
    ({"messageid", "threadparentmessageid"}, "holds private chats with other people"),
    ({"id", "permalink", "ip", "gildings"}, "repeats posts or comments without their words"),
)


class Reddit(RowsAdapter):
    """Reads the posts and comments of a data request."""

    def __init__(self) -> None:
        super().__init__("reddit", (_POSTS, _COMMENTS, *_TIMELESS))

    def detect(self, head: bytes, names: object) -> bool:
        """Whether the header is one of Reddit's, also of a file that will not be read."""
        return self.kind_of(head) is not None or _refused(head) is not None

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """Begin reading; see :class:`~journeys.ingest.contract.Adapter`."""
        head = file.head(HEAD)
        kind = self.kind_of(head)
        if kind is None:
            raise InputError(
                f"{file.name} {_refused(head) or 'is no table of Reddit'}, so it is not read."
            )
        reading = read_rows(file, context, first_row, self.name, kind)
        if kind in _TIMELESS:
            reading.notes.append(
                f"Reddit does not say when what is in {file.name} was saved, hidden or voted on, "
                "so it is left out."
            )
        return reading


def _refused(head: bytes) -> str | None:
    found = set(header(head))
    return next((why for columns, why in _REFUSED if columns <= found), None)
