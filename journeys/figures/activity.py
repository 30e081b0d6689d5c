"""When a journey was pursued: events a month, and stretches of months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: So many empty months do not end a stretch: a holiday is not the end of a journey.
BRIDGED_MONTHS = 1


@dataclass(frozen=True)
class Stretch:
    """Months of activity without a long break; both ends are active months (``datetime64[M]``)."""

    first: np.datetime64
    last: np.datetime64
    events: int


def monthly_counts(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Active calendar months (UTC) and the events in each.

    Args:
        times: microseconds since 1970-01-01 UTC, any order.

    Returns:
        months as ``datetime64[M]``, ascending, and counts, both of shape ``(active months,)``.
    """
    months = np.asarray(times, dtype="datetime64[us]").astype("datetime64[M]")
    found, counts = np.unique(months, return_counts=True)
    return found, counts


def stretches(
    months: np.ndarray, counts: np.ndarray, bridged: int = BRIDGED_MONTHS
) -> Sequence[Stretch]:
    """The months as :func:`monthly_counts` gives them, joined over at most ``bridged`` empty ones.

    Every event is in exactly one stretch.
    """
    if not len(months):
        return ()
    breaks = np.flatnonzero(np.diff(months).astype(int) > bridged + 1) + 1
    return tuple(
        Stretch(part[0], part[-1], int(events.sum()))
        for part, events in zip(np.split(months, breaks), np.split(counts, breaks), strict=True)
    )
