"""What may be left out of an import: the rules, their settings, and what each would leave out.

A rule looks at the whole frame and names rows. It never changes one. What a person chose to leave
out (domains, times, actions, sources, sensitive topics) comes before what is cleaned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from journeys.columns import matching, release
from journeys.errors import InputError
from journeys.ingest import navigational

#: The column in which adapters say what is special about an event, joined by commas.
FLAGS = "flags"


@dataclass(frozen=True)
class ImportRules:
    """What is left out, and what is done to the rest, before anything is stored.

    Attributes:
        ads, removed, private, trailers, autoplay: events that the source's own file marks so: shown
            because somebody paid; an item that is no longer there and has no title; an item the
            person marked private; a trailer; what played by itself for a moment.
        repeats: the same item again within ``repeat_seconds`` of the last time, as a reload gives.
        polling: a page that asks for itself: the same item at least ``polling_times`` times, at
            nearly the same distance. The first of each run stays.
        boilerplate: titles that name no subject ("Home", "New Tab", "Inbox (3)").
        addresses: titles that are a bare web address in which no words are.
        empty_titles: events without a title and a text. Switched off, an event is called by its
            item's id.
        domains: events at these domains or their subdomains.
        start, end: events before the first day and after the last one (UTC), both included.
        actions, sources: events with exactly this action or source.
        topics: events flagged with these sensitive topics.
        redact: replace personal details in titles, texts, addresses and attributes. Switched off,
            they are stored, and replaced only before anything is sent to a model.
        flag_topics: flag what may be of a sensitive topic. Flags leave nothing out.
    """

    ads: bool = True
    removed: bool = True
    private: bool = True
    trailers: bool = True
    autoplay: bool = True
    empty_titles: bool = True
    boilerplate: bool = True
    addresses: bool = True
    repeats: bool = True
    polling: bool = True
    repeat_seconds: int = 5
    polling_times: int = 20
    domains: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    actions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    redact: bool = True
    flag_topics: bool = True

    def __post_init__(self) -> None:
        if self.repeat_seconds < 0:
            raise InputError(f"Seconds between repeats cannot be {self.repeat_seconds}; give 0 up.")
        if self.polling_times < 3:
            raise InputError("A page polls when it comes back at least 3 times; give 3 or more.")
        if self.start and self.end and self.end < self.start:
            raise InputError(f"The last day ({self.end}) is before the first ({self.start}).")
        object.__setattr__(self, "domains", tuple(_domain(name) for name in self.domains))

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        values = asdict(self)
        values["start"] = self.start.isoformat() if self.start else None
        values["end"] = self.end.isoformat() if self.end else None
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ImportRules:
        """The inverse of :meth:`to_dict`; what is not given is as by default.

        Raises:
            InputError: a rule is unknown, or a value is none of its kind.
        """
        known = {field.name: field for field in fields(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise InputError(f"There is no rule {unknown[0]!r}; the rules are {', '.join(known)}.")
        chosen: dict[str, Any] = {}
        for name, value in values.items():
            default = getattr(cls, name, None)
            if name in ("start", "end"):
                chosen[name] = day(value) if value else None
            elif isinstance(default, tuple):
                chosen[name] = tuple(str(part) for part in value)
            elif isinstance(value, type(default)) and isinstance(value, bool) == isinstance(
                default, bool
            ):
                chosen[name] = value
            else:
                raise InputError(f"The rule {name!r} cannot be {value!r}.")
        return cls(**chosen)

    def switched(self, name: str, on: bool) -> ImportRules:
        """The same with one rule on or off.

        Raises:
            InputError: there is no such switch; names those there are.
        """
        switches = [f.name for f in fields(self) if isinstance(getattr(self, f.name), bool)]
        if name not in switches:
            raise InputError(f"There is no rule {name!r}; the rules are {', '.join(switches)}.")
        return ImportRules.from_dict({**self.to_dict(), name: on})


def day(text: str) -> date:
    """A date as "2024-01-31".

    Raises:
        InputError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise InputError(f"{text!r} is no date; write it as 2024-01-31.") from error


Find = Callable[[pd.DataFrame, ImportRules, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Rule:
    """A rule: its name (a switch of :class:`ImportRules` or a list of it) and what it says.

    Attributes:
        find: the frame, the settings and a mask of the rows that are left, to a mask of the rows
            it names; all masks of shape ``(events,)``.
        chosen: whether it leaves out what the person chose, rather than cleans.
    """

    name: str
    label: str
    why: str
    find: Find
    chosen: bool = False

    def on(self, rules: ImportRules) -> bool:
        """Whether the settings ask for it."""
        if self.name == "times":
            return rules.start is not None or rules.end is not None
        return bool(getattr(rules, self.name))


def _flagged(flag: str) -> Find:
    def find(frame: pd.DataFrame, _: ImportRules, __: np.ndarray) -> np.ndarray:
        if FLAGS not in frame.columns:
            return np.zeros(len(frame), dtype=bool)
        return matching(frame[FLAGS].astype("str"), rf"(?:^|,)\s*{flag}\s*(?:,|$)")

    return find


def _times(frame: pd.DataFrame, rules: ImportRules, _: np.ndarray) -> np.ndarray:
    out = np.zeros(len(frame), dtype=bool)
    times = frame["timestamp"].astype("int64").to_numpy()
    if rules.start:
        out |= times < _midnight(rules.start)
    if rules.end:
        out |= times >= _midnight(rules.end) + 86_400_000_000
    return out


def _midnight(at: date) -> int:
    """Microseconds since 1970 of a day's beginning in UTC."""
    return (at - datetime(1970, 1, 1).date()).days * 86_400_000_000


def _domains(frame: pd.DataFrame, rules: ImportRules, _: np.ndarray) -> np.ndarray:
    names = "|".join(name.replace(".", r"\.").replace("-", r"\-") for name in rules.domains)
    pattern = rf"(?i)^(?:[a-z][a-z0-9+.\-]*:)?(?://)?(?:[^/?#@]*@)?(?:[^/?#@:]*\.)?(?:{names})\.?(?:[:/?#]|$)"
    found = matching(frame["url"], pattern)
    # Where there is no address, the item's id or the title may be one.
    bare = frame["url"].to_numpy(dtype=object) == ""
    if bare.any():
        for name in ("item_id", "title"):
            found[bare] |= matching(frame[name].iloc[bare.nonzero()[0]], pattern)
    return found


def _listed(column: str, name: str) -> Find:
    def find(frame: pd.DataFrame, rules: ImportRules, _: np.ndarray) -> np.ndarray:
        listed = frame[column].isin(list(getattr(rules, name)))
        return np.asarray(listed, dtype=bool)

    return find


def _topics(frame: pd.DataFrame, rules: ImportRules, _: np.ndarray) -> np.ndarray:
    from journeys.sensitive import topic_rows

    found = topic_rows(frame["title"], frame["text"])
    out = np.zeros(len(frame), dtype=bool)
    for topic in rules.topics:
        if topic not in found:
            raise InputError(f"There is no topic {topic!r}; the topics are {', '.join(found)}.")
        out[found[topic]] = True
    return out


def _empty(frame: pd.DataFrame, _: ImportRules, __: np.ndarray) -> np.ndarray:
    words = matching(frame["title"], r"\S") | matching(frame["text"], r"\S")
    return np.asarray(~words, dtype=bool)


def _boilerplate(frame: pd.DataFrame, _: ImportRules, __: np.ndarray) -> np.ndarray:
    return navigational.boilerplate(frame)


def _addresses(frame: pd.DataFrame, _: ImportRules, __: np.ndarray) -> np.ndarray:
    return navigational.bare_addresses(frame)


#: Rules that look at one event at a time, in the order in which an event is counted.
SINGLE: tuple[Rule, ...] = (
    Rule("domains", "Domains", "you left these domains out", _domains, chosen=True),
    Rule("times", "Time range", "outside the days you chose", _times, chosen=True),
    Rule("actions", "Actions", "you left these actions out", _listed("action", "actions"), True),
    Rule("sources", "Sources", "you left these sources out", _listed("source", "sources"), True),
    Rule("topics", "Sensitive topics", "you left these topics out", _topics, chosen=True),
    Rule("ads", "Advertisements", "somebody paid to show them", _flagged("ad")),
    Rule("removed", "Removed items", "the item is gone and has no title", _flagged("removed")),
    Rule("private", "Private items", "marked private", _flagged("private")),
    Rule("trailers", "Trailers", "a trailer or teaser", _flagged("trailer")),
    Rule("autoplay", "Played by itself", "it began by itself and was left", _flagged("autoplay")),
    Rule("empty_titles", "No title", "there is nothing to read", _empty),
    Rule("boilerplate", "Titles without a subject", 'such as "Home" or "Inbox (3)"', _boilerplate),
    Rule("addresses", "Bare addresses", "the title is an address without words", _addresses),
)


def repeats(frame: pd.DataFrame, rules: ImportRules, left: np.ndarray) -> np.ndarray:
    """The same item again, by the same person and action, soon after the last time."""
    order, same, gap = _in_order(frame, left)
    out = np.zeros(len(frame), dtype=bool)
    out[order] = same & (gap <= rules.repeat_seconds * 1_000_000)
    return out


#: Events whose items are numbered together.
_AT_ONCE = 100_000

#: A page that reloads itself does so within the hour; once a day is a habit.
_LONGEST_POLL = 3_600_000_000


def polling(frame: pd.DataFrame, rules: ImportRules, left: np.ndarray) -> np.ndarray:
    """Runs of the same item at nearly the same distance, without the first of each.

    Two gaps are nearly the same if they differ by at most 5 % or two seconds, and no gap is longer
    than an hour: what somebody opens every morning is a habit.
    """
    order, same, gap = _in_order(frame, left)
    steady = same & (gap <= _LONGEST_POLL) & (gap > 0)
    before = np.roll(gap, 1)
    goes_on = steady & np.roll(steady, 1) & (np.abs(gap - before) <= np.maximum(2e6, 0.05 * before))
    goes_on[:1] = False
    # A run is an event, a first gap, and gaps that go on: events are its gaps plus one.
    starts = steady & ~goes_on
    run = np.cumsum(starts | ~steady)
    sizes = np.bincount(run[steady], minlength=int(run[-1]) + 1 if len(run) else 1)
    out = np.zeros(len(frame), dtype=bool)
    out[order] = steady & (sizes[run] + 1 >= rules.polling_times) if len(run) else out
    return out


#: Rules that compare an event with others; they see what the rules before them left.
COMPARING: tuple[Rule, ...] = (
    Rule("repeats", "Again within seconds", "a reload or a double click", repeats),
    Rule("polling", "Pages that poll", "the same at regular distances, many times", polling),
)

RULES = SINGLE + COMPARING


def _in_order(frame: pd.DataFrame, left: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows that are left by person, item, action and time; for each whether it continues the
    one before, and how many microseconds after it."""
    rows = np.flatnonzero(left)
    users = pd.factorize(frame["user_id"])[0]
    keys = [users[rows], _item_codes(frame, users)[rows], pd.factorize(frame["action"])[0][rows]]
    times = frame["timestamp"].astype("int64").to_numpy()[rows]
    order = np.lexsort((times, keys[2], keys[1], keys[0]))
    same = np.zeros(len(order), dtype=bool)
    gap = np.zeros(len(order), dtype=np.int64)
    if len(order) > 1:
        same[1:] = np.all([key[order][1:] == key[order][:-1] for key in keys], axis=0)
        gap[1:] = np.diff(times[order])
    return rows[order], same, gap


def _item_codes(frame: pd.DataFrame, users: np.ndarray) -> np.ndarray:
    """A number for each item, the same only for the same item of a person; the frame is by person.

    Some people at a time, so that the table of all items is never in memory.
    """
    codes = np.empty(len(frame), dtype=np.int64)
    ends = np.append(np.flatnonzero(users[1:] != users[:-1]) + 1, len(frame))
    start = 0
    for end in ends.tolist():
        if end - start >= _AT_ONCE or end == len(frame):
            codes[start:end] = pd.factorize(frame["item_id"].iloc[start:end])[0]
            start = end
            release()
    return codes


def _domain(name: str) -> str:
    """A domain as somebody types it: without scheme, path, port and leading dots.

    Raises:
        InputError: nothing of a domain is left.
    """
    bare = name.strip().lower()
    bare = bare.split("://")[-1].split("/")[0].split(":")[0].strip(".*")
    bare = bare.removeprefix("www.")
    if not bare or any(not (char.isalnum() or char in ".-") for char in bare):
        raise InputError(f"{name!r} is no domain; write it as example.org.")
    return bare


def domains_of(text: str) -> tuple[str, ...]:
    """The domains in what somebody typed, separated by spaces, commas or lines."""
    return tuple(dict.fromkeys(_domain(part) for part in _split(text)))


def _split(text: str) -> Iterable[str]:
    return text.replace(",", " ").replace(";", " ").split()


__all__ = ["COMPARING", "FLAGS", "RULES", "SINGLE", "ImportRules", "Rule", "day", "domains_of"]
