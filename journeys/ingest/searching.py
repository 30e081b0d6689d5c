"""A person looks for their own events and takes some out, before anything is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from journeys.columns import matching
from journeys.timeline import ActivityLog

_SEARCHED = ("title", "text", "url")


def events_with(log: ActivityLog, words: str) -> np.ndarray:
    """Rows of the log whose title, text or address has every one of the words somewhere.

    Case does not count. Without words, all rows.
    """
    found = np.ones(len(log), dtype=bool)
    for word in words.split():
        pattern = f"(?i){_quoted(word)}"
        found &= np.any([matching(log.frame[name], pattern) for name in _SEARCHED], axis=0)
    return np.flatnonzero(found)


def without_excerpts(
    log: ActivityLog, searches: Iterable[str], *, everything: bool = False
) -> ActivityLog:
    """The log with the excerpts of unreadable records emptied that a search finds.

    Who deletes all that matches "clinic" means a record with a broken time as well.

    Args:
        everything: empty all of them.
    """
    wanted = [search.casefold().split() for search in searches]
    wanted = [words for words in wanted if words]

    def found(excerpt: str) -> bool:
        folded = excerpt.casefold()
        return any(all(word in folded for word in words) for words in wanted)

    rejected = tuple(
        replace(record, excerpt="") if everything or found(record.excerpt) else record
        for record in log.report.rejected
    )
    return ActivityLog(log.frame, replace(log.report, rejected=rejected), sorted_=True)


def _quoted(word: str) -> str:
    return re.sub(r"([^\w\s])", r"\\\1", word) if word.isascii() else re.escape(word)
