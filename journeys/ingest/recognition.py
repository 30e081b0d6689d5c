"""Which column is which: by its name first, by what is in it second."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from journeys.ingest.cleaning import as_text
from journeys.ingest.contract import Cell
from journeys.ingest.times import parse_times
from journeys.timeline import COLUMNS

Confidence = Literal["given", "high", "medium", "low"]
REQUIRED = ("user_id", "timestamp", "title")

#: Names of our columns in other people's files, best first, as :func:`plain` writes them.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "timestamp": (
        "timestamp", "time", "datetime", "ts", "eventtime", "eventtimestamp", "timeusec",
        "occurredat", "watchedat", "viewedat", "visittime", "visitedat", "lastvisittime",
        "playedat", "endtime", "starttime", "createdat", "created", "creationdate", "createdutc",
        "createtime", "createdtime", "timeadded", "addedat", "dateadded", "addeddate",
        "publishedat", "postedat", "sentat", "watcheddate", "watchdate", "date", "dateread",
        "day", "when", "dt", "unixtime", "epoch", "utc", "localtime", "updatedat", "modifiedat",
    ),
    "user_id": (
        "userid", "user", "uid", "userkey", "userhash", "useruuid", "memberid", "member",
        "participantid", "participant", "pid", "personid", "person", "accountid", "account",
        "customerid", "customer", "visitorid", "visitor", "subjectid", "respondentid",
        "profileid", "profilename", "profile", "authorid", "author", "owneruserid", "owner",
        "actorid", "actor", "username", "login", "handle", "sender", "email", "sessionid",
        "deviceid", "clientid",
    ),
    "title": (
        "title", "itemtitle", "pagetitle", "videotitle", "articletitle", "posttitle",
        "questiontitle", "booktitle", "movietitle", "trackname", "mastermetadatatrackname",
        "itemname", "productname", "eventtitle", "headline", "name", "subject", "query",
        "searchquery", "searchterm", "search", "keyword", "keywords", "summary", "topic",
        "track", "song", "movie", "book", "video", "article", "message", "prompt", "question",
        "label",
    ),
    "text": (
        "text", "body", "description", "content", "abstract", "excerpt", "snippet", "details",
        "selftext", "comment", "note", "notes", "extended", "review", "overview", "caption",
        "fulltext", "plot",
    ),
    "url": (
        "url", "link", "uri", "href", "titleurl", "permalink", "weburl", "pageurl", "itemurl",
        "website", "address",
    ),
    "item_id": (
        "itemid", "item", "itemkey", "contentid", "videoid", "articleid", "postid", "productid",
        "docid", "documentid", "movieid", "bookid", "trackid", "pageid", "asin", "sku", "guid",
        "uuid", "key", "id",
    ),
    "action": (
        "action", "event", "eventtype", "actiontype", "type", "activity", "interaction", "verb",
        "behavior", "behaviour", "activitytype", "eventname", "operation",
    ),
    "source": ("source", "platform", "app", "site", "service", "channel", "origin", "product",
               "header", "medium"),
}  # fmt: skip

#: Short names fit too much to be taken at their word; their content must agree.
_ORDER = ("timestamp", "user_id", "title", "text", "url", "item_id", "action", "source")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.I)
_ID = re.compile(r"[A-Za-z]{1,12}[-_:.]?\d+|[0-9a-f]{8,64}|[0-9a-f-]{36}|[^@\s]+@[^@\s]+\.\w+")
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Match:
    """One of our columns found in a file, how surely, and by what."""

    column: str
    confidence: Confidence
    why: str


def plain(name: str) -> str:
    """A column name without case, spaces, punctuation, camel case, or a type suffix as
    RecBole's ``user_id:token``. Of a dotted path, the last part."""
    name = name.split(":")[0] if re.search(r":(token|float|token_seq)$", name) else name
    words = _CAMEL.sub(" ", name.rsplit(".", 1)[-1])
    return re.sub(r"[\W_]+", "", words).lower()


def recognise(columns: Mapping[str, Sequence[Cell]]) -> dict[str, Match]:
    """Our column -> the column of the file that holds it.

    Args:
        columns: the file's columns by name, each with the cells of the first records.
    """
    shapes = {name: _Shape.of(cells) for name, cells in columns.items()}
    found: dict[str, Match] = {}
    taken: set[str] = set()

    def take(ours: str, match: Match | None) -> None:
        if match is not None and ours not in found:
            found[ours] = match
            taken.add(match.column)

    for ours in _ORDER:
        take(ours, _by_name(ours, shapes, taken))
    for ours in ("timestamp", "url", "user_id", "title"):
        if ours not in found:
            take(ours, _by_content(ours, shapes, taken))
    return {ours: found[ours] for ours in COLUMNS if ours in found}


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the cells of a column look like; shares are of the cells that are not empty."""

    cells: int
    filled: int
    times: float
    urls: float
    ids: float
    words: float
    spaces: float
    distinct: int
    length: float

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> _Shape:
        values = [text for cell in cells if (text := as_text(cell).strip())]
        count = max(len(values), 1)
        readable = (parse_times(values).reasons == "").sum() if values else 0
        return cls(
            cells=len(cells),
            filled=len(values),
            times=float(readable) / count,
            urls=sum(_URL.match(v) is not None for v in values) / count,
            ids=sum(_ID.fullmatch(v) is not None for v in values) / count,
            words=sum(_WORD.search(v) is not None for v in values) / count,
            spaces=sum(" " in v for v in values) / count,
            distinct=len(set(values)),
            length=sum(map(len, values)) / count,
        )


def _by_name(ours: str, shapes: Mapping[str, _Shape], taken: set[str]) -> Match | None:
    ranks = {name: rank for rank, name in enumerate(_NAMES[ours])}
    free = [name for name in shapes if name not in taken]
    # Whole names before the last parts of dotted paths, then the better synonym.
    known = [
        (name.count("."), ranks[plain(name)], at, name)
        for at, name in enumerate(free)
        if plain(name) in ranks
    ]
    for _, _, _, name in sorted(known):
        if _fits(ours, shapes[name]):
            return Match(name, "high", f"it is called {name!r}")
    if ours == "timestamp":  # a named time that cannot be read must be said, not passed over
        for _, _, _, name in sorted(known)[:1]:
            if shapes[name].filled and shapes[name].words < 0.5:
                return Match(name, "low", f"it is called {name!r}, but few values read as times")
    return None


def _fits(ours: str, shape: _Shape) -> bool:
    """Whether the content does not speak against the name."""
    if ours == "timestamp":
        return shape.times >= 0.5
    if ours == "title":
        return shape.filled > 0 or shape.cells == 0
    if ours == "user_id":
        return shape.times < 0.9 or shape.ids > 0.5 or shape.distinct < shape.filled
    return True


def _by_content(ours: str, shapes: Mapping[str, _Shape], taken: set[str]) -> Match | None:
    free = {n: s for n, s in shapes.items() if n not in taken and s.filled >= 0.5 * s.cells > 0}
    named = {plain(n) for names in _NAMES.values() for n in names}
    if ours == "timestamp":
        for name, shape in free.items():
            if shape.times >= 0.9:
                return Match(name, "medium", "its values read as times")
    if ours == "url":
        for name, shape in free.items():
            if shape.urls >= 0.9:
                return Match(name, "medium", "its values are web addresses")
    if ours == "user_id":
        for name, shape in free.items():
            repeats = shape.distinct > 1 and shape.distinct <= 0.7 * shape.filled
            if shape.ids >= 0.95 and repeats and shape.times < 0.1 and plain(name) not in named:
                return Match(name, "low", "its values look like ids and repeat")
    if ours == "title":
        texts = [
            (shape.length, name)
            for name, shape in free.items()
            if shape.words >= 0.9
            and shape.spaces >= 0.5
            and shape.urls < 0.1
            and shape.times < 0.1
            and 5 <= shape.length <= 300
            and shape.distinct >= 0.3 * shape.filled
        ]
        if texts:
            # The shorter of two wordy columns is the title, the longer one its text.
            return Match(min(texts)[1], "low", "its values are short texts")
    return None
