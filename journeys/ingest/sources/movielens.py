"""MovieLens: ratings and tags of many people, and the films they are about, in all its shapes.

Known are the tables with a header (since 2013), ``.dat`` files with ``::`` between cells (1M, 10M)
and ``u.data`` with ``u.item`` (100K). Ratings and tags have a film's number and no title; the films
are the items that give them one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from journeys.errors import InputError
from journeys.ingest.cleaning import as_text
from journeys.ingest.contract import Batch, Cell, Context, DataFile, Reading
from journeys.ingest.delimited import lines_of
from journeys.ingest.encoding import Utf8Stream, detect_encoding
from journeys.ingest.sources.rows import HEAD, as_head, find_columns, header
from journeys.ingest.table import open_table
from journeys.timeline import Rejected

#: Cells of a row in, the value of one of our columns out.
Cells = Callable[[Mapping[str, Sequence[Cell]]], Mapping[str, Sequence[Cell]]]

_SOURCE = "movielens"
_EXCERPT = 80
_LONGEST = 500

_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
)  # fmt: skip

#: "Matrix, The (1999)" is sorted that way and not called so.
_ARTICLE = re.compile(
    r"(?P<rest>.+), (?P<article>The|An?|Le|La|Les|Der|Die|Das|El|Il|Los|Las)(?= \(|$)"
)


def film(title: str) -> str:
    """A film's title with its article in front.

    >>> film("Matrix, The (1999)")
    'The Matrix (1999)'
    """
    found = _ARTICLE.match(title) if len(title) <= _LONGEST else None
    return f"{found['article']} {found['rest']}{title[found.end() :]}" if found else title


def _ratings(cells: Mapping[str, Sequence[Cell]]) -> Mapping[str, Sequence[Cell]]:
    return {
        "user_id": cells["userid"],
        "item_id": cells["movieid"],
        "timestamp": cells["timestamp"],
        "rating": cells["rating"],
        "action": ["rate"] * len(cells["userid"]),
        "source": [_SOURCE] * len(cells["userid"]),
    }


def _tags(cells: Mapping[str, Sequence[Cell]]) -> Mapping[str, Sequence[Cell]]:
    return {
        "user_id": cells["userid"],
        "item_id": cells["movieid"],
        "timestamp": cells["timestamp"],
        "text": cells["tag"],
        "action": ["create"] * len(cells["userid"]),
        "source": [_SOURCE] * len(cells["userid"]),
    }


def _films(cells: Mapping[str, Sequence[Cell]]) -> Mapping[str, Sequence[Cell]]:
    genres = (as_text(cell) for cell in cells["genres"])
    return {
        "item_id": cells["movieid"],
        "title": [film(as_text(title)) for title in cells["title"]],
        "text": [
            "" if some == "(no genres listed)" else ", ".join(some.split("|")) for some in genres
        ],
    }


def _old_films(cells: Mapping[str, Sequence[Cell]]) -> Mapping[str, Sequence[Cell]]:
    flags = zip(*(cells[genre] for genre in _GENRES), strict=True)
    genres = [
        "|".join(genre for genre, flag in zip(_GENRES[1:], row[1:], strict=True) if flag == "1")
        for row in flags
    ]
    return _films({**cells, "genres": genres})


@dataclass(frozen=True)
class _Kind:
    """One kind of file.

    Attributes:
        columns: names of its columns, plain.
        made: our columns out of them.
        separator: what is between cells where there is no header; '' where there is one.
        line: what a line looks like where there is no header.
    """

    columns: tuple[str, ...]
    made: Cells
    separator: str = ""
    line: re.Pattern[str] | None = None

    @property
    def items(self) -> bool:
        return "title" in self.columns

    @property
    def mapping(self) -> dict[str, str]:
        ours = {"userid": "user_id", "movieid": "item_id", "timestamp": "timestamp"}
        found = {ours[name]: name for name in self.columns if name in ours}
        if self.items:
            found["title"] = "title"
        return found

    def fits(self, head: bytes, found: Sequence[str]) -> bool:
        if self.line is None:
            return set(self.columns) <= set(found)
        lines = as_head(head).splitlines()[:5]
        whole = lines[:-1] or lines
        return bool(whole) and all(self.line.fullmatch(line) for line in whole)


_KINDS = (
    _Kind(("userid", "movieid", "rating", "timestamp"), _ratings),
    _Kind(("userid", "movieid", "tag", "timestamp"), _tags),
    _Kind(("movieid", "title", "genres"), _films),
    _Kind(
        ("userid", "movieid", "rating", "timestamp"),
        _ratings,
        "::",
        re.compile(r"\d+::\d+::\d(?:\.\d)?::\d{9,10}"),
    ),
    _Kind(
        ("userid", "movieid", "tag", "timestamp"),
        _tags,
        "::",
        re.compile(r"\d+::\d+::.*::\d{9,10}"),
    ),
    _Kind(("movieid", "title", "genres"), _films, "::", re.compile(r"\d+::.+ \(\d{4}\)::.*")),
    _Kind(
        ("userid", "movieid", "rating", "timestamp"),
        _ratings,
        "\t",
        re.compile(r"\d+\t\d+\t[1-5]\t\d{9}"),
    ),
    _Kind(
        ("movieid", "title", "released", "video", "imdb", *_GENRES),
        _old_films,
        "|",
        re.compile(r"\d+\|[^|]+\|[^|]*\|[^|]*\|[^|]*(?:\|[01]){19}"),
    ),
)


class MovieLens:
    """Reads ratings, tags and films; an :class:`~journeys.ingest.contract.Adapter`."""

    name = _SOURCE

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """Whether it is one of MovieLens' files."""
        return _kind_of(head) is not None

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """Begin reading events; see :class:`~journeys.ingest.contract.Adapter`."""
        kind, head = self._kind(file)
        if kind.items:
            raise InputError(
                f"{file.name} describes films and no events. Give it as the table of items."
            )
        return _reading(file, context, first_row, kind, head)

    def items(self, file: DataFile, context: Context) -> Reading | None:
        """Begin reading the films, by ``item_id``; None if the file has events."""
        kind, head = self._kind(file)
        return _reading(file, context, 1, kind, head) if kind.items else None

    def _kind(self, file: DataFile) -> tuple[_Kind, bytes]:
        head = file.head(HEAD)
        kind = _kind_of(head)
        if kind is None:
            raise InputError(f"{file.name} is no file of MovieLens.")
        return kind, head


def _reading(file: DataFile, context: Context, first_row: int, kind: _Kind, head: bytes) -> Reading:
    notes: list[str] = []
    if kind.line is None:
        table = open_table(file, context)
        names = find_columns(table, kind.columns)
        given: Iterator[Batch] = (
            Batch(b.rows, {plain: b.columns[name] for plain, name in names.items()}, b.rejected)
            for b in table.read(list(names.values()), first_row)
        )
        notes = table.notes
    else:
        given = _split(file, context, first_row, kind, detect_encoding(head), notes)
    batches = (Batch(b.rows, kind.made(b.columns), b.rejected) for b in given)
    what = "films" if kind.items else f"{kind.columns[2]}s"
    return Reading(f"{_SOURCE} {what}", kind.mapping, batches, notes)


def _kind_of(head: bytes) -> _Kind | None:
    found = header(head)
    return next((kind for kind in _KINDS if kind.fits(head, found)), None)


def _split(
    file: DataFile, context: Context, first_row: int, kind: _Kind, encoding: str, notes: list[str]
) -> Iterator[Batch]:
    """The columns of a file without a header, whose cells know no quotes."""
    stream = Utf8Stream(file.open(counted=not context.partial), encoding)
    width = len(kind.columns)
    row = first_row
    for lines in lines_of(stream, context.limits):
        rows: list[int] = []
        good: list[list[str]] = []
        rejected: list[Rejected] = []
        for line in lines:
            if line is None:
                rejected.append(Rejected(row, f"longer than {context.limits.record_bytes:,} bytes"))
            elif not line.strip():
                continue
            elif len(cells := line.rstrip("\n").split(kind.separator)) == width:
                rows.append(row)
                good.append(cells)
            else:
                few = "fewer" if len(cells) < width else "more"
                rejected.append(
                    Rejected(row, f"{few} than {width} columns", line.strip()[:_EXCERPT])
                )
            row += 1
        columns = list(zip(*good, strict=True)) if good else [()] * width
        yield Batch(
            np.array(rows, dtype=np.int64),
            dict(zip(kind.columns, columns, strict=True)),
            tuple(rejected),
        )
    notes.extend(stream.notes())
