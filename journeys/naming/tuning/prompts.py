"""What a tuned model is given: the titles, and which level is asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence

from journeys.naming.base import Evidence
from journeys.words import plain, shorten

#: What the level is called in the prompt, level 1 to 5.
_ASKED = (
    "the general field",
    "the interest",
    "what they would tell a friend",
    "the project",
    "the project in detail",
)

#: Longest title in characters.
TITLE_CHARACTERS = 70

Message = dict[str, str]

SYSTEM = "You name interests."


def instruction(titles: Sequence[str], level: int) -> str:
    """The question for one journey: its titles as JSON strings, a line each."""
    quoted = (json.dumps(title.replace("<|", "< |"), ensure_ascii=False) for title in titles)
    return (
        "Titles that one person looked at:\n"
        + "\n".join(quoted)
        + f"\nName what they have in common, as {_ASKED[level - 1]}, in a few words."
    )


def messages(titles: Sequence[str], level: int) -> list[Message]:
    """The question as a chat."""
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": instruction(titles, level)},
    ]


def shown_titles(evidence: Evidence, most: int) -> tuple[str, ...]:
    """The most central titles of a journey, cut and freed of markup, each once."""
    cut = (shorten(plain(title), TITLE_CHARACTERS) for title in evidence.titles)
    return tuple(dict.fromkeys(title for title in cut if title))[:most]
