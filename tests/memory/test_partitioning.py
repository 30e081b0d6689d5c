"""Partitions: no event lost or moved, and the same however the stream was cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.errors import ConfigError
from journeys.memory.partitioning import Stream, late, partition
from journeys.memory.policies import (
    ByChange,
    ByGap,
    BySize,
    Policy,
    policy_from_dict,
    policy_to_dict,
    total_variation,
)

DAY = 86_400_000_000

policies: st.SearchStrategy[Policy] = st.one_of(
    st.builds(BySize, st.integers(2, 12)),
    st.builds(ByGap, st.sampled_from([1.0, 7.0]), st.integers(2, 4), st.integers(5, 12)),
    st.builds(
        ByChange,
        st.integers(2, 3),
        st.sampled_from([0.3, 0.6, 1.0]),
        st.integers(2, 4),
        st.integers(8, 15),
    ),
)
events = st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["", "a", "b", "c"])), max_size=80)


def stream(rows: list[tuple[int, str]]) -> Stream:
    return Stream.of(
        list(range(1, len(rows) + 1)), [day * DAY for day, _ in rows], [name for _, name in rows]
    )


EMPTY = Stream.of([], [])


@given(events, policies)
def test_every_event_is_in_one_partition_or_in_the_cache(
    rows: list[tuple[int, str]], policy: Policy
) -> None:
    whole = stream(rows)
    closed, cache = partition(EMPTY, whole, policy)
    ids = [event for part in (*closed, cache) for event in part.ids.tolist()]
    assert ids == whole.ids.tolist()
    assert policy.first_cut(cache.times, cache.journeys) is None


@given(events, policies, st.lists(st.integers(1, 9), min_size=1, max_size=80))
def test_partitions_do_not_depend_on_how_the_stream_was_cut(
    rows: list[tuple[int, str]], policy: Policy, sizes: list[int]
) -> None:
    whole = stream(rows)
    at_once, left = partition(EMPTY, whole, policy)
    step_by_step: list[Stream] = []
    cache, start = EMPTY, 0
    for size in sizes * (len(rows) + 1):
        if start >= len(whole):
            break
        closed, cache = partition(cache, whole.part(start, start + size), policy)
        step_by_step += closed
        start += size
    assert [p.ids.tolist() for p in step_by_step] == [p.ids.tolist() for p in at_once]
    assert cache.ids.tolist() == left.ids.tolist()


def test_a_partition_by_size_holds_that_many() -> None:
    closed, cache = partition(EMPTY, stream([(day, "") for day in range(45)]), BySize(20))
    assert [len(part) for part in closed] == [20, 20]
    assert len(cache) == 5


def test_a_pause_ends_a_partition_that_has_enough() -> None:
    days = [0, 1, 30, 31, 32, 33, 60, 61]
    closed, cache = partition(EMPTY, stream([(d, "") for d in days]), ByGap(14, least=3, most=50))
    # The first pause comes after two events only.
    assert [part.ids.tolist() for part in closed] == [[1, 2, 3, 4, 5, 6]]
    assert cache.ids.tolist() == [7, 8]


def test_a_change_of_journeys_ends_a_partition() -> None:
    names = ["a"] * 10 + ["b"] * 6
    policy = ByChange(window=4, distance=0.9, least=4, most=50)
    closed, cache = partition(EMPTY, stream([(d, n) for d, n in enumerate(names)]), policy)
    assert [part.journeys for part in closed] == [("a",) * 10]
    assert cache.journeys == ("b",) * 6


def test_a_late_event_enters_the_cache_in_its_place() -> None:
    _, cache = partition(EMPTY, stream([(day, "") for day in range(10, 13)]), BySize(5))
    late_one = Stream.of([99], [11 * DAY + 1])
    closed, cache = partition(cache, late_one, BySize(5))
    assert not closed
    assert cache.ids.tolist() == [1, 2, 99, 3]
    assert late(cache, None) == 0
    assert late(cache, 12 * DAY) == 3


def test_total_variation_by_hand() -> None:
    assert total_variation(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(1 / 3)
    assert total_variation(["a", ""], ["b"]) == 1.0
    assert total_variation(["", ""], ["b"]) == 0.0


@given(policies)
def test_a_policy_is_read_back_as_it_was(policy: Policy) -> None:
    assert policy_from_dict(policy_to_dict(policy)) == policy


@pytest.mark.parametrize(
    "values",
    [{"kind": "moon"}, {"kind": "size", "size": 1}, {"kind": "size", "length": 3}, {}],
)
def test_a_policy_that_cannot_be_is_told(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        policy_from_dict(values)


def test_a_stream_keeps_the_order_of_arrival_at_equal_times() -> None:
    both = Stream.of([5, 3], [DAY, DAY]).with_(Stream.of([4], [DAY]))
    assert both.ids.tolist() == [5, 3, 4]
    assert both.times.dtype == np.int64
