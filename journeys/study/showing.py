"""A person's journeys as a condition of a study shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from journeys.journey import Journey, Names, UserJourneys
from journeys.study.design import Condition


class Record(Protocol):
    """A naming, as :class:`journeys.store.rows.NamingRecord`."""

    @property
    def names(self) -> Names: ...


def under_condition(
    found: UserJourneys, condition: Condition, records: Mapping[str, Sequence[Record]]
) -> UserJourneys:
    """The journeys with the names of a condition's namer; those that it has not named are left out.

    Args:
        records: journey id -> every naming of it, oldest first; the newest of the namer is taken.
    """
    if not condition.namer:
        return found
    kept: list[Journey] = []
    position = np.full(len(found.journeys) + 1, -1, dtype=np.int64)
    for at, journey in enumerate(found.journeys):
        given = [
            record.names
            for record in records.get(journey.id, ())
            if record.names.namer == condition.namer
            and condition.prompts in ("", record.names.prompts)
        ]
        if given:
            position[at] = len(kept)
            kept.append(replace(journey, names=given[-1]))
    # The label -1 (unassigned) finds the last entry, which stays -1.
    return replace(found, journeys=tuple(kept), labels=position[found.labels])
