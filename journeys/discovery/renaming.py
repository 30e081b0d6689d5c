"""A name that a person gives in place of a namer's."""

from __future__ import annotations

from journeys.discovery.storage import PERSON_NAMER
from journeys.errors import InputError
from journeys.journey import Names

#: A longer text is a description, not a name.
MOST_CHARACTERS = 120


def renamed(names: Names, level: int, text: str) -> Names:
    """The names with another one at a level; the other levels stay.

    Names of a person are not provisional: no later naming replaces them.

    Raises:
        InputError: the text is empty or too long for a name.
    """
    name = " ".join(text.split())
    if not name:
        raise InputError("Write a name first.")
    if len(name) > MOST_CHARACTERS:
        raise InputError(
            f"The name has {len(name)} characters; {MOST_CHARACTERS} are the most. Shorten it."
        )
    levels = list(names.levels)
    names.at(level)  # an impossible level is refused there
    levels[level - 1] = name
    one, two, three, four, five = levels
    return Names(
        levels=(one, two, three, four, five),
        namer=PERSON_NAMER,
        fallback=tuple(at for at in names.fallback if at != level),
        completion_keys=names.completion_keys,
        cited=tuple(() if at == level else items for at, items in enumerate(names.cited, start=1)),
        shown=names.shown,
        prompts=names.prompts,
        examples=names.examples,
    )
