"""A person's whole history in one prompt: names for all journeys at once, matched to groups.

The paper found this worse than naming each journey by itself (2305.15498, as reviews tell it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import numpy as np

from journeys.discovery.sendable import sendable
from journeys.naming.checks import tidy
from journeys.timeline import Timeline
from journeys.words import shorten

#: Most titles of a history that are shown, evenly over time; and their longest length.
MOST_TITLES, TITLE_CHARACTERS = 48, 70

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def whole_history(timeline: Timeline, shown: Sequence[np.ndarray]) -> list[str]:
    """Titles of what a namer may see of a person, in order of time, thinned evenly.

    Args:
        shown: of each of the person's groups, positions in the timeline.
    """
    positions = np.sort(np.concatenate(list(shown)))
    titles = list(
        dict.fromkeys(
            shorten(sendable(timeline.titles[at]), TITLE_CHARACTERS) for at in positions.tolist()
        )
    )
    if len(titles) <= MOST_TITLES:
        return titles
    kept = np.linspace(0, len(titles) - 1, MOST_TITLES).round().astype(int)
    return [titles[at] for at in kept.tolist()]


def whole_messages(titles: Sequence[str], journeys: int) -> list[dict[str, str]]:
    """The prompt; it is told how many journeys there are, which is to its advantage."""
    quoted = "\n".join(json.dumps(title, ensure_ascii=False) for title in titles)
    return [
        {"role": "system", "content": "You name interests."},
        {
            "role": "user",
            "content": f"Titles that one person looked at, in order of time:\n{quoted}\n"
            f"This person has {journeys} interests. Name each of them in a few words, as they "
            f"would tell a friend. Answer with a JSON list of {journeys} names and nothing else.",
        },
    ]


def parse_list(text: str) -> list[str]:
    """The names in an answer, also of one that was cut off or is a list of lines."""
    found = [tidy(name.replace('\\"', "")[1:-1]) for name in _STRING.findall(text)]
    if not found:
        found = [tidy(re.sub(r"^\W*\d*\W*", "", line)) for line in text.splitlines()]
    return list(dict.fromkeys(name for name in found if any(map(str.isalpha, name))))


def match(names: np.ndarray, groups: np.ndarray) -> list[int]:
    """For each group the position of its name.

    The assignment with the highest sum of cosines; a group for which no name is left takes the
    nearest one, so that too few names are held against the namer by their fit alone.

    Args:
        names: unit rows ``(n, d)``, n at least 1.
        groups: unit rows ``(m, d)``, the groups' centres.
    """
    from scipy.optimize import linear_sum_assignment

    close = groups @ names.T
    result = close.argmax(axis=1)
    rows, columns = linear_sum_assignment(-close)
    result[rows] = columns
    return [int(at) for at in result]
