"""Which journey of an earlier run a journey is, so that names and ratings stay with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from journeys.discovery.storage import Earlier
from journeys.journey import journey_id


def carry_ids(members: Sequence[np.ndarray], earlier: Earlier) -> list[str | None]:
    """The ids that journeys inherit from an earlier run; None for a new journey.

    An earlier journey lives on in the journey that has more than half of its events (MONIC's
    rule of survival, Spiliopoulou et al., KDD 2006, section 3), so it has one heir at most, and
    who rated or named it finds there most of what they meant. It is the share of the earlier
    journey that counts and not that of the new one: a journey may grow to many times its size
    and is still the same. Of several that end in one, the one that brings most events gives its
    id, of equals the one with the earliest event; so the result depends on no numbering.

    Args:
        members: for each journey its positions in the timeline; disjoint.
        earlier: against the same timeline. Events that it lacks are left out of account.

    Returns:
        One entry a journey; no id twice.
    """
    inherited: list[str | None] = []
    sizes = np.bincount(earlier.labels[earlier.labels >= 0], minlength=len(earlier.ids))
    for positions in members:
        before = earlier.labels[positions]
        known = before >= 0
        labels, first, shared = np.unique(before[known], return_index=True, return_counts=True)
        began = positions[known][first]
        candidates = [
            (-int(count), int(start), int(label))
            for label, start, count in zip(labels, began, shared, strict=True)
            if 2 * count > sizes[label]
        ]
        inherited.append(earlier.ids[min(candidates)[2]] if candidates else None)
    return inherited


def fresh_id(
    user_id: str, items: Sequence[str], times: Sequence[int], taken: Collection[str]
) -> str:
    """An id made of the members as by :func:`~journeys.journey.journey_id`, but none of ``taken``.

    An inherited id was made of the members that its journey once had. Another journey may have
    exactly those now, and gets another id.
    """
    found = journey_id(user_id, items, times)
    attempt = 0
    while found in taken:
        attempt += 1
        found = journey_id(f"{user_id}\x1d{attempt}", items, times)
    return found


def journey_ids(
    user_id: str,
    members: Sequence[np.ndarray],
    items: Sequence[str],
    times: Sequence[int],
    earlier: Earlier | None,
) -> list[str]:
    """An id for each journey: inherited where there is something to inherit, else fresh.

    Args:
        items, times: item ids and microseconds of the whole timeline.
    """
    inherited = carry_ids(members, earlier) if earlier else [None] * len(members)
    # An id that died out is not given again either: somebody may have rated under it.
    taken = set(earlier.ids) if earlier else set()
    ids = []
    for positions, kept in zip(members, inherited, strict=True):
        if kept is None:
            at = positions.tolist()
            kept = fresh_id(user_id, [items[i] for i in at], [times[i] for i in at], taken)
            taken.add(kept)
        ids.append(kept)
    return ids
