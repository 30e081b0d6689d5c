"""What of a title may leave the process: the last door before a namer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from html import unescape

from journeys.redaction import find, redact
from journeys.words import fold, plain, words

#: Characters that are not seen and could break up an address or a number.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))


def sendable(title: str) -> str:
    """A title as a namer may see it: on one line, without markup, redacted.

    Entities, tags, invisible characters and full-width forms are resolved *before* redaction:
    resolved after it, they could put a mail address or a number together again.
    """
    text = unicodedata.normalize("NFKC", unescape(title).translate(_UNSEEN))
    without_tags = plain(text)
    if without_tags != text:
        closed = plain(text, gap="")
        if len(find(closed)) > len(find(without_tags)):
            without_tags = closed
    return redact(" ".join(without_tags.split()))


def sendable_phrases(phrases: Iterable[str], titles: Sequence[str]) -> tuple[str, ...]:
    """The keyphrases all of whose words are still there once the titles are made sendable.

    A keyphrase is made of bare words, in which an address is no longer recognised.
    """
    said = {fold(word) for title in titles for word in words(sendable(title))}
    return tuple(redact(phrase) for phrase in phrases if said.issuperset(map(fold, words(phrase))))
