"""Make the sample log: titles written out one by one, placed in time by a seeded generator.

    python data/make_sample.py           write sample_log.csv and sample_truth.csv
    python data/make_sample.py --check   say whether the committed files are what this makes
    python data/make_sample.py --table   print the table of people for README.md

Everything a person meets is written out in ``sample_titles/<person>.txt``; this script only
decides when. README.md describes that format. Only the standard library is used, and of
``random`` only ``random()``, whose sequence Python keeps the same between versions.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_plus

SEED = 20260331
FIRST_DAY, LAST_DAY = date(2024, 3, 1), date(2026, 3, 31)
HERE = Path(__file__).resolve().parent
TITLES, LOG, TRUTH = HERE / "sample_titles", HERE / "sample_log.csv", HERE / "sample_truth.csv"
LOG_COLUMNS = ("user_id", "timestamp", "item_id", "title", "text", "url", "action", "source")
TRUTH_COLUMNS = ("row", "user_id", "item_id", "journey")

#: First character of a title line -> (source, action).
CODES = {
    "v": ("video", "view"),
    "V": ("video", "like"),
    "a": ("articles", "view"),
    "A": ("articles", "save"),
    "p": ("podcasts", "view"),
    "P": ("podcasts", "like"),
    "q": ("search", "search"),
    "b": ("books", "save"),
    "B": ("books", "rate"),
    "c": ("courses", "view"),
    "C": ("courses", "save"),
    "g": ("code", "view"),
    "G": ("code", "save"),
    "r": ("recipes", "view"),
    "R": ("recipes", "save"),
    "t": ("forum", "view"),
    "T": ("forum", "create"),
    "n": ("notes", "create"),
    "m": ("messages", "message"),
    "s": ("shop", "view"),
    "$": ("shop", "purchase"),
}
#: Sources that people keep without a web address, or that have none in an export.
NO_URL = {"messages", "notes"}
#: Actions after which an item may be met again; nobody buys, rates or posts the same thing twice.
REPEATABLE = {"view", "search", "like", "save"}
#: What people do when they come back to something they saw before, by how often.
SECOND_LOOKS = (("view", 0.55), ("like", 0.25), ("save", 0.20))


class Item(NamedTuple):
    """One line of a titles file."""

    title: str
    text: str
    source: str
    action: str


class Placed(NamedTuple):
    """An item that a person met at a time (UTC), and the journey it belongs to ('' for none)."""

    when: datetime
    user_id: str
    item: Item
    journey: str

    @property
    def item_id(self) -> str:
        key = f"{self.item.source}\x1f{self.item.title}".encode()
        return f"{self.item.source}-{blake2b(key, digest_size=5).hexdigest()}"

    @property
    def url(self) -> str:
        if self.item.source in NO_URL:
            return ""
        if self.item.source == "search":
            return f"https://example.com/search?q={quote_plus(self.item.title)}"
        return f"https://example.org/{self.item.source}/{self.item_id.rpartition('-')[2]}"

    @property
    def row(self) -> tuple[str, ...]:
        """The values of :data:`LOG_COLUMNS`."""
        title, text, source, action = self.item
        when = f"{self.when:%Y-%m-%dT%H:%M:%SZ}"
        return self.user_id, when, self.item_id, title, text, self.url, action, source


@dataclass
class Spell:
    """A stretch of days in which a journey was alive, and what was met in it, in order."""

    start: date
    end: date
    items: list[Item] = field(default_factory=list)


@dataclass
class Person:
    """What a titles file says: habits, and the spells of each journey ('' is the noise)."""

    user_id: str
    utc: float = 0.0
    evening: tuple[float, float] = (18.0, 23.0)
    weekend: float = 1.6
    again: float = 0.15
    journeys: dict[str, list[Spell]] = field(default_factory=dict)


def read_person(path: Path) -> Person:
    """Read one titles file.

    Raises:
        ValueError: a line is not of the format; the message names the file and the line.
    """
    person, label = Person(f"sample-{path.stem}"), ""
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        try:
            if not line or line.startswith("#"):
                continue
            if match := re.fullmatch(r"\[(.*)\]", line):
                label = match[1]
                if label in person.journeys:
                    raise ValueError(f"the journey {label!r} is there twice")
                person.journeys[label] = [] if label else [Spell(FIRST_DAY, LAST_DAY)]
            elif match := re.fullmatch(r"@ (\S+)\.\.(\S+)", line):
                start, end = date.fromisoformat(match[1]), date.fromisoformat(match[2])
                if not FIRST_DAY <= start < end <= LAST_DAY:
                    raise ValueError(f"{line!r} is not within {FIRST_DAY}..{LAST_DAY}")
                person.journeys[label].append(Spell(start, end))
            elif match := re.fullmatch(r"(utc|weekend|again): (\S+)", line):
                setattr(person, match[1], float(match[2]))
            elif match := re.fullmatch(r"evening: (\S+)-(\S+)", line):
                person.evening = float(match[1]), float(match[2])
            else:
                person.journeys[label][-1].items.append(_read_item(line))
        except (ValueError, KeyError, IndexError) as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from error
    return person


def _read_item(line: str) -> Item:
    code, _, rest = line.partition(" ")
    if code not in CODES:
        raise ValueError(f"{code!r} is none of the codes {' '.join(CODES)}")
    title, _, text = rest.partition(" ~ ")
    return Item(title.strip(), text.strip(), *CODES[code])


def _draw(rng: random.Random, low: float, high: float) -> float:
    return low + (high - low) * rng.random()


def _day(rng: random.Random, spell: Spell, weekend: float, drawn: Sequence[date]) -> date:
    """A day of the spell: weekends more often, and some days close to one already drawn."""
    while True:
        if drawn and rng.random() < 0.25:
            near = drawn[int(rng.random() * len(drawn))]
            day = near + timedelta(days=int(_draw(rng, -5, 6)))
        else:
            span = (spell.end - spell.start).days
            day = spell.start + timedelta(days=int(_draw(rng, 0, span)))
        keep = weekend if day.weekday() >= 5 else 1.0
        if spell.start <= day <= spell.end and rng.random() * max(weekend, 1.0) < keep:
            return day


def _begin(rng: random.Random, person: Person, day: date) -> datetime:
    """When a sitting begins: in the person's evening, or any time of a free day."""
    low, high = person.evening
    if rng.random() < (0.45 if day.weekday() >= 5 else 0.12):
        low, high = 8.0, 22.0
    # The mean of two draws makes the middle of the evening the most likely.
    hour = (_draw(rng, low, high) + _draw(rng, low, high)) / 2
    local = datetime.combine(day, time(), UTC) + timedelta(seconds=int(hour * 3600))
    return local - timedelta(hours=person.utc)


def _sitting_sizes(rng: random.Random, total: int) -> list[int]:
    """Split ``total`` items into sittings of one to four."""
    sizes = []
    while total:
        draw = rng.random()
        size = min(total, 1 + (draw > 0.45) + (draw > 0.75) + (draw > 0.92))
        sizes.append(size)
        total -= size
    return sizes


def _place(person: Person, label: str, spell: Spell, rng: random.Random) -> list[Placed]:
    """Place a spell's items in the written order, with the odd return to one of them."""
    items = list(spell.items)
    for at in range(1, len(items)):  # nobody follows a plan to the letter
        if rng.random() < 0.25:
            items[at - 1], items[at] = items[at], items[at - 1]
    if not label:  # one-offs come in no order at all
        items.sort(key=lambda _: rng.random())
    sizes = _sitting_sizes(rng, len(items)) if label else [1] * len(items)
    days: list[date] = []
    for _ in sizes:
        days.append(_day(rng, spell, person.weekend, days))
    placed, queue = [], iter(items)
    for day, size in zip(sorted(days), sizes, strict=True):
        when = _begin(rng, person, day)
        for _, item in zip(range(size), queue, strict=False):
            placed.append(Placed(when, person.user_id, item, label))
            if label and item.action in REPEATABLE and rng.random() < person.again:
                placed.append(_again(rng, person, spell, placed[-1]))
            when += timedelta(seconds=int(_draw(rng, 70, 2100)))
    return placed


def _again(rng: random.Random, person: Person, spell: Spell, first: Placed) -> Placed:
    """A second look at an item some days later, inside the spell where there is room."""
    later = first.when.date() + timedelta(days=1 + int(_draw(rng, 0, 6) ** 2))
    item = first.item
    if item.action == "view":
        draw, action = rng.random(), "view"
        for name, share in SECOND_LOOKS:
            draw -= share
            if draw < 0:
                action = name
                break
        item = item._replace(action=action)
    elif item.source == "books" and item.action == "save":
        item = item._replace(action="rate")
    return first._replace(when=_begin(rng, person, min(later, spell.end)), item=item)


def make_events() -> list[Placed]:
    """All events, by user, then time."""
    events = []
    for path in sorted(TITLES.glob("*.txt")):
        person = read_person(path)
        for label, spells in person.journeys.items():
            rng = random.Random(f"{SEED}/{person.user_id}/{label}")
            mine = [event for spell in spells for event in _place(person, label, spell, rng)]
            # A logger that fires twice: the same row again, which readers drop as a duplicate.
            events += mine + mine[: label == next(iter(person.journeys))]
    return sorted(events, key=lambda event: (event.user_id, event.when, event.item_id))


def make_files() -> dict[Path, bytes]:
    """Path -> the bytes it should hold."""
    events = make_events()
    log = [e.row for e in events]
    truth = [(row, e.user_id, e.item_id, e.journey) for row, e in enumerate(events, start=1)]
    return {LOG: _csv(LOG_COLUMNS, log), TRUTH: _csv(TRUTH_COLUMNS, truth)}


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def people_table() -> str:
    """The table of people in README.md: events, distinct titles, noise, events a journey."""
    rows = ["| user_id | events | distinct titles | noise | journeys (events) |"]
    rows.append("|---|---:|---:|---:|---|")
    events = make_events()
    for user in sorted({e.user_id for e in events}):
        mine = [e.journey for e in events if e.user_id == user]
        titles = {e.item.title for e in events if e.user_id == user}
        names = "; ".join(f"{j} ({mine.count(j)})" for j in dict.fromkeys(sorted(mine)) if j)
        rows.append(f"| {user} | {len(mine)} | {len(titles)} | {mine.count('')} | {names} |")
    rows.append(f"| all | {len(events)} | | {sum(not e.journey for e in events)} | |")
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(description="Make or check the made-up sample log.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    parser.add_argument("--table", action="store_true", help="print the table for README.md")
    options = parser.parse_args(arguments)
    if options.table:
        print(people_table())
        return 0
    files = make_files()
    if options.check:
        stale = [p.name for p, made in files.items() if not p.is_file() or p.read_bytes() != made]
        print(f"Not what this script makes: {', '.join(stale)}." if stale else "Up to date.")
        return 1 if stale else 0
    for path, made in files.items():
        path.write_bytes(made)
        print(f"{path.name}: {len(made.splitlines()) - 1} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
