"""Netflix: the viewing history that a profile page offers, and the whole data request.

The profile page's file has a title and a date in the locale's order. The data request has the
time in UTC, and rows that nobody chose to watch: trailers and what played by itself. Besides
views there are searches, ratings and the list of things to watch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from journeys.ingest.sources.rows import Event, Kind, RowsAdapter, Values, as_head, flags, in_utc

#: The header of the simple history, title and date, in the languages it was seen in.
_SIMPLE = (
    ("title", "date"), ("titel", "datum"), ("título", "fecha"), ("título", "data"),
    ("titre", "date"), ("titolo", "data"),
)  # fmt: skip

#: What begins by itself and ends within this many seconds was not watched.
_GLANCE = 60.0


def _simple(title: str, date: str) -> Kind:
    def event(row: Mapping[str, str]) -> Values:
        return {"timestamp": row[date], "title": row[title], "action": "view", "flags": ""}

    return Kind({"timestamp": date, "title": title}, event, only=True, dates=(date,))


def _viewing(row: Mapping[str, str]) -> Values:
    supplement = row["supplementalvideotype"]
    by_itself = "autoplayed" in row["attributes"].lower()
    return {
        "timestamp": in_utc(row["starttime"]),
        "title": row["title"],
        "action": "view",
        "flags": flags(
            trailer=bool(supplement), autoplay=by_itself and _seconds(row["duration"]) < _GLANCE
        ),
    }


def _seconds(duration: str) -> float:
    """Seconds in "01:42:30"; endless where it cannot be read, so that nothing is flagged for it."""
    total = 0.0
    for part in duration.split(":"):
        if not part.isdecimal() or len(part) > 4:
            return float("inf")
        total = total * 60 + int(part)
    return total


def _search(row: Mapping[str, str]) -> Values | str:
    words = row["querytyped"] or row["displayedname"]
    if not words:
        return "no search words"
    return {
        "timestamp": in_utc(row["utctimestamp"]),
        "title": words,
        "action": "search",
        "flags": "",
    }


def _rating(row: Mapping[str, str]) -> Values:
    return {
        "timestamp": in_utc(row["eventutcts"]),
        "title": row["titlename"],
        "action": "rate",
        "rating": row["starvalue"] or row["thumbsvalue"],
        "flags": "",
    }


def _listed(row: Mapping[str, str]) -> Values:
    return {
        "timestamp": in_utc(row["utctitleadddate"]),
        "title": row["titlename"],
        "action": "save",
        "flags": "",
    }


def _kind(timestamp: str, title: str, event: Event, *more: str) -> Kind:
    """A table of the data request; what tells it from others are all columns named."""
    mapping = {"timestamp": timestamp, "title": title}
    return Kind(
        mapping,
        event,
        needed=frozenset({timestamp, title, *more[:1]}),
        more=more,
        dates=(timestamp,),
        person="profilename",
    )


_REQUEST = (
    _kind("starttime", "title", _viewing, "supplementalvideotype", "duration", "attributes"),
    _kind("utctimestamp", "querytyped", _search, "displayedname"),
    _kind("eventutcts", "titlename", _rating, "thumbsvalue", "starvalue"),
    _kind("utctitleadddate", "titlename", _listed),
)


class Netflix(RowsAdapter):
    """Reads the simple viewing history and the tables of a data request."""

    def __init__(self) -> None:
        super().__init__("netflix", (*_REQUEST, *(_simple(*names) for names in _SIMPLE)))

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """Whether the header is Netflix's.

        Many a table has the columns title and date; Netflix quotes every cell below the header.
        """
        kind = self.kind_of(head)
        return kind is not None and (not kind.only or _quoted_below(as_head(head)))


def _quoted_below(text: str) -> bool:
    lines = [line.strip() for line in text.splitlines()[1:6] if line.strip()]
    return bool(lines) and all(line[0] == line[-1] == '"' for line in lines[:-1] or lines)
