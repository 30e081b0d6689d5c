"""Dates as people's languages write them, e.g. ``15.01.2024, 13:05:22 MEZ``.

The names of months and of the halves of a day are those of the Unicode CLDR, through Babel. A
date is taken apart by what its parts are and not by a pattern a language: the clock has colons or
dots, the year has four digits, and a word that a language calls a month is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

#: The languages that dates are read in. Where two call different months alike (``lip`` is June in
#: Croatian and July in Polish), the one that knows all months so far decides, then this order.
LANGUAGES = (
    "en", "de", "es", "fr", "it", "pt", "nl", "pl", "ru", "tr", "ja", "ko", "zh", "zh_Hant", "sv",
    "da", "nb", "fi", "cs", "sk", "uk", "ro", "hu", "el", "bg", "ca", "hr", "sl", "lt", "lv", "et",
    "id", "ms", "vi", "fil", "ar", "he", "hi", "bn", "fa", "th", "es_MX", "az",
)  # fmt: skip

#: Minutes east of UTC of the zones that exports name, where the name means one zone to most.
ZONES = {
    "utc": 0, "gmt": 0, "z": 0, "wet": 0, "wez": 0, "bst": 60, "west": 60, "wesz": 60, "cet": 60,
    "mez": 60, "cest": 120, "mesz": 120, "eet": 120, "oez": 120, "eest": 180, "oesz": 180,
    "sast": 120, "cat": 120, "wat": 60, "eat": 180, "msk": 180, "trt": 180, "idt": 180,
    "gst": 240, "pkt": 300, "ist": 330, "ict": 420, "wib": 420, "wita": 480, "wit": 540,
    "sgt": 480, "hkt": 480, "awst": 480, "jst": 540, "kst": 540, "acst": 570, "acdt": 630,
    "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "nst": -210, "ndt": -150, "ast": -240,
    "adt": -180, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
    "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600, "brt": -180, "brst": -120,
    "art": -180, "clt": -240, "clst": -180, "cot": -300, "pet": -300,
}  # fmt: skip

#: No date is longer; what is need not be looked at.
LONGEST = 120

_CLOCK = re.compile(r"(?<![\d.])(\d{1,2})([:.])(\d\d)(?:\2(\d\d))?(?![\d.])(?!\s*\.\s*\d)")
_EAST_ASIAN_CLOCK = re.compile(
    r"(\d{1,2})\s?[\u6642\u65f6\u70b9\u9ede\uc2dc]\s?(\d{1,2})\s?[\u5206\ubd84]"
    r"(?:\s?(\d{1,2})\s?[\u79d2\ucd08])?"
)
_OFFSET = re.compile(r"(?:UTC|GMT)?\s?([+\-])(\d{1,2})(?::?(\d\d))?(?!\d)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\s\d,،、;/()’'\-]+")


@dataclass(frozen=True)
class LocalTime:
    """A date as read.

    Attributes:
        wall: the date and time of day as they stand.
        offset: minutes east of UTC; None where no known zone is named.
    """

    wall: datetime
    offset: int | None

    def iso(self) -> str:
        """ISO 8601, in UTC where the zone is known and without a zone where it is not."""
        if self.offset is None:
            return self.wall.isoformat()
        return f"{(self.wall - timedelta(minutes=self.offset)).isoformat()}Z"


@dataclass
class DateReader:
    """Reads the dates of one file, whose language it learns from their months.

    Attributes:
        language: the file's language where something else tells; tried first.
    """

    language: str = ""
    _spoken: frozenset[str] = field(default_factory=lambda: frozenset(LANGUAGES))

    def read(self, text: str) -> LocalTime | None:
        """The date and time that a text is; None where it is none.

        Args:
            text: e.g. ``"5 de mar. de 2024 15:04:05 UTC"``.
        """
        if len(text) > LONGEST:
            return None
        plain = _plain(text)
        clock = _CLOCK.search(plain)
        if clock is None:
            return None
        before, after = plain[: clock.start()], plain[clock.end() :]
        offset, after = _offset(after)
        words = [_word(word) for word in _WORD.findall(f"{before} {after}")]
        date = self._date(_NUMBER.findall(before) or _NUMBER.findall(after), words)
        hour = _hour(int(clock[1]), _beside(before, after))
        if date is None:
            return None
        try:
            wall = datetime(*date, hour, int(clock[3]), min(int(clock[4] or 0), 59))
        except ValueError:
            return None
        return LocalTime(wall, offset)

    def _date(self, numbers: list[str], words: list[str]) -> tuple[int, int, int] | None:
        years = [at for at, number in enumerate(numbers) if len(number) == 4]
        if len(years) != 1:
            return None
        year = int(numbers[years[0]])
        year -= 543 if 2440 <= year <= 2640 else 0  # Thai calendars count from the Buddha's death
        others = [int(number) for at, number in enumerate(numbers) if at != years[0]]
        if len(others) == 1:
            month = self._month(words)
            return (year, month, others[0]) if month else None
        if len(others) != 2 or max(others) > 31:
            return None
        first, second = others
        if years[0] == 0 or second > 12:  # 2024/3/5, or 3/25/2024
            return year, first, second
        return year, second, first

    def _month(self, words: list[str]) -> int:
        for word in words:
            known = _months().get(word) or _months().get(word.removeprefix("\u05d1"))  # Hebrew "in"
            if not known:
                continue
            if self.language in known:
                return known[self.language]
            if both := self._spoken & known.keys():
                self._spoken = both
            return next(known[name] for name in LANGUAGES if name in (both or known))
        return 0


def _plain(text: str) -> str:
    """Spaces, digits and signs as plain ones; marks that turn the direction of writing left out."""
    if text.isascii():
        return text
    out = []
    for char in text:
        kind = unicodedata.category(char)
        if kind == "Nd":
            out.append(str(unicodedata.digit(char)))
        elif kind == "Zs":
            out.append(" ")
        elif kind == "Pd" or char == "\u2212":
            out.append("-")
        elif kind != "Cf":
            out.append(char)
    plain = "".join(out)
    if match := _EAST_ASIAN_CLOCK.search(plain):
        clock = ":".join(f"{int(part or 0):02}" for part in match.groups())
        plain = f"{plain[: match.start()]}{clock}{plain[match.end() :]}"
    return plain


def _word(word: str) -> str:
    return word.replace(".", "").casefold()


def _offset(after: str) -> tuple[int | None, str]:
    """The zone behind the clock, and the text without it."""
    if match := _OFFSET.search(after):
        hours, minutes = int(match[2]), int(match[3] or 0)
        if hours <= 14 and minutes < 60:
            offset = (hours * 60 + minutes) * (-1 if match[1] == "-" else 1)
            return offset, after[: match.start()] + after[match.end() :]
    for word in reversed(_WORD.findall(after)):
        if (known := ZONES.get(word.casefold())) is not None and word.upper() == word:
            return known, after.replace(word, " ", 1)
    return None, after


def _beside(before: str, after: str) -> list[str]:
    """The words that touch the clock: after the last number before it, up to the next one."""
    found = []
    for side in (_NUMBER.split(before)[-1], _NUMBER.split(after)[0]):
        words = [_word(word) for word in _WORD.findall(side)]
        found += [a + b for a, b in pairwise(words)]  # "p. m."
        found += words
    return found


def _hour(hour: int, beside: list[str]) -> int:
    """The hour of the day, 0 to 23, from a clock of 12 or 24 hours."""
    half = next((_halves()[word] for word in beside if word in _halves()), None)
    if half is None or not 1 <= hour <= 12:
        return hour
    return hour % 12 + (12 if half else 0)


@cache
def _months() -> dict[str, dict[str, int]]:
    """Word -> language -> month."""
    known: dict[str, dict[str, int]] = {}
    for language, kinds in _calendars("months"):
        for width in ("abbreviated", "wide"):
            for number, name in kinds.get(width, {}).items():
                # The longest part is the month: "d’abr." also has a preposition.
                parts = [_word(part) for part in _WORD.findall(_plain(str(name)))]
                word = max(parts, key=len, default="")
                if word:
                    known.setdefault(word, {}).setdefault(language, int(number))
    known["sept"] = {**known.get("sept", {}), "en": 9}
    return known


@cache
def _halves() -> dict[str, bool]:
    """Word -> whether it names the second half of the day."""
    # Chinese has more parts of the day than two: small hours, morning; noon, evening.
    known = {"凌晨": False, "清晨": False, "早上": False, "中午": True, "晚上": True}
    for _, kinds in _calendars("day_periods"):
        for width in ("abbreviated", "wide"):
            for key, name in kinds.get(width, {}).items():
                if key in ("am", "pm"):
                    word = "".join(_word(part) for part in _WORD.findall(_plain(str(name))))
                    known.setdefault(word, key == "pm")
    return known


def _calendars(part: str) -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
    """Language and names by width, of months or of the halves of a day."""
    from babel import Locale

    for language in LANGUAGES:
        kinds = getattr(Locale.parse(language), part)
        for context in ("format", "stand-alone"):
            if context in kinds:
                yield language, {w: dict(n) for w, n in kinds[context].items()}
