"""Families: no journey is lost, and a heading says what is in it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.families import families, worth_grouping
from journeys.journey import Journey, Names


def journey(rank: int, family: int, field: str) -> Journey:
    day = datetime(2024, 1, 1, tzinfo=UTC)
    return Journey(
        id=f"j{rank}", user_id="u", rank=rank, score=0.5, stage="ongoing", kind="evergreen",
        confidence=1.0, members=np.array([rank]), central=(rank,), first_seen=day, last_seen=day,
        active_months=1, keyphrases=(), names=Names((field, "b", "c", "d", "e"), "test"),
        family=family,
    )  # fmt: skip


def test_the_family_of_the_strongest_comes_first_and_fields_are_told_once() -> None:
    found = families(
        [journey(2, 7, "Gardens"), journey(1, 3, "music"), journey(3, 7, "garden"),
         journey(4, 7, "bees"), journey(5, 7, "trees")]
    )  # fmt: skip
    assert [family.heading for family in found] == ["music", "Gardens, bees and 1 more"]
    assert [j.rank for j in found[1].journeys] == [2, 3, 4, 5]


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), max_size=12))
def test_no_journey_is_lost(groups: list[int]) -> None:
    journeys = [journey(rank, family, "x") for rank, family in enumerate(groups, start=1)]
    found = families(journeys)
    told = sorted(j.rank for family in found for j in family.journeys)
    assert told == list(range(1, len(groups) + 1))
    assert len(found) == len(set(groups))
    assert worth_grouping(journeys) == (1 < len(found) < len(journeys))
