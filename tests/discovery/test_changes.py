"""From one set of journeys to another: hand-checked cases, and what holds for any two."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.discovery.changes import SAME, Change, Flow, compare, kept_pairs
from journeys.journey import Journey, Names, UserJourneys

_AT = datetime(2024, 1, 1, tzinfo=UTC)


def journeys_of(labels: list[int]) -> UserJourneys:
    """A person whose events have these journeys; labels are made 0 to k-1."""
    array = np.array(labels, dtype=np.int64)
    present = np.unique(array[array >= 0])
    array = np.where(array >= 0, np.searchsorted(present, array), -1)
    journeys = tuple(
        Journey(
            id=f"j{at}",
            user_id="u",
            rank=at + 1,
            score=0.5,
            stage="ongoing",
            kind="evergreen",
            confidence=1.0,
            members=np.flatnonzero(array == at),
            central=(),
            first_seen=_AT,
            last_seen=_AT,
            active_months=1,
            keyphrases=(),
            names=Names(("a", "b", f"name {at}", "d", "e"), "test"),
        )
        for at in range(len(present))
    )
    return UserJourneys("u", journeys, array, np.ones(len(array), np.float32))


def test_nothing_changes_where_nothing_changed() -> None:
    same = journeys_of([0, 0, 1, 1, -1])
    found = compare(same, same)
    assert found.changes == (Change("stays", (0,), (0,), 2), Change("stays", (1,), (1,), 2))
    assert found.flows == (Flow(0, 0, 2), Flow(1, 1, 2), Flow(-1, -1, 1))
    assert (found.unassigned_before, found.unassigned_after, found.events) == (1, 1, 5)


def test_each_kind_of_change_by_hand() -> None:
    # 0 splits in 0 and 1; 1 and 2 merge into 2; 3 stays but for one of ten events; 4 vanishes
    # into no journey; what was in none appears as 4; 5 loses four of ten events, which no other
    # journey takes.
    before = [0] * 10 + [1] * 6 + [2] * 4 + [3] * 10 + [4] * 5 + [-1] * 5 + [5] * 10
    after = [0] * 6 + [1] * 4 + [2] * 10 + [3] * 9 + [-1] + [-1] * 5 + [4] * 5 + [5] * 6 + [-1] * 4
    found = compare(journeys_of(before), journeys_of(after))
    assert set(found.changes) == {
        Change("splits", (0,), (0, 1), 10),
        Change("merges", (1, 2), (2,), 10),
        Change("stays", (3,), (3,), 9),
        Change("vanishes", (4,), (), 0),
        Change("appears", (), (4,), 0),
        Change("changes", (5,), (5,), 6),
    }
    assert (found.unassigned_before, found.unassigned_after) == (5, 10)
    assert Flow(-1, 4, 5) in found.flows
    assert Flow(5, -1, 4) in found.flows


def test_a_journey_torn_between_two_bigger_ones_joins_neither() -> None:
    before = [0] * 6 + [1] * 20 + [2] * 20
    after = [1] * 3 + [2] * 3 + [1] * 20 + [2] * 20
    kinds = {
        change.kind: change for change in compare(journeys_of(before), journeys_of(after)).changes
    }
    assert set(kinds) == {"vanishes", "stays"}
    assert kinds["vanishes"].before == (0,)


def test_different_events_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        compare(journeys_of([0]), journeys_of([0, 0]))


@st.composite
def two_labellings(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    n = draw(st.integers(0, 60))
    labels = st.lists(st.integers(-1, 6), min_size=n, max_size=n)
    return draw(labels), draw(labels)


@given(two_labellings())
def test_every_journey_and_event_is_accounted_for_once(both: tuple[list[int], list[int]]) -> None:
    before, after = map(journeys_of, both)
    found = compare(before, after)
    assert sorted(at for c in found.changes for at in c.before) == list(range(len(before.journeys)))
    assert sorted(at for c in found.changes for at in c.after) == list(range(len(after.journeys)))
    assert sum(flow.events for flow in found.flows) == found.events == len(before.labels)
    assert all(flow.events > 0 for flow in found.flows)
    for at, size in enumerate(found.before_sizes):
        assert size == sum(flow.events for flow in found.flows if flow.before == at)
    for at, size in enumerate(found.after_sizes):
        assert size == sum(flow.events for flow in found.flows if flow.after == at)


_MIRRORED = {"splits": "merges", "merges": "splits", "vanishes": "appears", "appears": "vanishes"}


@given(two_labellings())
def test_read_backwards_splits_are_merges(both: tuple[list[int], list[int]]) -> None:
    before, after = map(journeys_of, both)
    backwards = {
        Change(_MIRRORED.get(c.kind, c.kind), c.after, c.before, c.events)  # type: ignore[arg-type]
        for c in compare(after, before).changes
    }
    assert set(compare(before, after).changes) == backwards


@given(two_labellings())
def test_kept_journeys_are_kept_once_and_by_enough_events(
    both: tuple[list[int], list[int]],
) -> None:
    before, after = map(journeys_of, both)
    pairs = kept_pairs(before, after)
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    for a, b in pairs:
        old = set(before.journeys[a].members.tolist())
        new = set(after.journeys[b].members.tolist())
        assert len(old & new) >= SAME * len(old | new)
    stays = {(c.before[0], c.after[0]) for c in compare(before, after).of("stays")}
    assert stays <= set(pairs)
