"""Goodreads: the library export, one row a book.

Dates are YYYY/MM/DD, and in the locale's order after a spreadsheet was in between. A book on the
shelf "to-read" was only saved; one on "read" was finished at the date read or, where that was
never filled in, at the latest when it was added.
"""

from __future__ import annotations

from collections.abc import Mapping

from journeys.ingest.sources.rows import Kind, RowsAdapter, Values
from journeys.ingest.sources.text import by, without_tags


def _book(row: Mapping[str, str]) -> Values:
    shelf = row["exclusiveshelf"]
    rating = row["myrating"] if row["myrating"] not in ("", "0") else ""
    known = shelf in ("read", "currently-reading", "to-read")  # others are the reader's own
    opened = shelf != "to-read" if known else bool(row["dateread"] or rating)
    started = row["datestarted"] if shelf == "currently-reading" else ""
    time = row["dateread"] or started if opened else ""
    book = row["bookid"]
    return {
        "timestamp": time or row["dateadded"],
        "title": by(row["title"], row["author"]),
        "text": without_tags(row["myreview"]),
        "url": f"https://www.goodreads.com/book/show/{book}" if book.isdecimal() else "",
        "action": "view" if opened else "save",
        "rating": rating,
        "flags": "",
    }


class Goodreads(RowsAdapter):
    """Reads the library export."""

    def __init__(self) -> None:
        library = Kind(
            {
                "timestamp": "dateread",
                "title": "title",
                "text": "myreview",
                "item_id": "bookid",
                "action": "exclusiveshelf",
            },
            _book,
            needed=frozenset({"bookid", "title", "exclusiveshelf", "dateadded"}),
            more=("dateadded", "datestarted", "author", "myrating"),
            dates=("dateread", "dateadded", "datestarted"),
        )
        super().__init__("goodreads", (library,))
