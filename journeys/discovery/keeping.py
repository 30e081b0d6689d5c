"""When a journey is asked about again: only where what its name rests on really changed."""

from __future__ import annotations

from collections.abc import Sequence

from journeys.journey import Names

#: Share of the items shown then or now that must be in both. Half of a prompt are the most recent
#: items, which any new event changes; so this asks that most of the central ones are the same.
COMMON = 1 / 3


def still_fits(names: Names, namer: str, shown: Sequence[str]) -> bool:
    """Whether names that an earlier run was given may stand.

    Args:
        namer: id of the namer that would be asked now.
        shown: ids of the items that it would be shown.
    """
    before, now = set(names.shown), set(shown)
    if names.namer != namer or not before or not now:
        return False
    return len(before & now) >= COMMON * len(before | now)
