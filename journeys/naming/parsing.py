"""Reading five names out of whatever a language model answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from journeys.naming.checks import MAX_CHARACTERS, tidy
from journeys.naming.prompts import CITED, DETAILS, KEYS

_LEVEL_NUMBER = re.compile(r"^(?:level|l|name)?[\s_\-]*([1-5])\b", re.IGNORECASE)
_LINE = re.compile(r"^\W*(?:level\s*)?([1-5]|[a-z]+)\W*[:.)=-]+\s*(.+)$", re.IGNORECASE)
#: What a researcher's own prompts may still call a level.
_OLD_KEYS = {"friend": "doing"}
_DECODER = json.JSONDecoder(strict=False)


def parse_ladder(text: str) -> dict[int, str]:
    """The names an answer holds, by level 1 to 5.

    Understands JSON inside a code fence or prose, keys in any order and under other usual
    names ("level_3", "3"), a list of names, names one level deeper, an object that was cut
    off, and plain lines such as "3. learning the ukulele". An upside-down ladder is turned.

    Returns:
        level -> tidied name; levels that the answer does not hold are absent.
    """
    best: dict[int, str] = {}
    for value in _json_values(text):
        levels = _levels(value)
        if len(levels) > len(best):
            best = levels
    if len(best) < 2:
        lines = _from_lines(text)
        best = lines if len(lines) > len(best) else best
    whole = {level: _whole(name, level) for level, name in best.items() if name}
    return _upright(whole)


def parse_cited(text: str) -> dict[int, tuple[int, ...]]:
    """Which titles each name of an answer rests on, where it says so.

    Returns:
        level -> numbers of titles as given, each once; what is no number is left out.
    """
    for value in _json_values(text):
        cited = value.get(CITED) if isinstance(value, Mapping) else None
        if isinstance(cited, Mapping):
            return {
                level: _numbers(numbers)
                for key, numbers in cited.items()
                if (level := _level_of(str(key))) and isinstance(numbers, list)
            }
    return {}


def parse_details(text: str) -> tuple[str, ...]:
    """The details that an answer lists; () where it does not."""
    for value in _json_values(text):
        details = value.get(DETAILS) if isinstance(value, Mapping) else None
        if isinstance(details, list):
            return tuple(tidy(detail) for detail in details if isinstance(detail, str))
    return ()


def _numbers(values: list[Any]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(n for n in values if isinstance(n, int) and n is not True))


def _json_values(text: str) -> Iterator[Any]:
    """Every JSON object or array in a text that is not inside another one."""
    at = 0
    while True:
        starts = [found for found in (text.find("{", at), text.find("[", at)) if found >= 0]
        if not starts:
            return
        at = min(starts)
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
        else:
            yield value


def _levels(value: Any, depth: int = 0) -> dict[int, str]:
    if depth > 3:
        return {}
    if isinstance(value, Mapping):
        level = _level_of(str(value.get("level", "")))
        name = value.get("name")
        if level and isinstance(name, str):
            return {level: tidy(name)}
        found = {
            level: tidy(name)
            for key, name in value.items()
            if (level := _level_of(str(key))) and isinstance(name, str)
        }
        if found:
            return found
        inner = [_levels(part, depth + 1) for part in value.values()]
        return max(inner, key=len, default={})
    if isinstance(value, list):
        if len(value) == 5 and all(isinstance(part, str) for part in value):
            return {level: tidy(name) for level, name in enumerate(value, start=1)}
        found = {}
        for part in value:
            if isinstance(part, Mapping):
                found.update(_levels(part, depth + 1))
        return found
    return {}


def _level_of(key: str) -> int | None:
    plain = key.strip().strip("\"'*").lower()
    plain = _OLD_KEYS.get(plain, plain)
    if plain in KEYS:
        return KEYS.index(plain) + 1
    number = _LEVEL_NUMBER.match(plain)
    return int(number[1]) if number else None


def _from_lines(text: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for line in text.splitlines():
        match = _LINE.match(line.strip())
        level = _level_of(match[1]) if match else None
        if match and level:
            found.setdefault(level, tidy(match[2].rstrip(",")))
    return found


def _whole(name: str, level: int) -> str:
    """A name that ran into the schema's length limit, without the part that was cut."""
    if len(name) < MAX_CHARACTERS[level] - 3:
        return name
    kept = name[: MAX_CHARACTERS[level]].rpartition(", ")[0]
    return tidy(kept) if len(kept) > MAX_CHARACTERS[level] // 2 else name


def _upright(levels: dict[int, str]) -> dict[int, str]:
    """Narrow names are longer; a full ladder that only gets shorter was answered in reverse."""
    lengths = [len(levels[level]) for level in sorted(levels)]
    if len(levels) == 5 and all(a > b for a, b in pairwise(lengths)):
        return {6 - level: name for level, name in levels.items()}
    return levels
