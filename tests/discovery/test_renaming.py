"""A name given by hand replaces one level and nothing else."""

from __future__ import annotations

import pytest

from journeys.discovery.renaming import MOST_CHARACTERS, renamed
from journeys.errors import InputError
from journeys.journey import Names

MADE = Names(("a", "b", "c", "d", "e"), "llm:x", True, fallback=(2, 3), completion_keys=("k",))


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_one_level_changes(level: int) -> None:
    names = renamed(MADE, level, "  my\n own  name ")
    assert names.at(level) == "my own name"
    assert [names.at(n) for n in range(1, 6) if n != level] == [
        MADE.at(n) for n in range(1, 6) if n != level
    ]
    assert (names.namer, names.provisional) == ("person", False)
    assert names.completion_keys == ("k",)  # so that erasing finds the cached answers
    assert level not in names.fallback


@pytest.mark.parametrize("text", ["", " \n", "x" * (MOST_CHARACTERS + 1)])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        renamed(MADE, 3, text)


def test_there_is_no_sixth_level() -> None:
    with pytest.raises(ValueError, match="level"):
        renamed(MADE, 6, "name")
