"""Whole words of each topic, looked for in texts and in columns."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from journeys.columns import matching_folded

#: Topic -> what it is called on the screen.
LABELS: Mapping[str, str] = {
    "health": "Health",
    "sexuality": "Sexuality",
    "religion": "Religion",
    "politics": "Politics",
    "ethnicity": "Ethnicity and migration",
    "union": "Unions",
    "crime": "Crime and violence",
    "debt": "Debt and hardship",
    "self_harm": "Self-harm",
}
TOPICS = tuple(LABELS)

_EXAMPLES = 5

#: What follows a whole word, in Python's dialect and in RE2's.
_NO_LETTER = r"(?![^\W_])"
_RE2_END = r"(?:$|[^\pL\pN])"


@dataclass(frozen=True, slots=True)
class TopicCount:
    """How many events are flagged with a topic, with up to five different titles."""

    topic: str
    events: int
    examples: tuple[str, ...]


def flag_texts(texts: Iterable[str]) -> list[tuple[str, ...]]:
    """For each text the sensitive topics that its words name, in the order of :data:`TOPICS`.

    >>> flag_texts(["Living with diabetes", "Garden beds"])
    [('health',), ()]
    """
    return [_flags(text) for text in texts]


def topic_rows(titles: pd.Series, texts: pd.Series | None = None) -> dict[str, np.ndarray]:
    """Topic -> the positions of the rows whose title or text is flagged with it, ascending."""
    some = matching_folded(titles, _gate())
    if texts is not None:
        some |= matching_folded(texts, _gate())
    at = np.flatnonzero(some)
    columns = [titles] if texts is None else [titles, texts]
    parts = [column.iloc[at] for column in columns]
    found: dict[str, np.ndarray] = {}
    for topic in TOPICS:
        hits = np.zeros(len(at), dtype=bool)
        for part in parts:
            hits |= matching_folded(part, _re2(topic))
        found[topic] = at[hits]
    return found


def count_topics(
    titles: pd.Series, rows: Mapping[str, np.ndarray], examples: int = _EXAMPLES
) -> list[TopicCount]:
    """What :func:`topic_rows` found, most frequent first; topics without an event are left out."""
    counts = [
        TopicCount(
            topic,
            len(at),
            tuple(dict.fromkeys(titles.iloc[at[: 20 * examples]].tolist()))[:examples],
        )
        for topic, at in rows.items()
        if len(at)
    ]
    return sorted(counts, key=lambda count: -count.events)


def _flags(text: str) -> tuple[str, ...]:
    folded = _fold(text)
    return tuple(topic for topic, pattern in _patterns().items() if pattern.search(folded))


def _fold(text: str) -> str:
    """Text without case and accents, apostrophes straight."""
    text = text.lower().replace("’", "'")
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if unicodedata.category(char)[0] != "M").lower()


@cache
def _terms() -> dict[str, list[str]]:
    """Topic -> its terms in all languages, each as written."""
    text = files("journeys.sensitive").joinpath("topics.toml").read_text(encoding="utf-8")
    lists = tomllib.loads(text)
    return {
        topic: list(dict.fromkeys(term for terms in lists[topic].values() for term in terms))
        for topic in TOPICS
    }


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Topic -> a pattern over folded text."""
    return {
        topic: re.compile(rf"(?<![^\W_])(?:{_either(terms, _NO_LETTER)})")
        for topic, terms in _terms().items()
    }


@cache
def _re2(topic: str) -> str:
    """The same in RE2, which cannot look around."""
    return rf"(?:^|[^\pL\pN])(?:{_either(_terms()[topic], _RE2_END)})"


@cache
def _gate() -> str:
    """The patterns of all topics in one."""
    terms = [term for terms in _terms().values() for term in terms]
    return rf"(?:^|[^\pL\pN])(?:{_either(terms, _RE2_END)})"


def _either(terms: Iterable[str], end: str) -> str:
    """Terms as alternatives; those that take no ending are followed by ``end``."""
    whole: set[str] = set()
    open_: set[str] = set()
    for term in map(_fold, terms):
        stem, star, _ = term.partition("*")
        words = r"[\s-]+".join(re.escape(word) for word in re.split(r"[\s-]+", stem))
        (open_ if star else whole).add(words)
    alternatives = [rf"(?:{'|'.join(sorted(whole))}){end}", *sorted(open_)]
    return "|".join(alternatives)


def labels(topics: Sequence[str]) -> list[str]:
    """Topics as they are called on the screen."""
    return [LABELS[topic] for topic in topics]
