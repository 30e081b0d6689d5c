"""Words of titles, in any script: splitting, plural folding, stop words, rarity, and cutting.

Everything here is text in, text out; extraction by words, keyphrases and name checks share it so
that all mean the same thing by "word".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

#: Inverse document frequency from which a word is as telling as a word can be: 1 in 500.
_TELLING = log(500)

# Python's \w leaves out combining marks, which would split words of Indic and Thai scripts.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u0900-\u0963\u0966-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ece\u0f18-\u0f84"
    "\u102b-\u103e\u17b4-\u17d3\u200c\u200d"
)
# Scripts written without spaces: each character is a token of its own, and phrases of two and
# three characters are candidates (character n-grams, the usual choice for retrieval there).
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_TAG = re.compile(
    r"<(script|style)\b[^<>]*>.*?</\1\s*>|</?[a-z][^<>]*>|<!--.*?-->", re.IGNORECASE | re.DOTALL
)
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_UNSPACED_TOKEN = rf"(?![{_MARKS}])[{_UNSPACED}][{_MARKS}]*"
_LETTER = rf"(?:(?![{_UNSPACED}])[\w{_MARKS}])"
_TOKEN = re.compile(rf"{_UNSPACED_TOKEN}|{_LETTER}+(?:['’&.-]{_LETTER}+)*(?:\+\+|#)?")
# The common case by far, and several times as fast: text in Latin script.
_LATIN_TOKEN = re.compile(r"\w+(?:['’&.-]\w+)*(?:\+\+|#)?")
_LATIN = re.compile(r"[\x00-\u02ff\u2000-\u206f\u20a0-\u20bf\u2100-\u218f]*")
_UNSPACED_CHARACTER = re.compile(rf"[{_UNSPACED}]")

_STOP_WORDS = """
a about above after again against all almost alone along already also although always am among
an and another any anybody anyone anything anyway are aren't around as ask asked asking at away
back be became because become been before being below best better between both but by came can
can't cannot come comes coming could couldn't day days did didn't different do does doesn't
doing don't done down each either else enough etc even ever every everybody everyone everything
example few find finding first for found from full gave get gets getting give given go goes
going gone good got gotten great had has hasn't have haven't having he he's help helped her here
here's hers him his hope how how's however i i'd i'll i'm i've idea if in instead into is isn't
it it's its itself just keep kind know known last later least less let let's like little look
looking looks lot lots made make makes making many may maybe me mean might mine more most much
must my myself need needed needs never new next nice no nobody none nor not nothing now of off
often oh ok okay old on once one ones only onto or other others our ours out over own part
people per please possible post pretty probably put question questions quick quite rather really
recent recently right said same saw say saying says see seem seems seen several shall she she's
should shouldn't show since small so some somebody someone something sometimes soon still stuff
such suggestion suggestions sure take takes taking tell than thank thanks that that's the their
theirs them themselves then there there's these they they're thing things think thinking this
those thought thoughts three through til time times tip tips to today together told too took
toward try trying tried two under until up upon us use used useful user using usually various ve
very want wanted wants was wasn't way ways we we're we've week weeks well went were weren't what
what's whatever when where whether which while who who's whole whom whose why will with within
without won't wonder wondering would wouldn't wrong yeah year years yes yesterday yet you you'd
you'll you're you've your yours yourself der das den dem des ein eine einen einem einer und oder
nicht mit von zum zur auf ist sind wie ich wir sie auch nach bei für über aus ohne mein meine le
la les des du une et ou est sont avec dans sur pas qui comment mon ma mes aux au el un una unos
unas y es con para por del al que como mi mis sobre desde il lo gli di da per che non sono della
dei delle nel de het een en voor met naar zijn niet um uma e em com não amp gt lt http https www
com org html utm
"""

#: Words that say nothing of a subject. English, then the commonest of five other languages;
#: words that are nouns in English ("die", "son", "on") are left out of the latter.
STOP_WORDS = frozenset(_STOP_WORDS.split())


def words(text: str) -> list[str]:
    """The words of a text as written, in order, without punctuation and links.

    ``"Try C++ again, don't!"`` gives ``["Try", "C++", "again", "don't"]``; scripts written
    without spaces give one token a character.
    """
    if "<" in text:
        text = plain(text)
    if "://" in text or "www." in text:
        text = _URL.sub(" ", text)
    return _token(text).findall(text)


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where each of :func:`words` stands in the text: start and end, in characters."""
    # As in :func:`words`, but what is not read leaves room of its own length.
    if "<" in text:
        text = _TAG.sub(lambda found: " " * len(found[0]), text)
    if "://" in text or "www." in text:
        text = _URL.sub(lambda found: " " * len(found[0]), text)
    return [found.span() for found in _token(text).finditer(text)]


def _token(text: str) -> re.Pattern[str]:
    return _LATIN_TOKEN if _LATIN.fullmatch(text) else _TOKEN


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """What two spellings of a word share: lower case, straight apostrophe, no plural or genitive.

    Cached, as a log repeats its words; the cache is bounded.
    """
    low = word.lower().replace("’", "'")
    if low.endswith("'s"):
        low = low[:-2]
    if len(low) > 4 and low.endswith("ies"):
        return low[:-3] + "y"
    if len(low) > 4 and low.endswith(("ches", "shes", "xes", "sses")):
        return low[:-2]
    if len(low) > 3 and low.endswith("s") and not low.endswith(("ss", "us", "is", "'s")):
        return low[:-1]
    return low


_FOLDED_STOP_WORDS = frozenset(fold(word) for word in STOP_WORDS)


@lru_cache(maxsize=200_000)
def is_stop(folded: str) -> bool:
    """Whether a folded word says nothing of a subject: a stop word, a number, a single letter."""
    if folded in _FOLDED_STOP_WORDS or folded in STOP_WORDS:
        return True
    if not any(character.isalpha() for character in folded):
        return True
    return len(folded) == 1 and not unspaced(folded)


def unspaced(word: str) -> bool:
    """Whether a word is a character of a script that is written without spaces."""
    return _UNSPACED_CHARACTER.match(word) is not None


def content_words(text: str) -> list[str]:
    """The folded words of a text that say something, in order, with repeats."""
    return [f for f in map(fold, words(text)) if not is_stop(f)]


def join(parts: Iterable[str]) -> str:
    """Words to text: spaces between words, none between characters of unspaced scripts."""
    text = ""
    previous = ""
    for part in parts:
        if previous and not (unspaced(previous) and unspaced(part)):
            text += " "
        text += part
        previous = part
    return text


def plain(text: str, gap: str = " ") -> str:
    """A text without HTML tags, scripts and styles; a lone "<" stays. ``gap`` takes their place."""
    return _TAG.sub(gap, text) if "<" in text else text


def shorten(text: str, limit: int) -> str:
    """A text on one line of at most ``limit`` characters, cut between words, marked by '…'."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    space = cut.rfind(" ")
    if space > limit // 2:
        cut = cut[:space]
    return cut.rstrip(" ,;:.-–—(") + "…"


@dataclass(frozen=True)
class DocumentFrequency:
    """In how many titles of a whole log each word occurs.

    Attributes:
        titles: how many titles (or longer texts) were counted.
        counts: folded word -> titles that contain it.
    """

    titles: int
    counts: Counter[str]

    @classmethod
    def of(cls, titles: Iterable[str]) -> DocumentFrequency:
        """Count a stream of titles; memory grows with the vocabulary only."""
        counts: Counter[str] = Counter()
        total = 0
        for title in titles:
            counts.update({*words(title)})
            total += 1
        folded: Counter[str] = Counter()
        for word, count in counts.items():
            folded[fold(word)] += count
        return cls(total, folded)

    def rarity(self, phrase: Sequence[str]) -> float:
        """How telling a phrase's words are in this log, in [0, 1].

        Mean inverse document frequency, level at 1 for words in fewer than one title of 500:
        beyond that, rarer means a name or a slip of the pen and not a better word.
        """
        if not self.titles:
            return 1.0
        logs = [log((1 + self.titles) / (1 + self.counts[word])) for word in phrase]
        return min(1.0, sum(logs) / len(logs) / _TELLING)
