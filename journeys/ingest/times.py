"""Times as people's exports write them, a whole column at once.

A column is read as one, because whether 3/4/2021 is in March or April is a fact about the file.
Accepted: ISO 8601, seconds to nanoseconds since 1970 (told apart by magnitude), year-first and
day- or month-first numeric dates, and dates with English month names. A time that does not say
its zone is in the zone the caller names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from journeys.errors import InputError
from journeys.ingest.contract import Cell

MISSING = "no time"
NOT_UNDERSTOOD = "time not understood"
TOO_EARLY = "time before 1970"
TOO_LATE = "time more than a year in the future"

_MICRO = 1_000_000
_SLICE = 50_000
_NAIVE = 10**6  # offset in minutes that stands for "no zone given"
_LEEWAY = timedelta(days=366)

#: Below this a number is a counter or a year rather than seconds since 1970 (it is in 1973).
_SMALLEST_EPOCH = 1e8

#: Upper bounds for seconds, milliseconds, microseconds, nanoseconds -> microseconds in a unit.
_UNITS = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (1e20, 1e-3))

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?)?)\d*\s?"
    r"(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
)
_ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 60, "cet": 60, "west": 60, "cest": 120,
    "eet": 120, "eest": 180, "msk": 180, "jst": 540, "kst": 540, "est": -300, "edt": -240,
    "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
}  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july",
         "aug august", "sep sept september", "oct october", "nov november", "dec december"), 1)
    for name in names.split()
}  # fmt: skip
_CLOCK = (
    r"(?:[T,\s]+(?:at\s+)?(?P<h>\d{1,2})[:.](?P<mi>\d\d)(?:[:.](?P<s>\d\d)(?:[.,](?P<f>\d+))?)?"
    r"\s*(?P<ap>[AaPp]\.?[Mm]\.?)?\s*(?P<z>Z|[A-Za-z]{2,4}(?=$|\s*\()|(?:UTC|GMT)?[+-]\d\d:?\d\d)?"
    r"(?:\s*\([^)]*\))?)?"
)
_WEEKDAY = r"(?:[A-Za-z]{3,9}\.?,?\s+)?"
_MONTH = r"(?P<mon>[A-Za-z]{3,9})\.?"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?P<y>\d{4})[/.\-](?P<m>\d{1,2})[/.\-](?P<d>\d{1,2})\.?" + _CLOCK,
        r"(?P<a>\d{1,2})(?P<sep>[/.\-])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|\d\d)" + _CLOCK,
        _WEEKDAY + _MONTH + r"\s+" + _DAY + r",?\s+(?P<y>\d{4})" + _CLOCK,
        _WEEKDAY + _DAY + r"[\s\-]+" + _MONTH + r",?[\s\-]+(?P<y>\d{4}|\d\d)" + _CLOCK,
        _WEEKDAY + _MONTH + r"\s+(?P<d>\d{1,2})\s+(?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d)"
        r"(?:\s+(?P<z>[+-]\d{4}|[A-Z]{3,4}))?\s+(?P<y>\d{4})",
        r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?:T?(?P<h>\d\d)(?P<mi>\d\d)(?P<s>\d\d)?(?P<z>Z)?)?",
    )
)


@dataclass(frozen=True)
class Times:
    """A column of times.

    Attributes:
        micros: shape ``(values,)``, int64 microseconds since 1970-01-01 UTC; 0 where unreadable.
        reasons: shape ``(values,)``, why a value cannot be used; '' where it can.
        notes: what the user should know about how the column was read.
    """

    micros: np.ndarray
    reasons: np.ndarray
    notes: tuple[str, ...] = ()


@dataclass
class _Parts:
    """Numeric dates taken apart, before it is known which number is the day."""

    at: list[int] = field(default_factory=list)
    year: list[int] = field(default_factory=list)
    month: list[int] = field(default_factory=list)
    day: list[int] = field(default_factory=list)
    clock: list[int] = field(default_factory=list)
    """Microseconds since midnight."""
    offset: list[int] = field(default_factory=list)
    """Minutes east of UTC."""
    either: list[bool] = field(default_factory=list)
    """Whether ``month`` and ``day`` are the first and second number, in an unknown order."""
    dotted: list[bool] = field(default_factory=list)


def zone(name: str) -> ZoneInfo:
    """The time zone of that name.

    Raises:
        InputError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InputError(
            f"The time zone {name!r} is not known. Use a name such as Europe/Berlin, or UTC."
        ) from error


def parse_times(
    values: Sequence[Cell] | pd.Series, timezone: str = "UTC", *, now: datetime | None = None
) -> Times:
    """Read a column of times.

    Args:
        values: text or numbers; None, NaN and '' are missing.
        timezone: zone of the times that do not say theirs.
        now: the present, for telling what lies in the future; default: the clock.

    Raises:
        InputError: there is no such time zone.
    """
    local = zone(timezone)
    micros = np.zeros(len(values), dtype=np.int64)
    reasons = np.full(len(values), NOT_UNDERSTOOD, dtype=object)
    naive = np.zeros(len(values), dtype=bool)
    parts = _Parts()
    for start in range(0, len(values), _SLICE):
        some = list(values[start : start + _SLICE])
        _fill_plain(start, some, micros, reasons, naive, parts)
    notes: list[str] = []
    if parts.at:
        notes += _fill_parts(parts, micros, reasons, naive)
    readable = (reasons == "").astype(bool)
    local_times = naive & readable
    if local_times.any() and timezone.upper() not in {"UTC", "ETC/UTC", "GMT"}:
        micros[local_times] = _to_utc(micros[local_times], local)
    late = (now or datetime.now(UTC)) + _LEEWAY
    reasons[readable & (micros < 0)] = TOO_EARLY
    reasons[readable & (micros > int(late.timestamp() * _MICRO))] = TOO_LATE
    return Times(micros, reasons, tuple(notes))


def _fill_plain(
    start: int,
    values: Sequence[Cell],
    micros: np.ndarray,
    reasons: np.ndarray,
    naive: np.ndarray,
    parts: _Parts,
) -> None:
    """Read ISO 8601 and numbers; leave what remains in ``parts``."""
    iso_at: list[int] = []
    iso_text: list[str] = []
    for at, value in enumerate(values, start):
        text = _text(value)
        if not text:
            reasons[at] = MISSING
        elif match := _ISO.fullmatch(text):
            stamp, offset = match.groups()
            iso_at.append(at)
            naive[at] = offset is None
            word = offset if offset and offset[0] in "+-" else ""
            iso_text.append(stamp.replace(",", ".") + (word if len(word) != 3 else f"{word}:00"))
        elif (number := _epoch(text)) is not None:
            micros[at], reasons[at] = number, ""
        else:
            _take_apart(at, text, parts)
    if iso_at:
        _fill_iso(iso_at, iso_text, micros, reasons)


def _text(value: Cell) -> str:
    if isinstance(value, str):
        # Exports put narrow and non-breaking spaces before AM and PM.
        return value.strip() if value.isascii() else " ".join(value.split())
    if value is None or isinstance(value, bool) or value != value:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def _epoch(text: str) -> int | None:
    """Microseconds for a number since 1970; None if it is not one or too small to be one."""
    try:
        number = int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return None
    if isinstance(number, int) and len(text) in {8, 14} and text[:2] in {"19", "20"}:
        return None  # rather 20210304 or 20210304153000
    size = abs(number)
    if not _SMALLEST_EPOCH <= size < _UNITS[-1][0]:
        return None
    for bound, scale in _UNITS:
        if size < bound:
            if isinstance(number, int):
                return number * int(scale) if scale >= 1 else number // 1000
            return round(number * scale)
    return None


def _fill_iso(at: list[int], text: list[str], micros: np.ndarray, reasons: np.ndarray) -> None:
    parsed = pd.to_datetime(
        pd.Series(text, dtype="str"), format="ISO8601", errors="coerce", utc=True
    )
    good = parsed.notna().to_numpy()
    index = np.asarray(at)
    micros[index[good]] = parsed[good].dt.as_unit("us").astype("int64").to_numpy()
    reasons[index[good]] = ""


def _take_apart(at: int, text: str, parts: _Parts) -> None:
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is None:
            continue
        found = match.groupdict()
        clock, offset = _clock(found), _offset(found.get("z"))
        either = found.get("a") is not None
        if either:
            month, day = int(found["a"]), int(found["b"])
        else:
            named = found.get("mon")
            month = _MONTHS.get(named.lower(), 0) if named else int(found["m"])
            day = int(found["d"])
        if clock is None or offset is None or not month:
            continue
        year = int(found["y"])
        parts.at.append(at)
        parts.year.append(year + (2000 if year < 70 else 1900) if len(found["y"]) == 2 else year)
        parts.month.append(month)
        parts.day.append(day)
        parts.clock.append(clock)
        parts.offset.append(offset)
        parts.either.append(either)
        parts.dotted.append(found.get("sep", "/") != "/")
        return


def _clock(found: dict[str, str | None]) -> int | None:
    hour, minute, second = (int(found.get(part) or 0) for part in ("h", "mi", "s"))
    half = (found.get("ap") or "").lower().replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59 or second > 60:
        return None
    fraction = int(f"{found.get('f') or '0':0<6}"[:6])
    return ((hour * 60 + minute) * 60 + min(second, 59)) * _MICRO + fraction


def _offset(word: str | None) -> int | None:
    """Minutes east of UTC, :data:`_NAIVE` where nothing is said, None for an unknown zone."""
    if not word:
        return _NAIVE
    known = _ZONES.get(word.lower())
    if known is not None:
        return known
    digits = word.upper().removeprefix("UTC").removeprefix("GMT").replace(":", "")
    if len(digits) != 5 or not digits[1:].isdigit():
        return None
    minutes = int(digits[1:3]) * 60 + int(digits[3:])
    return -minutes if digits[0] == "-" else minutes


def _fill_parts(
    parts: _Parts, micros: np.ndarray, reasons: np.ndarray, naive: np.ndarray
) -> list[str]:
    first, second = np.array(parts.month), np.array(parts.day)
    either = np.array(parts.either)
    month, day, notes = _order(first, second, either, np.array(parts.dotted))
    year = np.array(parts.year)
    good = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    # Plain arithmetic on months, then days; a day beyond its month's end lands in the next one.
    start = ((year - 1970) * 12 + np.where(good, month, 1) - 1).astype("datetime64[M]")
    date = start.astype("datetime64[D]") + (np.where(good, day, 1) - 1)
    good &= date.astype("datetime64[M]") == start
    offset = np.array(parts.offset)
    unzoned = offset == _NAIVE
    minutes = np.where(unzoned, 0, offset).astype(np.int64)
    value = date.astype("datetime64[us]").astype(np.int64) + np.array(parts.clock, dtype=np.int64)
    index = np.array(parts.at)
    micros[index[good]] = (value - minutes * 60 * _MICRO)[good]
    reasons[index[good]] = ""
    naive[index] = unzoned
    return notes


def _order(
    first: np.ndarray, second: np.ndarray, either: np.ndarray, dotted: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Which number is the month and which the day, decided for the column by evidence."""
    if not either.any():
        return first, second, []
    day_first = int(((first > 12) & either).sum())
    month_first = int(((second > 12) & either).sum())
    notes = []
    if day_first and month_first:
        days_lead = day_first > month_first
        words = "day first" if days_lead else "month first"
        notes.append(
            f"{day_first:,} dates can only be day first and {month_first:,} only month first; "
            f"those that could be either were read {words}."
        )
        swap = either & ((first > 12) | ((second <= 12) & days_lead))
        return np.where(swap, second, first), np.where(swap, first, second), notes
    if not day_first and not month_first:
        days_lead = bool(dotted[either].mean() > 0.5)
        words = "day first, as in 31.12." if days_lead else "month first, as in 12/31/"
        notes.append(
            f"No date shows whether the day or the month comes first; they were read {words}. "
            "If that is wrong, write the dates as YYYY-MM-DD."
        )
    else:
        days_lead = day_first > 0
    swap = either & days_lead
    return np.where(swap, second, first), np.where(swap, first, second), notes


def _to_utc(micros: np.ndarray, local: ZoneInfo) -> np.ndarray:
    """Wall-clock times of a zone in UTC; the hour that comes twice is taken the first time."""
    wall = pd.DatetimeIndex(micros.astype("datetime64[us]"))
    first = np.ones(len(wall), dtype=bool)
    aware = wall.tz_localize(local, ambiguous=first, nonexistent="shift_forward")
    return aware.as_unit("us").asi8
