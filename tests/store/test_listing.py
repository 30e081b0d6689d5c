"""People in parts: everybody once and in order, found by pseudonym, and added up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from journeys.memory import BySize
from journeys.store import Store
from tests.logs import make_log
from tests.pages.filled import discovered


@pytest.fixture
def run(store: Store) -> tuple[int, int]:
    """A log of seven people, one of them without journeys, and its discovery."""
    return discovered(store, make_log(users=6))


def parts(read: Callable[..., Sequence[Any]], size: int) -> list[Any]:
    """All parts, one after the other, until one is empty."""
    found: list[Any] = []
    while part := read(limit=size, offset=len(found)):
        assert len(part) <= size
        found += part
    return found


@pytest.mark.parametrize("size", [1, 3, 100])
def test_parts_have_everybody_once_in_the_order_of_the_whole(
    store: Store, run: tuple[int, int], size: int
) -> None:
    log_id, run_id = run
    whole = store.results.people(run_id)
    assert parts(lambda **at: store.listing.of_run(run_id, **at), size) == list(whole)
    people = parts(lambda **at: store.listing.of_log(log_id, **at), size)
    assert people == sorted(
        store.logs.people(log_id), key=lambda person: (-person.n_events, person.pseudonym)
    )
    memory = store.memory.open(log_id, BySize(5), run_id)
    store.memory.append(memory)
    remembered = parts(lambda **at: store.listing.of_memory(memory, **at), size)
    assert remembered == list(store.memory.people(memory))
    assert store.listing.one_of_memory(memory, people[0].id) in remembered
    without = [p for p in whole if not p.n_journeys]
    assert parts(lambda **at: store.listing.without_journeys(run_id, **at), size) == without


def test_a_pseudonym_is_found_by_how_it_begins(store: Store, run: tuple[int, int]) -> None:
    log_id, run_id = run
    for person in store.results.people(run_id):
        (found,) = store.listing.of_run(run_id, beginning=person.pseudonym[:9], limit=5)
        assert found == person == store.listing.one_of_run(run_id, person.person_id)
        (of_log,) = store.listing.of_log(log_id, beginning=person.pseudonym[:9], limit=5)
        assert of_log == store.listing.one_of_log(log_id, person.person_id)
    for nobody in ("%", "_", "x' OR 1=1 --"):
        assert not store.listing.of_run(run_id, beginning=nobody, limit=5)
    assert store.listing.one_of_run(run_id + 1, 1) is None
    assert store.listing.one_of_log(log_id + 1, 1) is None


def test_totals_are_those_of_everybody(store: Store, run: tuple[int, int]) -> None:
    _, run_id = run
    people = store.results.people(run_id)
    totals = store.listing.totals(run_id)
    assert (totals.people, totals.events, totals.unassigned, totals.journeys) == (
        len(people),
        sum(p.n_events for p in people),
        sum(p.n_unassigned for p in people),
        sum(p.n_journeys for p in people),
    )
    assert totals.people == store.listing.number(run_id)
    assert totals.without == {"min_user_events": 1}
    assert totals.people_without == 1
    nothing = store.listing.totals(run_id + 1)
    assert (nothing.people, nothing.events, dict(nothing.without)) == (0, 0, {})


def test_a_sample_of_people_has_all_events_of_each(store: Store, run: tuple[int, int]) -> None:
    log_id, run_id = run
    whole = list(store.results.assignments(run_id))
    some = list(store.results.assignments(run_id, people=3))
    first = sorted(person.pseudonym for person in store.logs.people(log_id))[:3]
    assert some == [row for row in whole if row[0] in first]
    assert len(store.logs.some_titles(log_id, 10)) == 10
