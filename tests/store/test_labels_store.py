"""Labels of names: one a rater and name, taken back one by one, gone with the person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from journeys.errors import StoreError
from journeys.journey import Names
from journeys.store import Label, Store
from journeys.store.labels import FOIL
from tests.store.test_ratings_store import journeys, run_id

__all__ = ["journeys", "run_id"]  # fixtures


@pytest.fixture
def label(journeys: list[str]) -> Label:
    return Label(journeys[0], 3, "playing the ukulele", ("keyphrase", "llm:x"), "person:ab", 4,
                 "broad")  # fmt: skip


def test_a_label_comes_back(store: Store, run_id: int, label: Label) -> None:
    store.labels.save(run_id, label)
    (record,) = store.labels.of_run(run_id)
    assert record.label == label
    assert record.created_at > 0
    assert record.pseudonym in {p.pseudonym for p in store.results.people(run_id)}
    assert label.by_person
    assert not label.foil


def test_a_changed_mind_replaces_only_the_raters_own_label(
    store: Store, run_id: int, label: Label
) -> None:
    other = replace(label, rater="person:cd", fit=2)
    store.labels.save(run_id, label)
    store.labels.save(run_id, other)
    changed = replace(label, fit=1, specificity="")
    store.labels.save(run_id, changed)
    assert [r.label for r in store.labels.of_run(run_id)] == [other, changed]
    assert [r.label for r in store.labels.of_run(run_id, "person:ab")] == [changed]


def test_undo_takes_back_the_newest_of_one_rater(store: Store, run_id: int, label: Label) -> None:
    later = replace(label, level=4)
    other = replace(label, rater="person:cd")
    for one in (label, later, other):
        store.labels.save(run_id, one)
    assert store.labels.undo(run_id, "person:ab") == later
    assert store.labels.undo(run_id, "person:ab") == label
    assert store.labels.undo(run_id, "person:ab") is None
    assert [r.label for r in store.labels.of_run(run_id)] == [other]


def test_erasing_a_person_erases_labels_about_them(
    store: Store, run_id: int, journeys: list[str], label: Label
) -> None:
    mine, theirs = label, replace(label, journey_id=journeys[2], rater="judge:x")
    store.labels.save(run_id, mine)
    store.labels.save(run_id, theirs)
    people = {p.pseudonym: p.person_id for p in store.results.people(run_id)}
    owner = {r.label.journey_id: r.pseudonym for r in store.labels.of_run(run_id)}
    assert owner[mine.journey_id] != owner[theirs.journey_id]
    store.erase_person(people[owner[mine.journey_id]])
    assert [r.label for r in store.labels.of_run(run_id)] == [theirs]
    with pytest.raises(StoreError, match="erased"):
        store.labels.save(run_id, mine)


def test_deleting_a_run_deletes_its_labels(store: Store, run_id: int, label: Label) -> None:
    store.labels.save(run_id, label)
    store.runs.delete(run_id)
    assert not store.labels.of_run(run_id)
    assert not store.labels.labelled_runs()


def test_a_run_counts_as_labelled_by_people_only(store: Store, run_id: int, label: Label) -> None:
    store.labels.save(run_id, replace(label, rater="judge:x"))
    assert not store.labels.labelled_runs()
    store.labels.save(run_id, label)
    assert store.labels.labelled_runs() == [run_id]


def test_namings_have_the_history_and_say_what_counts(
    store: Store, run_id: int, journeys: list[str]
) -> None:
    by_hand = Names(("p", "q", "r", "s", "t"), "person")
    store.results.add_names(run_id, journeys[0], by_hand)
    store.results.add_names(run_id, journeys[0], replace(by_hand, namer="llm:x"))
    own = [g for g in store.labels.namings(run_id) if g.journey_id == journeys[0]]
    assert [(g.names.namer, g.counts) for g in own] == [
        ("keyphrase", False),
        ("person", True),
        ("llm:x", False),
    ]
    assert len(store.labels.namings(run_id)) == len(journeys) + 2


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"fit": 0}, "fit"),
        ({"fit": 6}, "fit"),
        ({"level": 6}, "level"),
        ({"specificity": "wide"}, "specificity"),
        ({"specificity": ""}, "specificity"),
        ({"rater": "ab"}, "rater"),
    ],
)
def test_labels_off_the_scale_are_refused(bad: dict[str, object], message: str) -> None:
    good = Label("j", 3, "name", (FOIL,), "person:ab", 3, "right")
    assert good.foil
    with pytest.raises(ValueError, match=message):
        replace(good, **bad)  # type: ignore[arg-type]


def test_a_draw_of_journeys_is_of_so_many_and_the_same_for_a_seed(
    store: Store, run_id: int, journeys: list[str]
) -> None:
    whole = store.labels.namings(run_id)
    assert store.labels.namings(run_id, most=len(journeys)) == whole
    assert store.labels.namers(run_id) == ["keyphrase"]
    draws = []
    for seed in range(12):
        some = store.labels.namings(run_id, most=2, seed=seed)
        assert [given for given in whole if given in some] == some
        assert len({given.journey_id for given in some}) == 2
        assert store.labels.namings(run_id, most=2, seed=seed) == some
        draws.append(frozenset(given.journey_id for given in some))
    assert not store.labels.begun(run_id)
