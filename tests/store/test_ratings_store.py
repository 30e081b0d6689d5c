"""Answers about journeys: one a rater and journey, changed in place, taken back when empty."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from journeys.errors import StoreError
from journeys.journey import Journey, Names, UserJourneys
from journeys.store import Answer, Store
from journeys.timeline import ActivityLog

ANSWER = Answer(4, "broad", "my own words, “quoted”", 3, "playing the ukulele", "keyphrase")


def journey(id: str, user: str, rank: int) -> Journey:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    names = Names(("a", "b", "c", "d", "e"), "keyphrase", True)
    member = np.array([rank - 1])
    return Journey(
        id, user, rank, 0.5, "ongoing", "evergreen", 0.9, member, (rank - 1,), moment, moment, 1,
        ("word",), names,
    )  # fmt: skip


@pytest.fixture
def run_id(store: Store, small_log: ActivityLog) -> int:
    """Two people with two journeys each: ``j{person's place by pseudonym}{rank}``."""
    log_id = store.logs.add(small_log, "log")
    run = store.runs.create(log_id, {})
    for at, person in enumerate(store.logs.people(log_id)):
        if person.n_events >= 2:
            timeline = store.logs.timeline(person.id)
            labels = np.array([0, 1, -1][: len(timeline)])
            found = UserJourneys(
                timeline.user_id,
                (journey(f"j{at}1", "u", 1), journey(f"j{at}2", "u", 2)),
                labels,
                np.ones(len(timeline), np.float32),
            )
            store.results.save_user(run, person.id, timeline.frame["event_id"].to_numpy(), found)
    return run


@pytest.fixture
def journeys(store: Store, run_id: int) -> list[str]:
    return [journey_id for _, journey_id in sorted(store.results.unnamed(run_id, "x"))]


def test_an_answer_comes_back_with_what_it_is_about(
    store: Store, run_id: int, journeys: list[str]
) -> None:
    store.ratings.save(run_id, journeys[1], ANSWER)
    (record,) = store.ratings.of_run(run_id)
    assert record.answer == ANSWER
    assert (record.run_id, record.journey_id, record.rater) == (run_id, journeys[1], "local")
    assert (record.journey_rank, record.journey_events) == (2, 1)
    assert record.pseudonym in {p.pseudonym for p in store.results.people(run_id)}
    assert record.created_at == record.updated_at > 0


def test_a_changed_mind_replaces_the_answer(store: Store, run_id: int, journeys: list[str]) -> None:
    store.ratings.save(run_id, journeys[0], ANSWER)
    (first,) = store.ratings.of_run(run_id)
    changed = replace(ANSWER, identification=1, specificity=None, own_words="")
    store.ratings.save(run_id, journeys[0], changed)
    (second,) = store.ratings.of_run(run_id)
    assert second.answer == changed
    assert second.created_at == first.created_at
    assert second.updated_at >= first.updated_at


def test_an_empty_answer_takes_the_earlier_one_back(
    store: Store, run_id: int, journeys: list[str]
) -> None:
    empty = replace(ANSWER, identification=None, specificity=None, own_words="")
    assert empty.empty
    store.ratings.save(run_id, journeys[0], empty)
    assert list(store.ratings.of_run(run_id)) == []
    store.ratings.save(run_id, journeys[0], ANSWER)
    store.ratings.save(run_id, journeys[1], ANSWER)
    store.ratings.save(run_id, journeys[0], empty)
    assert [r.journey_id for r in store.ratings.of_run(run_id)] == [journeys[1]]


@pytest.mark.parametrize(
    "partial",
    [{"identification": None}, {"specificity": None}, {"own_words": ""},
     {"identification": None, "own_words": ""}],
)  # fmt: skip
def test_a_part_of_an_answer_is_an_answer(
    store: Store, run_id: int, journeys: list[str], partial: dict[str, object]
) -> None:
    answer = replace(ANSWER, **partial)  # type: ignore[arg-type]
    store.ratings.save(run_id, journeys[0], answer)
    assert [r.answer for r in store.ratings.of_run(run_id)] == [answer]


def test_raters_do_not_overwrite_each_other(store: Store, run_id: int, journeys: list[str]) -> None:
    other = replace(ANSWER, identification=2)
    store.ratings.save(run_id, journeys[0], ANSWER, rater="p2")
    store.ratings.save(run_id, journeys[0], other, rater="p1")
    assert [(r.rater, r.answer) for r in store.ratings.of_run(run_id)] == [
        ("p1", other),
        ("p2", ANSWER),
    ]


def test_answers_come_by_person_and_rank(store: Store, run_id: int, journeys: list[str]) -> None:
    for journey_id in reversed(journeys):
        store.ratings.save(run_id, journey_id, ANSWER)
    records = store.ratings.of_run(run_id)
    assert [r.journey_id for r in records] == journeys
    keys = [(r.pseudonym, r.journey_rank) for r in records]
    assert keys == sorted(keys)
    person = store.results.people(run_id)[0]
    mine = store.ratings.of_run(run_id, person.person_id)
    assert {r.pseudonym for r in mine} == {person.pseudonym}
    assert len(mine) == 2


def test_a_journey_that_is_gone(store: Store, run_id: int, journeys: list[str]) -> None:
    with pytest.raises(StoreError, match="erased"):
        store.ratings.save(run_id, "j-not-there", ANSWER)
    store.ratings.save(run_id, journeys[0], ANSWER)
    store.runs.delete(run_id)
    assert list(store.ratings.of_run(run_id)) == []
    with pytest.raises(StoreError, match="erased"):
        store.ratings.save(run_id, journeys[0], ANSWER)


@pytest.mark.parametrize("bad", [{"identification": 0}, {"identification": 6},
                                 {"specificity": "wide"}])  # fmt: skip
def test_answers_outside_the_scale_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        replace(ANSWER, **bad)  # type: ignore[arg-type]


def test_counts_are_those_of_the_answers_that_stand(
    store: Store, run_id: int, journeys: list[str]
) -> None:
    for at, journey_id in enumerate(journeys):
        store.ratings.save(run_id, journey_id, replace(ANSWER, identification=1 + at % 2))
        store.ratings.save(run_id, journey_id, ANSWER, rater="another")
    store.ratings.save(run_id, journeys[0], replace(ANSWER, level=5, specificity=None))
    standing = [r for r in store.ratings.standing(run_id) if r.rater == "local"]
    counts = store.ratings.standing_counts(run_id, "local")
    by = Counter((r.answer.level, r.answer.identification, r.answer.specificity) for r in standing)
    assert {(c.level, c.identification, c.specificity): c.number for c in counts} == by
    log_id = store.runs.get(run_id).log_id
    assert store.ratings.number(log_id) == len(store.ratings.of_run(run_id)) == 2 * len(journeys)


def test_counts_follow_a_journey_into_the_next_run(
    store: Store, run_id: int, journeys: list[str]
) -> None:
    store.ratings.save(run_id, journeys[0], ANSWER)
    store.ratings.save(run_id, journeys[1], ANSWER)
    later = store.runs.create(store.runs.get(run_id).log_id, {})
    for person in store.results.people(run_id):
        timeline = store.logs.timeline(person.person_id)
        found = store.results.user(run_id, person.person_id, timeline)
        ids = timeline.frame["event_id"].to_numpy()
        store.results.save_user(later, person.person_id, ids, found)
    store.ratings.save(later, journeys[0], replace(ANSWER, identification=1))
    counts = store.ratings.standing_counts(later, "local")
    assert {c.identification: c.number for c in counts} == {1: 1, 4: 1}
    store.ratings.save(later, journeys[1], replace(ANSWER, identification=None, specificity=None,
                                                   own_words=""))  # fmt: skip
    assert [c.identification for c in store.ratings.standing_counts(later, "local")] == [1]
    assert [c.number for c in store.ratings.standing_counts(run_id, "local")] == [2]
