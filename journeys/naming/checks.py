"""Checks that a name is a name: pure functions from a name and its evidence to a reason.

A reason is a short English clause that completes "this name ...", written for the model that
gets a second try ("is a list"), and shown to the researcher who asks why a name was replaced.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from journeys.naming.base import Evidence
from journeys.words import STOP_WORDS, content_words, fold, unspaced, words

#: Most words a name may have at each level.
MAX_WORDS = {1: 4, 2: 6, 3: 9, 4: 15, 5: 21}
#: Most characters a name may have at each level; the JSON schema asks for the same.
MAX_CHARACTERS = {1: 32, 2: 48, 3: 72, 4: 100, 5: 130}
#: Commas a name may have at each level.
_MAX_COMMAS = {1: 0, 2: 0, 3: 0, 4: 3, 5: 4}
#: Share of words that a name and a title have in common when one echoes the other.
_ECHO = 0.75

_META = re.compile(
    r"\b(users?|persons?|someone|individuals?|interested in|interests?|journeys?|titles?|items?"
    r"|activity log|posts?|topics?|categor(?:y|ies)|miscellaneous|various|different aspects"
    r"|related to|content|discussions?|level [1-5])\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[^\W\d_]{3,}[.!?]\s+[^\W\d_]")
_MARKUP = re.compile(r"[\n\t<>{}|*_`\[\]]|https?://|^\s*[-•#]|^\d+[.)]\s")
# Words that are written with a capital without being an invented entity: languages and peoples
# that stand for a field ("American football"), and abbreviations of everyday English.
_COMMON_CAPITALS = """
i tv diy us usa uk eu ai ml it pc cd dvd led 3d 2d hr ux ui os cv phd gps rpg fps mmo pvp
english american british european french german italian spanish japanese chinese korean indian
mexican irish scottish canadian australian african asian greek russian latin arabic western
eastern olympic christmas halloween monday tuesday wednesday thursday friday saturday sunday
january february march april june july august september october november december
"""
# Words that a name cannot end with, in small letters: "vitamin A" is a name.
_TRAILING = "a an the and or of for to in on with by from at as und"

_EXPECTED_CAPITALS = frozenset(_COMMON_CAPITALS.split())
_PERSONAL = frozenset(
    ["i", "my", "me", "we", "our", "you", "your", "he", "his", "she", "her", "they"]
)
_CUT_OFF = frozenset(_TRAILING.split())


@dataclass(frozen=True)
class Ground:
    """The evidence in the form that the checks need; build it once a journey.

    Attributes:
        titles: what the model was shown.
        foreign: words of the worked examples in the prompt that the titles do not have.
        taken: level -> what the person's other journeys are called there, as sets of words.
        translated: names are in another language than the titles, so their words tell nothing.
        capitals: a capital says that a word is a proper noun; not so in German.
    """

    titles: tuple[str, ...]
    foreign: frozenset[str] = frozenset()
    taken: Mapping[int, frozenset[frozenset[str]]] = field(default_factory=dict, hash=False)
    translated: bool = False
    capitals: bool = True

    @classmethod
    def of(
        cls,
        evidence: Evidence,
        example_words: Iterable[str] = (),
        *,
        translated: bool = False,
        capitals: bool = True,
    ) -> Ground:
        """What the names of a journey are checked against."""
        shown = (*evidence.titles, *evidence.recent, *evidence.outputs)
        titles = tuple(dict.fromkeys(shown))
        taken = {
            level: frozenset(said_in_full(names[level - 1]) for names in evidence.taken)
            for level in range(1, 6)
        }
        foreign = frozenset(example_words) - cls(titles).vocabulary
        return cls(titles, foreign, taken, translated, capitals)

    @cached_property
    def by_title(self) -> tuple[frozenset[str], ...]:
        """The content words of each title."""
        return tuple(frozenset(content_words(title)) for title in self.titles)

    @cached_property
    def titles_with(self) -> Counter[str]:
        """Content word -> number of titles that hold it."""
        return Counter(word for title in self.by_title for word in title)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every folded word of the titles, stop words and parts of hyphenated words included."""
        found: set[str] = set()
        for title in self.titles:
            for word in words(title):
                found.add(fold(word))
                found.update(fold(part) for part in re.split(r"[-.'’&]", word) if part)
        return frozenset(found)

    @cached_property
    def scripts(self) -> frozenset[str]:
        """Scripts of the letters in the titles; Japanese and Chinese writing go together."""
        found = {_script(letter) for title in self.titles for letter in title if letter.isalpha()}
        east_asian = {"cjk", "hiragana", "katakana", "katakana-hiragana"}
        return frozenset(found | east_asian if found & east_asian else found)

    @cached_property
    def initials(self) -> frozenset[str]:
        """Initials of runs of two to five words of a title: "mixed martial arts" gives "mma"."""
        found: set[str] = set()
        for title in self.titles:
            letters = "".join(word[0] for word in words(title)).lower()
            for size in range(2, 6):
                found.update(letters[at : at + size] for at in range(len(letters) - size + 1))
        return frozenset(found)


def check_ladder(
    levels: Mapping[int, str], ground: Ground, asked: Sequence[int] = (1, 2, 3, 4, 5)
) -> dict[int, str]:
    """Every level that fails, with the reason.

    Args:
        levels: level (1-5) -> name; a level that is absent fails as missing.
        ground: the evidence.
        asked: the levels that there should be, in order.

    Returns:
        level -> reason, empty when all names pass.
    """
    # A model that writes its names in lower case means something by a capital.
    lower = sum(name[:1].islower() for name in levels.values())
    strict = lower * 2 > len(levels)
    problems: dict[int, str] = {}
    passed: dict[int, str] = {}
    for level in asked:
        name = levels.get(level, "")
        reason = check_name(name, level, ground, strict_capitals=strict)
        reason = reason or _against_broader(name, level, passed)
        if reason:
            problems[level] = reason
        else:
            passed[level] = name
    return problems


def check_name(
    name: str, level: int, ground: Ground, *, strict_capitals: bool = False
) -> str | None:
    """Why a name is not fit for a level (1-5), or None.

    Args:
        strict_capitals: a capital at the start of the name counts as a proper noun.
    """
    if not any(character.isalpha() for character in name):
        return "is missing"
    return (
        _form(name, level)
        or _loop(name)
        or _meta(name, ground)
        or _leak(name, ground)
        or _echo(name, ground)
        or (None if ground.translated else _foreign_script(name, ground))
        or (_invented(name, ground, strict_capitals) if ground.capitals else None)
        or (_taken(name, level, ground) if level > 1 else None)
        or (_single_item(name, ground) if level > 3 else None)
    )


def check_detail(detail: str, ground: Ground) -> str | None:
    """Why a detail does not belong into a narrow name, or None: its words must be the titles'."""
    said = content_words(detail)
    if not said:
        return "says nothing"
    if _MARKUP.search(detail) or "," in detail or _SENTENCE_END.search(detail):
        return "is no detail"
    if not _PERSONAL.isdisjoint(word.lower() for word in words(detail)):
        return "is a piece of a sentence"
    if not ground.translated and any(word not in ground.titles_with for word in said):
        return "has words that are in no title"
    return None


def check_form(name: str, level: int) -> str | None:
    """Why a text does not read like a name of a level (1-5), whatever it is about, or None."""
    return _form(name, level) or _loop(name)


def _taken(name: str, level: int, ground: Ground) -> str | None:
    if said_in_full(name) in ground.taken.get(level, ()):
        return "is the name of another interest of this person: say what is different here"
    return None


def _form(name: str, level: int) -> str | None:
    tokens = words(name)
    count = sum(0.5 if unspaced(token) else 1 for token in tokens)
    if count > MAX_WORDS[level] or len(name) > MAX_CHARACTERS[level]:
        return f"is too long: level {level} has at most {MAX_WORDS[level]} words"
    if _MARKUP.search(name):
        return "has markup or a link in it"
    if name.count(",") + name.count("、") > _MAX_COMMAS[level] or ";" in name or " / " in name:
        return "is a list: name what its parts have in common"
    if _SENTENCE_END.search(name):
        return "is more than one phrase"
    if tokens and tokens[-1] in _CUT_OFF:
        return "is cut off"
    return None


def _loop(name: str) -> str | None:
    said = content_words(name)
    counts = Counter(word for word in said if not unspaced(word))
    often = counts.most_common(1)[0][1] if counts else 0
    pairs = Counter(pairwise(said))
    if often > 2 or (often > 1 and len(said) <= 4) or (pairs and max(pairs.values()) > 1):
        return "repeats itself"
    return None


def _meta(name: str, ground: Ground) -> str | None:
    for found in _META.findall(name):
        if not all(fold(word) in ground.vocabulary for word in words(found)):
            return f'talks about the list ("{found.lower()}") and not about the interest'
    return None


def _leak(name: str, ground: Ground) -> str | None:
    said = set(content_words(name))
    leaked = said & ground.foreign
    if said and (len(leaked) > 1 or leaked == said):
        return "is taken from the examples and not from the titles"
    return None


def _echo(name: str, ground: Ground) -> str | None:
    said = frozenset(content_words(name))
    if len(said) < 3:
        return None
    for title in ground.by_title:
        common = said & title
        if len(common) >= _ECHO * max(len(said), len(title)):
            # "studying for the exam" may be a title and yet what all of them are about.
            own = sum(ground.titles_with[word] == 1 for word in common)
            if own * 2 >= len(common):
                return "repeats one title instead of naming all of them"
    return None


def _foreign_script(name: str, ground: Ground) -> str | None:
    """Models of several languages slip into another one in mid-sentence."""
    scripts = {_script(character) for character in name if character.isalpha()}
    if scripts <= ground.scripts | {"latin"}:
        return None
    return "has letters of a script that is in no title"


def _script(character: str) -> str:
    """A coarse name of a letter's script: the first word of its Unicode name."""
    if character.isascii():
        return "latin"
    return unicodedata.name(character, "unknown").split()[0].lower()


def _invented(name: str, ground: Ground, strict: bool) -> str | None:
    tokens = words(name)
    telling = [word for word in tokens if word.lower() not in STOP_WORDS]
    if len(telling) > 2 and all(word[0].isupper() for word in telling):
        return None  # Title Case: capitals say nothing.
    for at, word in enumerate(tokens):
        # The first letter of a name may be a capital for no reason; one inside a word has one.
        judged = word if at or strict else word[1:]
        if judged == judged.lower() or word.lower() in STOP_WORDS:
            continue
        parts = [part for part in re.split(r"[-.'’&]", word) if part[:1].isupper()]
        if not all(_known(part, ground) for part in parts or [word]):
            return f'says "{word}", which is in no title'
    return None


def _known(word: str, ground: Ground) -> bool:
    low = fold(word)
    return (
        low in ground.vocabulary
        or word.lower() in ground.vocabulary
        or word.lower() in _EXPECTED_CAPITALS
        or low in _EXPECTED_CAPITALS
        or (word.isupper() and low in ground.initials)
        # "Kubernetes" for "k8s-kubernetes", "Photoshop" for "photoshopping"
        or (len(low) > 3 and any(other.startswith(low) for other in ground.vocabulary))
    )


def _single_item(name: str, ground: Ground) -> str | None:
    """A narrow name must be a narrower view of all the items, not of one."""
    if len(ground.by_title) < 4:
        return None
    said = set(content_words(name))
    holders = Counter(at for at, title in enumerate(ground.by_title) for _ in said & title)
    if not holders:
        return None
    at, most = holders.most_common(1)[0]
    there = ground.by_title[at]
    returning = [word for word in said if ground.titles_with[word] > (word in there)]
    if most >= 3 and most >= 0.6 * len(said) and len(returning) <= 1:
        return "is about one title only: it must cover most of them"
    return None


def repeated(names: Sequence[str], levels: Iterable[int]) -> bool:
    """Whether a name of one of the levels says the same as that of another level.

    Args:
        names: the broadest level first; a level beyond them repeats nothing.
    """
    own = set(levels)
    return any(
        _the_same(names[above - 1], above, name, level)
        for level, name in enumerate(names, start=1)
        for above in range(1, level)
        if own & {above, level}
    )


def _against_broader(name: str, level: int, broader: Mapping[int, str]) -> str | None:
    said = set(content_words(name))
    for above, other in broader.items():
        theirs = set(content_words(other))
        if _the_same(other, above, name, level):
            return f"says the same as level {above}"
        # A field may be two words of which the interest is one: "bees and beekeeping".
        if said < theirs and level > 2:
            return f"is broader than level {above}"
    return None


def _the_same(other: str, above: int, name: str, level: int) -> bool:
    # "baking bread" is what they do, "bread baking" what it is called.
    verb = (above, level) == (2, 3) and name.casefold() != other.casefold()
    return said_in_full(name) == said_in_full(other) and not verb


def said_in_full(name: str) -> frozenset[str]:
    """Every word but articles and the like: "the Go language" is not "languages"."""
    return frozenset(map(fold, words(name))) - _CUT_OFF


def tidy(name: str) -> str:
    """A name without the quotes, full stop, label and line breaks that models put around it.

    A conjunction that a cut left at the end goes too.
    """
    line = " ".join(name.split())
    line = re.sub(r"^(?:level\s*)?[1-5]\s*[:.)-]\s+", "", line, flags=re.IGNORECASE)
    line = line.strip(" \"'“”‘’«»`*").rstrip(".:;, ")
    while " " in line and line.rpartition(" ")[2] in _CUT_OFF:
        line = line.rpartition(" ")[0].rstrip(".:;, ")
    return line


def distinct(names: Sequence[str]) -> bool:
    """Whether no two of a user's names at one level say the same."""
    said = [frozenset(content_words(name)) or frozenset([name]) for name in names]
    return len(set(said)) == len(said)


__all__ = [
    "MAX_CHARACTERS",
    "MAX_WORDS",
    "Ground",
    "check_detail",
    "check_form",
    "check_ladder",
    "check_name",
    "distinct",
    "said_in_full",
    "tidy",
]
