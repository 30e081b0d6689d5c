"""What a run found, saved and read back."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from journeys.discovery import DiscoveryConfig, Tools, discover
from journeys.discovery.storage import PERSON_NAMER, MemoryStorage
from journeys.embedding import MemoryVectorCache
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import StoreError
from journeys.journey import Journey, Names, UserJourneys
from journeys.store import Store
from journeys.store.replacing import replace_journeys
from journeys.timeline import ActivityLog, Timeline
from tests.logs import make_log


class Found:
    """A real discovery over a small log, saved person by person."""

    def __init__(self, store: Store) -> None:
        self.log_id = store.logs.add(make_log(users=3), "log")
        self.run_id = store.runs.create(self.log_id, {})
        self.timelines = dict(store.logs.timelines(self.log_id))
        pseudonymous = ActivityLog(_joined(list(self.timelines.values())))
        tools = Tools(FakeEmbedder(), MemoryVectorCache(), store.maps, b"k" * 32)
        found = discover(pseudonymous, DiscoveryConfig(map="none"), tools=tools)
        by_user = {user.user_id: user for user in found.users}
        self.results = {p: by_user[t.user_id] for p, t in self.timelines.items()}
        for person, result in self.results.items():
            event_ids = self.timelines[person].frame["event_id"].to_numpy()
            store.results.save_user(self.run_id, person, event_ids, result)

    @property
    def journeys(self) -> list[tuple[int, Journey]]:
        return [(p, j) for p, result in self.results.items() for j in result.journeys]


def _joined(timelines: list[Timeline]) -> pd.DataFrame:
    frame = pd.concat([timeline.frame for timeline in timelines])
    return frame.drop(columns=["event_id", "text_key"])


@pytest.fixture
def found(store: Store) -> Found:
    return Found(store)


def names(text: str, namer: str = "llm:x", provisional: bool = False) -> Names:
    levels = (f"{text} 1", f"{text} 2", f"{text} 3", f"{text} 4", f"{text} 5")
    return Names(levels, namer, provisional, (2, 5), ("a" * 64,))


def same(read: UserJourneys, saved: UserJourneys) -> None:
    assert (read.user_id, read.note, read.start) == (saved.user_id, saved.note, saved.start)
    for name in ("labels", "membership"):
        left, right = getattr(read, name), getattr(saved, name)
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)
    assert len(read.journeys) == len(saved.journeys)
    for one, other in zip(read.journeys, saved.journeys, strict=True):
        np.testing.assert_array_equal(one.members, other.members)
        for field in fields(Journey):
            if field.name != "members":
                assert getattr(one, field.name) == getattr(other, field.name), field.name


def test_what_is_saved_is_read(store: Store, found: Found) -> None:
    assert len(found.journeys) >= 6
    for person, saved in found.results.items():
        same(store.results.user(found.run_id, person, found.timelines[person]), saved)
        # A timeline that was read alone begins at row 0, and is otherwise the same.
        alone = store.results.user(found.run_id, person, store.logs.timeline(person))
        same(alone, replace(saved, start=0))


def test_stability_boundary_and_family_are_read_as_saved(store: Store, found: Found) -> None:
    person, saved = next((p, r) for p, r in found.results.items() if r.journeys)
    second = store.runs.create(found.log_id, {})
    journeys = tuple(
        replace(j, stability=0.25 * at, family=at, boundary=tuple(j.members[:at].tolist()))
        for at, j in enumerate(saved.journeys)
    )
    changed = replace(saved, journeys=journeys, stability=0.125)
    event_ids = found.timelines[person].frame["event_id"].to_numpy()
    store.results.save_user(second, person, event_ids, changed)
    read = store.results.user(second, person, found.timelines[person])
    same(read, changed)
    assert read.stability == 0.125


def test_replacing_loses_no_name_and_brings_journeys_back(store: Store, found: Found) -> None:
    person, saved = next((p, r) for p, r in found.results.items() if len(r.journeys) > 1)
    timeline = found.timelines[person]
    event_ids = timeline.frame["event_id"].to_numpy()
    first = saved.journeys[0]
    store.results.add_names(found.run_id, first.id, names("mine", PERSON_NAMER))
    labels = np.where(saved.labels == 0, -1, saved.labels - 1)
    less = replace(saved, journeys=saved.journeys[1:], labels=labels)
    with store.engine.begin() as connection:
        replace_journeys(connection, found.run_id, person, event_ids, less)
    same(store.results.user(found.run_id, person, timeline), less)
    assert first.id not in {j for _, j in store.results.unnamed(found.run_id, "llm:x")}
    assert store.results.counts(found.run_id)[0] == len(found.journeys) - 1
    with store.engine.begin() as connection:
        replace_journeys(connection, found.run_id, person, event_ids, saved)
    back = store.results.user(found.run_id, person, timeline)
    assert back.journeys[0].names == names("mine", PERSON_NAMER)
    np.testing.assert_array_equal(back.labels, saved.labels)
    with pytest.raises(StoreError, match="no result"), store.engine.begin() as connection:
        replace_journeys(connection, 99, person, event_ids, saved)


def test_a_person_without_journeys_keeps_the_reason(store: Store, found: Found) -> None:
    ((person, saved),) = [(p, r) for p, r in found.results.items() if not r.journeys]
    read = store.results.user(found.run_id, person, found.timelines[person])
    assert read.note == saved.note
    assert read.note.startswith("min_user_events")
    assert read.unassigned_share == 1.0


def test_unassigned_events_stay_unassigned(store: Store, found: Found) -> None:
    person, saved = next((p, r) for p, r in found.results.items() if r.journeys)
    second = store.runs.create(found.log_id, {})
    labels, membership = saved.labels.copy(), saved.membership.copy()
    labels[::5], membership[::5] = -1, 0.0
    journeys = tuple(
        replace(j, members=np.flatnonzero(labels == at)) for at, j in enumerate(saved.journeys)
    )
    changed = replace(saved, labels=labels, membership=membership, journeys=journeys)
    event_ids = found.timelines[person].frame["event_id"].to_numpy()
    store.results.save_user(second, person, event_ids, changed)
    same(store.results.user(second, person, found.timelines[person]), changed)
    same(store.results.user(found.run_id, person, found.timelines[person]), saved)


def test_a_person_is_saved_whole_or_not_at_all(store: Store, found: Found) -> None:
    person, saved = next((p, r) for p, r in found.results.items() if r.journeys)
    second = store.runs.create(found.log_id, {})
    too_few = found.timelines[person].frame["event_id"].to_numpy()[:-1]
    with pytest.raises((ValueError, IndexError)):
        store.results.save_user(second, person, too_few, saved)
    assert store.results.finished_people(second) == set()
    assert store.results.counts(second)[0] == 0


def test_people_and_counts(store: Store, found: Found) -> None:
    people = store.results.people(found.run_id)
    assert {p.person_id for p in people} == store.results.finished_people(found.run_id)
    assert [p.n_journeys for p in people] == sorted((p.n_journeys for p in people), reverse=True)
    for p in people:
        saved = found.results[p.person_id]
        assert p.pseudonym == saved.user_id
        assert (p.n_events, p.n_journeys) == (len(saved.labels), len(saved.journeys))
        assert p.n_unassigned == int((saved.labels < 0).sum())
    assert store.results.counts(found.run_id) == (
        len(found.journeys),
        sum(not j.names.provisional for _, j in found.journeys),
    )
    assert store.results.counts(found.run_id)[0] == len(found.journeys)
    latest = store.runs.latest_with_results(found.log_id)
    assert latest is not None
    assert latest.id == found.run_id


def test_everybodys_strongest_journey_is_named_first(store: Store, found: Found) -> None:
    waiting = store.results.unnamed(found.run_id, "llm:x")
    rank = {journey.id: journey.rank for _, journey in found.journeys}
    order = [(rank[journey_id], person) for person, journey_id in waiting]
    assert order == sorted(order)
    assert {j for _, j in waiting} == set(rank)
    memory = MemoryStorage(make_log(users=3), b"k")
    memory.results = dict(found.results)
    assert list(memory.unnamed("llm:x")) == list(waiting)
    first, second = waiting[0][1], waiting[1][1]
    store.results.add_names(found.run_id, first, names("model"))
    store.results.add_names(found.run_id, second, names("mine", PERSON_NAMER))
    assert store.results.unnamed(found.run_id, "llm:x") == waiting[2:]
    left_for_another = store.results.unnamed(found.run_id, "llm:y")
    assert [j for _, j in left_for_another] == [j for _, j in waiting if j != second]


def test_the_newest_names_count(store: Store, found: Found) -> None:
    person, journey = found.journeys[0]

    def current() -> Names:
        read = store.results.user(found.run_id, person, found.timelines[person])
        return next(j.names for j in read.journeys if j.id == journey.id)

    assert current() == journey.names
    assert current().provisional
    store.results.add_names(found.run_id, journey.id, names("first"))
    store.results.add_names(found.run_id, journey.id, names("second"))
    assert current() == names("second")
    history = store.results.names_history(found.run_id, journey.id)
    assert [h.names for h in history] == [names("second"), names("first"), journey.names]
    assert history[0].created_at >= history[-1].created_at > 0
    journeys, final = store.results.counts(found.run_id)
    assert (journeys, final) == (len(found.journeys), 1)
    # Others of the same person, and the same journey in another run, are untouched.
    others = store.results.user(found.run_id, person, found.timelines[person]).journeys
    assert all(j.names.provisional for j in others if j.id != journey.id)


def test_a_persons_names_stand_and_can_be_taken_back(store: Store, found: Found) -> None:
    person, journey = found.journeys[0]
    run_id = found.run_id

    def shown() -> str:
        read = store.results.user(run_id, person, found.timelines[person])
        return next(j.name() for j in read.journeys if j.id == journey.id)

    assert not store.results.undo_names(run_id, journey.id)
    store.results.add_names(run_id, journey.id, names("model"))
    assert not store.results.undo_names(run_id, journey.id)
    store.results.add_names(run_id, journey.id, names("mine", PERSON_NAMER))
    store.results.add_names(run_id, journey.id, names("mine again", PERSON_NAMER))
    # A model's answer that was on its way while the person wrote comes too late.
    store.results.add_names(run_id, journey.id, names("late model"))
    assert shown() == "mine again 3"
    assert [h.names.at(1) for h in store.results.names_history(run_id, journey.id)] == [
        "mine again 1",
        "mine 1",
        "late model 1",
        "model 1",
        journey.name(1),
    ]
    assert store.results.undo_names(run_id, journey.id)
    assert shown() == "mine 3"
    assert store.results.undo_names(run_id, journey.id)
    assert shown() == "late model 3"
    assert not store.results.undo_names(run_id, journey.id)


def test_names_for_a_journey_that_is_gone(store: Store, found: Found) -> None:
    with pytest.raises(StoreError, match="erased"):
        store.results.add_names(found.run_id, "j-not-there", names("x"))


def test_maps_belong_to_a_person_and_run(store: Store, found: Found) -> None:
    person = next(iter(found.results))
    assert store.results.map_points(found.run_id, person) is None
    points = np.arange(12, dtype=np.float32).reshape(6, 2)
    store.maps.put("key", points)
    store.results.set_map(found.run_id, person, "key")
    read = store.results.map_points(found.run_id, person)
    assert read is not None
    np.testing.assert_array_equal(read, points)
    other = store.runs.create(found.log_id, {})
    assert store.results.map_points(other, person) is None
    (record,) = [p for p in store.results.people(found.run_id) if p.person_id == person]
    assert record.map_key == "key"


def test_assignments_list_every_event(store: Store, found: Found) -> None:
    expected = []
    for timeline, result in sorted(
        ((found.timelines[p], r) for p, r in found.results.items()), key=lambda x: x[0].user_id
    ):
        ids = [j.id for j in result.journeys] + [""]
        for event, label in zip(timeline, result.labels, strict=True):
            time = int(event.timestamp.timestamp()) * 1_000_000
            expected.append((timeline.user_id, event.item_id, time, ids[label]))
    assert [tuple(row) for row in store.results.assignments(found.run_id)] == expected


def test_deleting_a_run_takes_its_results_and_leaves_the_log(store: Store, found: Found) -> None:
    store.runs.delete(found.run_id)
    assert store.results.counts(found.run_id) == (0, 0)
    assert list(store.results.assignments(found.run_id)) == []
    assert store.results.people(found.run_id) == []
    assert store.logs.get(found.log_id).n_events == sum(len(t) for t in found.timelines.values())


def test_names_that_are_saved_again_are_there_once(store: Store, found: Found) -> None:
    """A person who saw no answer, since the app was killed, presses the button again."""
    _, journey = found.journeys[0]
    for text in ("mine", "mine", "other", "mine"):
        store.results.add_names(found.run_id, journey.id, names(text, PERSON_NAMER))
    told = [r.names.levels[0] for r in store.results.names_history(found.run_id, journey.id)]
    assert told[:3] == [names(text).levels[0] for text in ("mine", "other", "mine")]
    assert len(told) == 4
