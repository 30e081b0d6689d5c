"""Edits: what each does to any clustering, as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.editing import Edit, EditKind, apply_edits, without_small
from journeys.extraction.base import Clusters


def clusters(labels: list[int], sure: float = 0.5) -> Clusters:
    return Clusters.of(np.array(labels, dtype=np.int64), np.full(len(labels), sure, np.float32))


def after(labels: list[int], *edits: Edit) -> list[int]:
    result: list[int] = apply_edits(clusters(labels), edits).labels.tolist()
    return result


KINDS: tuple[EditKind, ...] = ("merge", "split", "move")
LABELS = st.lists(st.integers(-1, 4), min_size=1, max_size=24)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Clusters, Edit]:
    """A clustering and an edit about some of its events, not all of which need exist."""
    found = clusters(draw(LABELS))
    position = st.integers(0, len(found.labels) + 2)
    events = draw(st.lists(position, max_size=10))
    anchor = draw(st.lists(position, max_size=10))
    kind = draw(st.sampled_from(KINDS))
    return found, Edit(kind, tuple(events), tuple(anchor))


def there(edit: Edit, found: Clusters) -> tuple[list[int], list[int]]:
    n = len(found.labels)
    return [e for e in edit.events if e < n], [a for a in edit.anchor if a < n]


@given(cases())
def test_what_comes_out_is_a_valid_clustering_and_the_input_is_left_alone(
    case: tuple[Clusters, Edit],
) -> None:
    found, edit = case
    labels, membership = found.labels.copy(), found.membership.copy()
    result = apply_edits(found, [edit])
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_array_equal(found.membership, membership)
    assert result.labels.shape == labels.shape
    assert result.labels.dtype == np.int64
    # Numbered by first event, without gaps: no group is empty.
    first = [int(np.flatnonzero(result.labels == c)[0]) for c in range(len(result))]
    assert first == sorted(first)
    assert set(result.labels.tolist()) <= {-1, *range(len(result))}
    assert ((result.membership >= 0) & (result.membership <= 1)).all()


@given(cases())
def test_an_edit_applied_twice_changes_nothing_the_second_time(
    case: tuple[Clusters, Edit],
) -> None:
    found, edit = case
    once = apply_edits(found, [edit])
    twice = apply_edits(once, [edit])
    np.testing.assert_array_equal(once.labels, twice.labels)
    np.testing.assert_array_equal(once.membership, twice.membership)


@given(cases())
def test_a_merge_puts_its_events_together_in_any_clustering(case: tuple[Clusters, Edit]) -> None:
    found, edit = case
    merge = Edit("merge", edit.events, edit.anchor)
    events, anchor = there(merge, found)
    result = apply_edits(found, [merge])
    if not events or not anchor:
        np.testing.assert_array_equal(result.labels, found.labels)
        return
    together = set(result.labels[events + anchor].tolist())
    assert len(together) == 1
    assert together != {-1}
    # Events that the edit does not name stay with most of their group, or come along with it.
    for group in range(len(found)):
        members = np.flatnonzero(found.labels == group)
        unnamed = [m for m in members.tolist() if m not in events + anchor]
        assert len(set(result.labels[unnamed].tolist())) <= 1


@given(cases())
def test_a_move_moves_only_these(case: tuple[Clusters, Edit]) -> None:
    found, edit = case
    move = Edit("move", edit.events, edit.anchor)
    events, anchor = there(move, found)
    result = apply_edits(found, [move])
    others = [at for at in range(len(found.labels)) if at not in events]
    same = found.labels[others][:, None] == found.labels[others][None, :]
    still = result.labels[others][:, None] == result.labels[others][None, :]
    np.testing.assert_array_equal(same, still)
    np.testing.assert_array_equal(found.labels[others] < 0, result.labels[others] < 0)
    np.testing.assert_array_equal(found.membership[others], result.membership[others])
    if events and not move.anchor:
        assert set(result.labels[events].tolist()) == {-1}
        assert set(result.membership[events].tolist()) == {0.0}
    elif events and (found.labels[anchor] >= 0).any():
        assert len(set(result.labels[events].tolist())) == 1
        assert set(result.membership[events].tolist()) == {1.0}


@given(cases())
def test_a_split_isolates(case: tuple[Clusters, Edit]) -> None:
    found, edit = case
    split = Edit("split", edit.events)
    events, _ = there(split, found)
    result = apply_edits(found, [split])
    if not events:
        np.testing.assert_array_equal(result.labels, found.labels)
        return
    (group,) = set(result.labels[events].tolist())
    assert sorted(np.flatnonzero(result.labels == group).tolist()) == sorted(set(events))
    assert set(result.membership[events].tolist()) == {1.0}


@given(cases())
def test_a_split_keeps_its_two_sides_apart(case: tuple[Clusters, Edit]) -> None:
    found, edit = case
    split = Edit("split", edit.events, edit.anchor)
    events, anchor = there(split, found)
    result = apply_edits(found, [split])
    rest = [a for a in anchor if a not in events]
    if events:
        assert len(set(result.labels[events].tolist())) == 1
        assert not set(result.labels[events].tolist()) & set(result.labels[rest].tolist())


def test_a_merge_takes_whole_groups_along_but_not_those_it_hardly_names() -> None:
    merge = Edit("merge", events=(0, 1, 2), anchor=(4, 5))
    # The group of the events, with one that came later (3), joins the anchor's.
    assert after([0, 0, 0, 0, 1, 1, 1], merge) == [0] * 7
    # In a clustering that has one of the events in a big other group, that group stays.
    assert after([0, 0, 2, 2, 1, 1, 2, 2], merge) == [0, 0, 0, 1, 0, 0, 1, 1]


def test_what_came_later_stays_with_what_was_split_off() -> None:
    split = Edit("split", events=(2, 3), anchor=(0, 1))
    assert after([0, 0, 0, 0], split) == [0, 0, 1, 1]
    # Position 4 came later and was put with the new group.
    assert after([0, 0, 1, 1, 1], split) == [0, 0, 1, 1, 1]
    # Where most of the group is something else, the events go.
    assert after([0, 0, 1, 1, 1, 1], split) == [0, 0, 1, 1, 2, 2]


def test_a_move_to_a_group_that_is_not_there_leaves_the_events() -> None:
    assert after([0, 0, -1], Edit("move", (0,), (2,))) == [0, 0, -1]


def test_edits_apply_in_their_order() -> None:
    split, merge = Edit("split", (0, 1), (2, 3)), Edit("merge", (0, 1), (4, 5))
    assert after([0, 0, 0, 0, 1, 1], split, merge) == [0, 0, 1, 1, 0, 0]
    assert after([0, 0, 0, 0, 1, 1], merge, split) == [0, 0, 1, 1, 2, 2]


def test_an_edit_whose_events_are_gone_is_passed_over() -> None:
    for kind in KINDS:
        assert after([0, 1, 1], Edit(kind, (7, 9), (0,))) == [0, 1, 1]
        assert after([0, 1, 1], Edit(kind, (), ())) == [0, 1, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_no_events_at_all(kind: EditKind) -> None:
    assert after([], Edit(kind, (0,), (1,))) == []


def test_small_groups_go_before_and_not_after_the_edits() -> None:
    found = without_small(clusters([0, 0, 0, 1, 1, -1]), 3)
    assert found.labels.tolist() == [0, 0, 0, -1, -1, -1]
    kept = apply_edits(found, [Edit("split", (3, 4))])
    assert kept.labels.tolist() == [0, 0, 0, 1, 1, -1]
