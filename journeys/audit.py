"""Who saw which raw data: what is noted of a look, and never a title.

Each time titles, names made from them or other raw content of a log are given to somebody, one
record is kept: when, who, in which way, of which log and which person. Looks of one reader at one
thing within a visit (ten minutes) are one record, which counts the minutes with a look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import IO

from journeys.spreadsheet import write_csv

#: Microseconds of a visit: looks within the same one are one record.
VISIT = 600_000_000

#: Looks at the same thing within so many microseconds are one look.
LOOK = 60_000_000

#: What stands for the pseudonym of somebody who was erased, and for a participant's place.
ERASED = "erased"

_LONGEST = 320


class Way(Enum):
    """How raw data was given."""

    PAGE = "page"
    LINK = "link"
    """A participant's own, through their link."""
    DOWNLOAD = "download"
    COMMAND = "command"
    AGENT = "agent"


@dataclass(frozen=True)
class Reader:
    """Who looks, and where.

    Attributes:
        who: signed-in address, "this computer", "participant 7", "key 3" or a login name.
        where: page or command; "" where there is one only.
    """

    who: str
    way: Way
    where: str = ""

    def __post_init__(self) -> None:
        # An address comes from a provider, so it is untrusted text as a title is.
        object.__setattr__(self, "who", _one_line(self.who) or "unknown")
        object.__setattr__(self, "where", _one_line(self.where)[:60])


@dataclass(frozen=True)
class Look:
    """A record. Times are microseconds since 1970-01-01 UTC.

    Attributes:
        at, last_at: of the first and the last look of the visit.
        log_id: None for what no log holds (users of agents).
        person: pseudonym; "" for more than one person of the log; :data:`ERASED`.
        looks: minutes of the visit in which it was looked at.
    """

    id: int
    at: int
    last_at: int
    who: str
    way: Way
    where: str
    log_id: int | None
    person: str
    looks: int


HEADER = ("first (UTC)", "last (UTC)", "who", "way", "where", "log", "person", "looks")


def cells(look: Look) -> tuple[str, ...]:
    """A record as a row under :data:`HEADER`."""
    log = "" if look.log_id is None else f"{look.log_id}" if look.log_id > 0 else "deleted"
    return (
        _moment(look.at),
        _moment(look.last_at),
        look.who,
        look.way.value,
        look.where,
        log,
        look.person or ("everybody" if look.log_id is not None else ""),
        str(look.looks),
    )


def audit_csv(target: IO[str], looks: Iterable[Look]) -> int:
    """Write records as CSV, every cell neutralised; returns how many."""
    return write_csv(target, HEADER, map(cells, looks))


def table(looks: Sequence[Look]) -> str:
    """Records as lines for a terminal."""
    rows = [HEADER, *map(cells, looks)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _moment(microseconds: int) -> str:
    return f"{datetime.fromtimestamp(microseconds / 1e6, UTC):%Y-%m-%d %H:%M:%S}"


def _one_line(words: str) -> str:
    line = "".join(letter if letter.isprintable() else " " for letter in words[:_LONGEST])
    return line.strip()
