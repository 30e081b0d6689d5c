"""Which id a journey gets when an earlier run had found others."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from journeys.discovery.ids import carry_ids, fresh_id, journey_ids
from journeys.discovery.storage import NEW, Earlier
from journeys.journey import journey_id

LABELS = st.lists(st.integers(-1, 5), min_size=1, max_size=60)


def earlier_of(labels: list[int], names: str = "abcdef") -> Earlier:
    array = np.array(labels, dtype=np.int64)
    return Earlier(array, np.ones(len(array), np.float32), tuple(names), {})


def parts(labels: list[int] | np.ndarray) -> list[np.ndarray]:
    array = np.asarray(labels)
    return [np.flatnonzero(array == label) for label in np.unique(array[array >= 0])]


@given(LABELS)
def test_the_same_journeys_keep_their_ids(labels: list[int]) -> None:
    found = carry_ids(parts(labels), earlier_of(labels))
    assert found == ["abcdef"[label] for label in np.unique(labels) if label >= 0]


@given(LABELS, st.randoms(use_true_random=False))
def test_the_result_depends_on_no_numbering(labels: list[int], random) -> None:  # type: ignore[no-untyped-def]
    now = [random.choice([-1, 0, 1, 2, label]) for label in labels]
    order = random.sample(range(6), 6)
    renumbered = earlier_of(
        [order[label] if label >= 0 else label for label in labels],
        "".join("abcdef"[order.index(at)] for at in range(6)),
    )
    members = parts(now)
    expected = carry_ids(members, earlier_of(labels))
    assert carry_ids(members, renumbered) == expected
    assert carry_ids(members[::-1], renumbered) == expected[::-1]


@given(LABELS, st.data())
def test_an_id_has_one_heir_that_has_most_of_its_events(labels: list[int], data) -> None:  # type: ignore[no-untyped-def]
    size = len(labels)
    now = data.draw(st.lists(st.integers(-1, 7), min_size=size, max_size=size))
    members = parts(now)
    found = carry_ids(members, earlier_of(labels))
    kept = [id_ for id_ in found if id_ is not None]
    assert len(kept) == len(set(kept))
    before = np.array(labels)
    for positions, id_ in zip(members, found, strict=True):
        shares = {
            label: np.mean(np.isin(np.flatnonzero(before == label), positions))
            for label in np.unique(before[positions])
            if label >= 0
        }
        assert (id_ is None) == (max(shares.values(), default=0.0) <= 0.5)
        if id_ is not None:
            assert shares["abcdef".index(id_)] > 0.5


def test_of_two_that_merge_the_larger_gives_its_id() -> None:
    earlier = earlier_of([0] * 3 + [1] * 5)
    assert carry_ids([np.arange(8)], earlier) == ["b"]
    earlier = earlier_of([1, 1, 0, 0])
    assert carry_ids([np.arange(4)], earlier) == ["b"]


def test_of_a_split_the_part_with_more_than_half_stays() -> None:
    earlier = earlier_of([0] * 10)
    assert carry_ids([np.arange(4), np.arange(4, 10)], earlier) == [None, "a"]
    assert carry_ids([np.arange(5), np.arange(5, 10)], earlier) == [None, None]


def test_a_journey_may_outgrow_what_it_was() -> None:
    earlier = earlier_of([0] * 5 + [-1] * 3 + [NEW] * 200)
    assert carry_ids([np.arange(1, 208)], earlier) == ["a"]


def test_a_fresh_id_is_none_that_was_ever_given() -> None:
    items, times = ["x", "y"], [1, 2]
    plain = journey_id("ann", items, times)
    assert fresh_id("ann", items, times, ()) == plain
    other = fresh_id("ann", items, times, {plain})
    assert other != plain
    assert fresh_id("ann", items, times, {plain, other}) not in {plain, other}


def test_a_journey_with_the_members_another_once_had_gets_another_id() -> None:
    items, times = [f"i{at}" for at in range(12)], list(range(12))
    old = journey_id("ann", items[:4], times[:4])
    # The journey was found as events 0 to 3, lives on in 4 to 11, and 0 to 3 are a new one.
    labels = np.array([-1] * 4 + [0] * 8)
    earlier = Earlier(labels, np.ones(12, np.float32), (old,), {})
    ids = journey_ids("ann", [np.arange(4), np.arange(4, 12)], items, times, earlier)
    assert ids[1] == old
    assert ids[0] != old


def test_equal_events_in_two_journeys_do_not_share_an_id() -> None:
    ids = journey_ids("ann", [np.array([0]), np.array([1])], ["i", "i"], [5, 5], None)
    assert len(set(ids)) == 2
    assert ids[0] == journey_id("ann", ["i"], [5])
