"""Titles that say where somebody is on the web, and not what anything is about."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from journeys.columns import matching

#: A title of at least this share of a person's events, and this often, at a site's front door ...
COMMON_SHARE = 0.02
COMMON_TIMES = 10

#: ... that is, an address with no path, or one of these.
_FRONT_DOOR = (
    r"(?i)^(?:[a-z][a-z0-9+.\-]*://)?[^/?#\s]+/?(?:(?:index|home|feed|login|signin|inbox|dashboard|"
    r"start|default)(?:\.[a-z]{3,4})?/?)?(?:[?#].*)?$"
)
_ADDRESS = r"(?i)^\s*(?:(?:[a-z][a-z0-9+.\-]*://|www\.)\S+|about:[a-z]+)\s*$"
#: A domain without a scheme may be a name ("Node.js"): it counts where the event's address has it.
_DOMAIN = r"^\s*(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{2,24}(?::\d+)?(?:/\S*)?\s*$"
_COUNTER = re.compile(r"^\s*[(\[]\d[\d.,+]*[)\]]\s*|\s*[(\[]\d[\d.,+]*[)\]]\s*$|^\s*•\s*")
_SEPARATOR = re.compile(r"\s+[-–—|·•:/]\s+|\s*\|\s*")
_WORD = re.compile(r"[^\W\d_]{4,}")
#: Words of addresses that say nothing.
_PLUMBING = frozenset(
    [
        "watch", "index", "html", "home", "login", "search", "view", "page", "item", "items",
        "post", "posts", "article", "articles", "video", "videos", "story", "stories", "news",
        "default", "main", "http", "https", "content", "node", "thread", "topic", "user", "users",
        "profile", "shorts", "embed", "status", "questions", "feed", "account", "start",
    ]
)  # fmt: skip


def boilerplate(frame: pd.DataFrame) -> np.ndarray:
    """Which events have a title that names no subject, as a mask of shape ``(events,)``.

    That is a title of the shipped list (``boilerplate.toml``, in twelve languages), without a
    counter and a site's name; or one that makes up at least 2 % of a person's log, 10 times at
    least, every time at the front door of a site.
    """
    titles = frame["title"]
    found = matching(titles, _gate())  # one sweep leaves few to be looked at
    at = np.flatnonzero(found)
    found[at] = [is_boilerplate(title) for title in titles.iloc[at].tolist()]
    found |= _common(frame)
    return found


def is_boilerplate(title: str) -> bool:
    """Whether a title is one of the list, without its counter and its site's name."""
    if len(title) > 120:
        return False
    known, sites = _lists()
    plain = _bare(title)
    if plain in known or plain in sites:
        return True
    parts = [_bare(part) for part in _SEPARATOR.split(plain) if part]
    if len(parts) < 2:
        return False
    # "Inbox (3) - ann@example.org - Gmail": what is said first counts, if only a site or an
    # account follows; "Home - how a house becomes one" goes on with a subject.
    return parts[0] in known and all(_says_where(part, sites) for part in parts[1:])


def _says_where(part: str, sites: frozenset[str]) -> bool:
    return part in sites or len(part.split()) == 1  # a site, an account, an address


def _common(frame: pd.DataFrame) -> np.ndarray:
    """Titles that are much of a person's log and always at a front door."""
    often = np.zeros(len(frame), dtype=bool)
    door = matching(frame["url"], _FRONT_DOOR)
    at = np.flatnonzero(door)
    if len(at) < COMMON_TIMES:
        return often
    # Most titles are never at a front door, so only those that are get counted.
    titles = frame["title"].iloc[at]
    seen = np.flatnonzero(frame["title"].isin(titles.unique()).to_numpy())
    users = pd.factorize(frame["user_id"])[0]
    codes = pd.factorize(frame["title"].iloc[seen])[0]
    _, group, sizes = np.unique(
        users[seen].astype(np.int64) * (int(codes.max()) + 1) + codes,
        return_inverse=True,
        return_counts=True,
    )
    least = np.maximum(COMMON_TIMES, COMMON_SHARE * np.bincount(users)[users[seen]])
    elsewhere = np.bincount(group, weights=~door[seen], minlength=len(sizes))
    often[seen] = (sizes[group] >= least) & (elsewhere[group] == 0)
    return often


def bare_addresses(frame: pd.DataFrame) -> np.ndarray:
    """Which titles are a web address in which no words are, as a mask of shape ``(events,)``."""
    titles = frame["title"]
    found = matching(titles, _ADDRESS)
    domains = np.flatnonzero(matching(titles, _DOMAIN) & ~found)
    found[domains] = [
        title.strip() in url.lower()
        for title, url in zip(
            titles.iloc[domains].tolist(), frame["url"].iloc[domains].tolist(), strict=True
        )
    ]
    at = np.flatnonzero(found)
    found[at] = [not _has_words(title) for title in titles.iloc[at].tolist()]
    return found


def _has_words(address: str) -> bool:
    """Whether the path of an address says something, as in /how-to-prune-tomatoes."""
    rest = re.sub(r"^\s*(?:[a-z][a-z0-9+.\-]*:/*)?[^/?#\s]*", "", address, flags=re.I)
    words = [word.lower() for word in _WORD.findall(re.sub(r"[?#].*", "", rest))]
    random = re.compile(r"(?:[a-z]*\d){2}|[a-z][A-Z]")
    steps = [step for step in re.split(r"[/_.+-]", rest) if not random.search(step)]
    telling = [word for word in words if word not in _PLUMBING]
    return bool(telling) and any(word in step.lower() for step in steps for word in telling)


def _bare(title: str) -> str:
    return _COUNTER.sub("", _COUNTER.sub("", title)).strip(" \t·•|-–—").casefold()


@cache
def _gate() -> str:
    """What every title of the list matches: it begins with one, after a counter or bullet."""
    known, sites = _lists()
    either = "|".join(re.escape(name) for name in sorted(known | sites))
    return rf"(?i)^[\s•|·\-–—(\[\d.,+)\]]*(?:{either})(?:$|[^\pL\pN])"


@cache
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """The titles of all languages, and the sites."""
    text = files("journeys.ingest").joinpath("boilerplate.toml").read_text(encoding="utf-8")
    lists = tomllib.loads(text)
    titles = (title.casefold() for titles in lists["titles"].values() for title in titles)
    return frozenset(titles), frozenset(name.casefold() for name in lists["sites"]["names"])
