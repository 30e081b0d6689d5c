"""Why this name: which titles a name rests on, and which of its words none of them has.

Pure functions from a name and titles to spans of characters; nothing is asked of a model. Words
are compared as the checks compare them (:mod:`journeys.naming.checks`): folded, by the parts of
hyphenated words, by shared beginnings, and by initials.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from journeys.words import fold, is_stop, unspaced, word_spans

#: Letters that two forms of a word must share at their beginning ("photo", "photography").
_ROOT = 4
#: The shorter form's share of the longer one; less is a prefix such as "inter" in "international".
_ROOT_SHARE = 0.4
#: Longest abbreviation that is looked for in the initials of a title's words.
_INITIALS = 5

_INFLECTION = re.compile(r"(?:ing|ed|er|e)$")
_PART = re.compile(r"[-.'’&]")

Span = tuple[int, int]


@dataclass(frozen=True)
class Support:
    """One title that has words of the name.

    Attributes:
        at: index of the title in what was given.
        spans: start and end of each word of the name in it, in characters, in order, apart from
            each other.
        words: those words as the name writes them, each once, in the name's order.
    """

    at: int
    spans: tuple[Span, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class NameSupport:
    """What a name rests on.

    Attributes:
        titles: those that have words of the name, the most words first; where that is equal, in
            the order given.
        missing: the name's words that no title has, as it writes them.
    """

    titles: tuple[Support, ...]
    missing: tuple[str, ...]

    def of(self, at: int) -> Support:
        """The support by the title at an index; without spans where there is none."""
        return next((found for found in self.titles if found.at == at), Support(at, (), ()))


@dataclass(frozen=True)
class _Token:
    """A word of a text, or two neighbouring characters of a script without spaces."""

    start: int
    end: int
    text: str
    folded: str


def support(name: str, titles: Sequence[str]) -> NameSupport:
    """Which titles a name rests on, strongest first.

    Stop words and numbers say nothing of a subject and are not looked for, unless the name has
    nothing else. In scripts written without spaces, pairs of characters are compared, since a
    single character is in nearly every title.

    Args:
        name: the name at one level.
        titles: the journey's, the most typical first.
    """
    said = _tokens(name)
    telling = [token for token in said if not is_stop(token.folded)] or said
    # The words of titles repeat, so each is compared once.
    alike: dict[str, tuple[int, ...]] = {}
    found: list[Support] = []
    held: set[int] = set()
    for at, title in enumerate(titles):
        spans, places = _matches(telling, _tokens(title), alike)
        if spans:
            found.append(Support(at, _joined(spans), _as_written(name, telling, places)))
            held |= places
    found.sort(key=lambda one: -len(one.words))
    missing = set(range(len(telling))) - held
    return NameSupport(tuple(found), _as_written(name, telling, missing, leave=held))


def _tokens(text: str) -> list[_Token]:
    """The words of a text; neighbouring characters of unspaced scripts as pairs."""
    spans = word_spans(text)
    found = []
    for at, (start, end) in enumerate(spans):
        if not unspaced(text[start:end]):
            found.append(_Token(start, end, text[start:end], fold(text[start:end])))
            continue
        follows = at + 1 < len(spans) and spans[at + 1][0] == end
        if follows and unspaced(text[slice(*spans[at + 1])]):
            end = spans[at + 1][1]
        elif at and spans[at - 1][1] == start and unspaced(text[slice(*spans[at - 1])]):
            continue  # the end of a run, which the pair before has
        found.append(_Token(start, end, text[start:end], text[start:end]))
    return found


def _matches(
    telling: Sequence[_Token], title: Sequence[_Token], alike: dict[str, tuple[int, ...]]
) -> tuple[list[Span], set[int]]:
    """Spans of the name's words in a title, and which words (by index) they are.

    Args:
        alike: word of a title -> the name's words like it; filled here.
    """
    spans: list[Span] = []
    places: set[int] = set()
    for token in title:
        if token.folded not in alike:
            alike[token.folded] = tuple(
                place for place, word in enumerate(telling) if _alike(word.folded, token.folded)
            )
        if alike[token.folded]:
            spans.append((token.start, token.end))
            places.update(alike[token.folded])
    for place, word in enumerate(telling):
        if place not in places and word.text.isupper() and 2 <= len(word.text) <= _INITIALS:
            initials = _initials(word.text, title)
            if initials:
                spans += initials
                places.add(place)
    return spans, places


def _alike(word: str, other: str) -> bool:
    """Whether two folded words are forms of one word, or one is a part of the other."""
    if word == other:
        return True
    if unspaced(word):
        return len(word) == 1 and word in other
    if word[0] == other[0] and _forms(word, other):
        return True
    if not (_PART.search(word) or _PART.search(other)):
        return False
    parts, others = ([part for part in _PART.split(w) if part] for w in (word, other))
    # "sci-fi" is said by "sci-fi" only, "self-hosted" by "hosting" too.
    return any(
        fold(one) == fold(two) or _forms(fold(one), fold(two))
        for one in parts
        for two in others
        if min(len(one), len(two)) >= _ROOT and not is_stop(fold(one))
    )


def _forms(word: str, other: str) -> bool:
    shorter, longer = sorted((word, other), key=len)
    if unspaced(shorter) or unspaced(longer):
        return False
    if len(shorter) >= _ROOT and longer.startswith(shorter):
        return len(shorter) >= _ROOT_SHARE * len(longer)
    return _stem(word) == _stem(other)


def _stem(folded: str) -> str:
    """An English word without its commonest endings: "baking", "baked", "bake" give "bak"."""
    stem = _INFLECTION.sub("", folded)
    if len(stem) < 3 or not any(vowel in stem for vowel in "aeiouy"):
        return folded
    return stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] else stem


def _initials(abbreviation: str, title: Sequence[_Token]) -> list[Span]:
    """The first run of words that an abbreviation stands for: "MMA", "mixed martial arts"."""
    size = len(abbreviation)
    letters = "".join(token.text[0] for token in title).upper()
    at = letters.find(abbreviation) if len(letters) == len(title) else -1
    return [(token.start, token.end) for token in title[at : at + size]] if at >= 0 else []


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans in order; those that overlap become one."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start < whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return tuple(whole)


def _as_written(
    name: str,
    telling: Sequence[_Token],
    places: set[int],
    leave: set[int] | frozenset[int] = frozenset(),
) -> tuple[str, ...]:
    """Words of the name by index, each once; pairs of characters that touch become one.

    Args:
        leave: words whose characters are left out.
    """
    taken = {at for place in leave for at in range(telling[place].start, telling[place].end)}
    spans = []
    for place in sorted(places):
        start, end = telling[place].start, telling[place].end
        while start < end and start in taken:
            start += 1
        while end > start and end - 1 in taken:
            end -= 1
        if start < end:
            spans.append((start, end))
    return tuple(dict.fromkeys(name[start:end] for start, end in _joined(spans)))
