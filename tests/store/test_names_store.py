"""Names beside those that count, choosing among them, and what stood before."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from journeys.errors import StoreError
from journeys.journey import Names
from journeys.store import Store
from journeys.store.naming_jobs import JobSubject
from tests.store.test_results import Found, names


@pytest.fixture
def found(store: Store) -> Found:
    return Found(store)


def now_called(store: Store, found: Found, at: int = 0) -> Names:
    person, journey = found.journeys[at]
    result = store.results.user(found.run_id, person, found.timelines[person])
    return next(j.names for j in result.journeys if j.id == journey.id)


def test_an_alternative_never_counts(store: Store, found: Found) -> None:
    person, journey = found.journeys[0]
    before = now_called(store, found)
    counted = store.results.counts(found.run_id)
    store.names.add_alternative(found.run_id, journey.id, names("other", "llm:b"))
    assert now_called(store, found) == before
    assert store.results.counts(found.run_id) == counted
    assert len(store.results.names_history(found.run_id, journey.id)) == 1
    assert (person, journey.id) in store.results.unnamed(found.run_id, "llm:b")
    assert not store.results.undo_names(found.run_id, journey.id)
    records = store.names.of_person(found.run_id, person)[journey.id]
    assert [(r.names.namer, r.alternative) for r in records] == [
        ("keyphrase", False),
        ("llm:b", True),
    ]


def test_the_same_alternative_is_kept_once(store: Store, found: Found) -> None:
    person, journey = found.journeys[0]
    for given in (names("one"), names("two"), names("one")):
        store.names.add_alternative(found.run_id, journey.id, given)
    assert len(store.names.of_person(found.run_id, person)[journey.id]) == 3


def test_what_was_chosen_stands_until_it_is_taken_back(store: Store, found: Found) -> None:
    person, journey = found.journeys[0]
    own, model = names("mine", "person"), names("other", "llm:b", provisional=True)
    store.results.add_names(found.run_id, journey.id, own)
    store.names.choose(found.run_id, journey.id, model)
    store.results.add_names(found.run_id, journey.id, names("late"))
    assert now_called(store, found) == names("other", "llm:b")
    assert (person, journey.id) not in store.results.unnamed(found.run_id, "llm:c")
    assert store.results.undo_names(found.run_id, journey.id)
    assert now_called(store, found) == own
    assert store.results.undo_names(found.run_id, journey.id)
    assert now_called(store, found) == names("late")


def test_names_over_time_span_runs_and_tell_each_once(store: Store, found: Found) -> None:
    person, journey = found.journeys[0]
    store.results.add_names(found.run_id, journey.id, names("first run"))
    store.names.add_alternative(found.run_id, journey.id, names("beside", "llm:b"))
    store.names.choose(found.run_id, journey.id, names("chosen", "llm:b"))
    later = store.runs.create(found.log_id, {})
    timeline = found.timelines[person]
    store.results.save_user(
        later, person, timeline.frame["event_id"].to_numpy(), found.results[person]
    )
    past = store.names.over_time(later, journey.id)
    assert past[0].names == names("chosen", "llm:b")
    assert past[0].chosen
    assert [r.names.at(1) for r in past].count("chosen 1") == 1, "carried over, told once"
    said = [(r.run_id, r.names.at(1)) for r in past[1:]]
    assert said == [
        (later, journey.name(1)),
        (found.run_id, "beside 1"),
        (found.run_id, "first run 1"),
        (found.run_id, journey.name(1)),
    ]
    # The earlier run knows nothing of the later.
    assert {r.run_id for r in store.names.over_time(found.run_id, journey.id)} == {found.run_id}


def test_names_for_a_journey_that_is_gone(store: Store, found: Found) -> None:
    for give in (store.names.add_alternative, store.names.choose):
        with pytest.raises(StoreError, match="no longer in the store"):
            give(found.run_id, "gone", names("x"))
    assert store.names.over_time(found.run_id, "gone") == []


def test_a_job_is_no_discovery_and_goes_with_its_run_or_person(store: Store, found: Found) -> None:
    person, _ = found.journeys[0]
    job = store.naming_jobs.create(found.run_id, person, {"namer": "local"})
    assert store.naming_jobs.subject(job) == JobSubject(found.run_id, person)
    newest = store.naming_jobs.newest(found.run_id, person)
    assert newest is not None
    assert newest.id == job
    assert job not in [run.id for run in store.runs.list(found.log_id)]
    assert job in [run.id for run in store.runs.list(found.log_id, every_kind=True)]
    assert job in store.runs.claimable()
    store.erase_person(person)
    with pytest.raises(StoreError):
        store.runs.get(job)

    other = next(p for p in found.timelines if p != person)
    job = store.naming_jobs.create(found.run_id, other, {})
    store.runs.delete(found.run_id)
    with pytest.raises(StoreError, match="erased"):
        store.naming_jobs.subject(job)
    assert store.runs.list(every_kind=True) == []
    with pytest.raises(StoreError, match="no run"):
        store.naming_jobs.create(found.run_id, other, {})


def test_no_row_of_a_job_is_left_behind(store: Store, found: Found) -> None:
    person, _ = found.journeys[0]
    store.naming_jobs.create(found.run_id, person, {})
    store.erase_person(person)
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM naming_job")) == 0
        assert connection.scalar(text("SELECT count(*) FROM run WHERE kind != 'discovery'")) == 0
