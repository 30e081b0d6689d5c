"""Changes by hand on a real database: at once, undone exactly, and kept by later runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeys.discovery.storage import NEW, PERSON_NAMER
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import InputError, StoreError
from journeys.jobs.execute import execute
from journeys.jobs.storage import DatabaseStorage
from journeys.journey import Journey, Names, UserJourneys
from journeys.settings import Settings
from journeys.store import Answer, Store, open_store
from journeys.study.editing import Desk, open_desk
from journeys.study.export import ratings_csv
from journeys.timeline import ActivityLog
from tests.logs import make_log
from tests.pages.filled import discovered

ANSWER = Answer(4, "broad", "my words", 3, "a name", "keyphrase")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    opened = open_store(Settings.from_environment())
    yield opened
    opened.close()


@pytest.fixture
def log() -> ActivityLog:
    return make_log(users=1)


@pytest.fixture
def run_id(store: Store, log: ActivityLog) -> int:
    return discovered(store, log)[1]


def person(store: Store, run_id: int) -> int:
    """The person with most journeys."""
    return store.results.people(run_id)[0].person_id


def desk(store: Store, run_id: int) -> Desk:
    return open_desk(store, run_id, person(store, run_id))


def same(one: UserJourneys, other: UserJourneys) -> None:
    for name in ("labels", "membership"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.note, one.stability) == (other.note, other.stability)
    assert len(one.journeys) == len(other.journeys)
    for a, b in zip(one.journeys, other.journeys, strict=True):
        np.testing.assert_array_equal(a.members, b.members)
        for field in fields(Journey):
            if field.name != "members":
                assert getattr(a, field.name) == getattr(b, field.name), field.name


def grouping(found: UserJourneys) -> set[frozenset[int]]:
    return {frozenset(journey.members.tolist()) for journey in found.journeys}


def own(text: str) -> Names:
    return Names((text, text, text, text, text), PERSON_NAMER)


def merge(at: Desk) -> str:
    return at.merge(at.found.journeys[0].id, at.found.journeys[1].id)


def split(at: Desk) -> str:
    return at.split(at.found.journeys[0].members.tolist()[:4])


def move(at: Desk) -> str:
    return at.move(at.found.journeys[0].members.tolist()[:4], at.found.journeys[1].id)


def move_out(at: Desk) -> str:
    return at.move(at.found.journeys[0].members.tolist(), None)


CHANGES = [merge, split, move, move_out]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_shows_at_once_and_undo_restores_exactly_what_was_there(
    store: Store, run_id: int, change: Callable[[Desk], str]
) -> None:
    before = desk(store, run_id)
    first = before.found.journeys[0]
    store.results.add_names(run_id, first.id, own("mine"))
    store.ratings.save(run_id, first.id, ANSWER)
    before = desk(store, run_id)
    counts = store.results.counts(run_id)
    told = change(before)
    after = desk(store, run_id)
    assert grouping(after.found) != grouping(before.found)
    assert store.results.counts(run_id)[0] == len(after.found.journeys)
    (shown,) = [p for p in store.results.people(run_id) if p.person_id == before.person_id]
    assert shown.n_journeys == len(after.found.journeys)
    assert shown.n_unassigned == int((after.found.labels < 0).sum())
    assert after.undo() == told
    same(desk(store, run_id).found, before.found)
    assert store.results.counts(run_id) == counts
    (record,) = store.ratings.standing(run_id)
    assert (record.journey_id, record.answer) == (first.id, ANSWER)
    with pytest.raises(StoreError, match="no change left"):
        desk(store, run_id).undo()


def test_changes_are_undone_last_first(store: Store, run_id: int) -> None:
    states = [desk(store, run_id).found]
    for change in (split, merge, move):
        change(desk(store, run_id))
        states.append(desk(store, run_id).found)
    for state in states[-2::-1]:
        desk(store, run_id).undo()
        same(desk(store, run_id).found, state)


def test_the_words_of_a_change_name_what_it_is_about(store: Store, run_id: int) -> None:
    at = desk(store, run_id)
    one, other = at.found.journeys[:2]
    assert merge(at) in {
        f"merged “{a.name()}” into “{b.name()}”" for a, b in ((one, other), (other, one))
    }
    at = desk(store, run_id)
    assert at.move([0], None) == "moved 1 item out of all journeys"
    at = desk(store, run_id)
    journey = at.found.journeys[0]
    told = at.split(journey.members.tolist()[:2])
    assert told == f"made a new journey of 2 items from “{journey.name()}”"
    newest = store.edits.newest(at.person_id)
    assert newest is not None
    assert newest.words == told


def test_an_edit_that_cannot_be_leaves_everything_as_it_is(store: Store, run_id: int) -> None:
    at = desk(store, run_id)
    with pytest.raises(InputError):
        at.merge("j-gone", at.found.journeys[0].id)
    with pytest.raises(InputError):
        at.split([])
    assert store.edits.newest(at.person_id) is None
    same(desk(store, run_id).found, at.found)


def test_nobody_edits_under_a_discovery(store: Store, run_id: int) -> None:
    at = desk(store, run_id)
    merge(at)
    at = desk(store, run_id)
    store.runs.create(store.runs.get(run_id).log_id, {})
    with pytest.raises(StoreError, match="going on"):
        split(at)
    with pytest.raises(StoreError, match="going on"):
        at.undo()
    same(desk(store, run_id).found, at.found)


def test_a_journey_that_comes_back_has_its_names_and_ratings(store: Store, run_id: int) -> None:
    at = desk(store, run_id)
    one, other = at.found.journeys[:2]
    merge(at)
    (gone,) = {one.id, other.id} - {j.id for j in desk(store, run_id).found.journeys}
    journey = one if gone == one.id else other
    store.results.add_names(run_id, gone, own("named while it was away"))
    # Splitting just its events off again gives the id that it had.
    desk(store, run_id).split(journey.members.tolist())
    back = next(j for j in desk(store, run_id).found.journeys if j.id == gone)
    assert back.name() == "named while it was away"


def test_ratings_of_a_journey_that_is_gone_stay_in_the_export(store: Store, run_id: int) -> None:
    at = desk(store, run_id)
    for journey in at.found.journeys[:2]:
        store.ratings.save(run_id, journey.id, ANSWER)
    merge(at)
    assert len(store.ratings.standing(run_id)) == 1
    records = store.ratings.of_run(run_id)
    assert sorted(record.active for record in records) == [False, True]
    lines = ratings_csv(records).decode().splitlines()
    column = lines[0].split(",").index("active")
    assert sorted(line.split(",")[column] for line in lines[1:]) == ["no", "yes"]


def test_a_later_run_hears_of_the_edits_and_of_what_was_found(store: Store, run_id: int) -> None:
    at = desk(store, run_id)
    merge(at)
    split(desk(store, run_id))
    undone = desk(store, run_id)
    move(undone)
    desk(store, run_id).undo()
    found = desk(store, run_id).found
    log_id = store.runs.get(run_id).log_id
    later = store.runs.create(log_id, store.runs.get(run_id).config)
    storage = DatabaseStorage(store, later, "lease")
    timeline = store.logs.timeline(at.person_id)
    edits = storage.edits(at.person_id, timeline)
    assert [edit.kind for edit in edits] == ["merge", "split"]
    assert set(edits[1].events) <= set(range(len(timeline)))
    earlier = storage.earlier(at.person_id, timeline)
    assert earlier is not None
    assert earlier.ids == tuple(j.id for j in found.journeys)
    np.testing.assert_array_equal(earlier.labels, found.labels)
    np.testing.assert_array_equal(earlier.membership, found.membership)
    assert earlier.settings == store.runs.get(run_id).manifest["clustering"]
    assert earlier.settings
    first = DatabaseStorage(store, run_id, "lease")
    assert first.earlier(at.person_id, timeline) is None


def test_new_events_are_new_to_a_later_run_and_unknown_to_an_old_one(
    store: Store, log: ActivityLog, run_id: int
) -> None:
    split(desk(store, run_id))
    before = desk(store, run_id)
    log_id = store.runs.get(run_id).log_id
    store.logs.append(log_id, ActivityLog(added_to(log)))
    # The run that is shown still speaks of the events that it saw.
    same(desk(store, run_id).found, before.found)
    timeline = store.logs.timeline(before.person_id)
    assert len(timeline) == len(before.scene.timeline) + 2
    storage = DatabaseStorage(store, store.runs.create(log_id, {}), "lease")
    earlier = storage.earlier(before.person_id, timeline)
    assert earlier is not None
    new = earlier.labels == NEW
    assert new.sum() == 2
    assert new[0]  # one is older than all that was there
    np.testing.assert_array_equal(earlier.labels[~new], before.found.labels)
    (edit,) = storage.edits(before.person_id, timeline)
    ids = timeline.frame["event_id"].to_numpy()
    assert ids[list(edit.events)].tolist() == list(store.edits.of(before.person_id)[0].events)


def added_to(log: ActivityLog) -> pd.DataFrame:
    """Two more events of the first person, one of them before all others."""
    frame = log.frame[log.frame["user_id"] == "user0"].iloc[[0, -1]].copy()
    day = pd.Timedelta(days=1)
    frame["timestamp"] = [frame["timestamp"].iloc[0] - day, frame["timestamp"].iloc[1] + day]
    frame["item_id"] = ["new1", "new2"]
    return frame


def saved_again(store: Store, run_id: int) -> int:
    """A later run that finds the same journeys."""
    log_id = store.runs.get(run_id).log_id
    old = store.runs.get(run_id)
    later = store.runs.create(log_id, old.config)
    store.runs.claim(later, "test")
    store.runs.save_manifest(later, "test", old.manifest)
    store.runs.finish(later, "test", "done")
    for one in store.results.people(run_id):
        timeline = store.logs.timeline(one.person_id)
        found = store.results.user(run_id, one.person_id, timeline)
        fresh = tuple(
            replace(j, names=Names(("a", "b", "c", "d", "e"), "keyphrase", True))
            for j in found.journeys
        )
        ids = timeline.frame["event_id"].to_numpy()
        store.results.save_user(later, one.person_id, ids, replace(found, journeys=fresh))
    return later


def test_names_given_by_hand_hold_in_later_runs_until_taken_back(store: Store, run_id: int) -> None:
    first, second = desk(store, run_id).found.journeys[:2]
    store.results.add_names(run_id, first.id, own("mine"))
    later = saved_again(store, run_id)
    shown = {j.id: j.names for j in desk(store, later).found.journeys}
    assert shown[first.id] == own("mine")
    assert shown[second.id].namer == "keyphrase"
    assert store.results.undo_names(later, first.id)
    # What was taken back does not return from an older run.
    last = saved_again(store, later)
    assert {j.names.namer for j in desk(store, last).found.journeys} == {"keyphrase"}


def test_ratings_stand_in_later_runs_and_are_exported_once(store: Store, run_id: int) -> None:
    first, second = desk(store, run_id).found.journeys[:2]
    store.ratings.save(run_id, first.id, ANSWER)
    store.ratings.save(run_id, second.id, ANSWER)
    later = saved_again(store, run_id)

    def standing(run: int) -> dict[str, tuple[int, int | None]]:
        records = store.ratings.standing(run)
        return {r.journey_id: (r.run_id, r.answer.identification) for r in records}

    assert standing(later) == {first.id: (run_id, 4), second.id: (run_id, 4)}
    assert store.ratings.of_run(later) == []
    store.ratings.save(later, first.id, replace(ANSWER, identification=1))
    assert standing(later) == {first.id: (later, 1), second.id: (run_id, 4)}
    assert standing(run_id) == {first.id: (run_id, 4), second.id: (run_id, 4)}
    everything = [r for run in (run_id, later) for r in store.ratings.of_run(run)]
    assert len(everything) == len({(r.run_id, r.journey_id) for r in everything}) == 3
    # Taken back in the later run, it does not come up again from the earlier one.
    empty = replace(ANSWER, identification=None, specificity=None, own_words="")
    store.ratings.save(later, first.id, empty)
    assert standing(later) == {second.id: (run_id, 4)}
    assert standing(run_id)[first.id] == (run_id, 4)
    assert [r.journey_id for r in store.ratings.of_run(later)] == []
    store.ratings.save(later, first.id, ANSWER)
    assert standing(later)[first.id] == (later, 4)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_an_earlier_run_can_be_undone_in_a_later_one(
    store: Store, run_id: int, change: Callable[[Desk], str]
) -> None:
    before = desk(store, run_id)
    change(before)
    later = saved_again(store, run_id)
    desk(store, later).undo()
    after = desk(store, later)
    assert grouping(after.found) == grouping(before.found)
    assert {j.id for j in after.found.journeys} == {j.id for j in before.found.journeys}
    assert store.edits.newest(before.person_id) is None
    assert store.edits.on(before.person_id, after.scene.timeline) == []


def test_only_the_newest_edit_is_undone(store: Store, run_id: int) -> None:
    at = desk(store, run_id)
    split(at)
    first = store.edits.newest(at.person_id)
    assert first is not None
    merge(desk(store, run_id))
    with pytest.raises(StoreError, match="Only the last change"):
        store.edits.undo(first.id)
    assert [e.kind for e in store.edits.of(at.person_id)] == ["split", "merge"]


def test_edits_outlive_their_run_and_go_with_the_person(
    store: Store, run_id: int, tmp_path: Path
) -> None:
    at = desk(store, run_id)
    merge(at)
    later = saved_again(store, run_id)
    store.runs.delete(run_id)
    assert len(store.edits.on(at.person_id, at.scene.timeline)) == 1
    desk(store, later).undo()
    split(desk(store, later))
    on_disk = b"".join(path.read_bytes() for path in tmp_path.glob("journeys.sqlite3*"))
    assert b"made a new journey" in on_disk
    store.erase_person(at.person_id)
    assert store.edits.of(at.person_id) == []
    on_disk = b"".join(path.read_bytes() for path in tmp_path.glob("journeys.sqlite3*"))
    assert b"made a new journey" not in on_disk
    assert b"ukulele" not in on_disk


@pytest.mark.parametrize("change", [merge, split, move])
def test_a_real_later_run_over_more_events_keeps_what_a_person_did(
    store: Store, log: ActivityLog, run_id: int, change: Callable[[Desk], str]
) -> None:
    change(desk(store, run_id))
    edited = desk(store, run_id)
    for journey in edited.found.journeys:
        store.results.add_names(run_id, journey.id, own(f"my {journey.rank}"))
        store.ratings.save(run_id, journey.id, ANSWER)
    log_id = store.runs.get(run_id).log_id
    store.logs.append(log_id, ActivityLog(added_to(log)))
    later = store.runs.create(log_id, store.runs.get(run_id).config)
    assert store.runs.claim(later, "test")
    execute(
        store, Settings.from_environment(), later, "test", make_embedder=lambda _: FakeEmbedder()
    )
    assert store.runs.get(later).status == "done"
    after = desk(store, later)
    old = set(edited.scene.timeline.frame["event_id"])
    ids = after.scene.timeline.frame["event_id"].to_numpy()
    assert len(ids) == len(old) + 2
    before = {
        j.id: set(edited.scene.timeline.frame["event_id"].to_numpy()[j.members])
        for j in edited.found.journeys
    }
    assert {j.id: set(ids[j.members]) & old for j in after.found.journeys} == before
    names = {j.id: f"my {j.rank}" for j in edited.found.journeys}
    assert {j.id: j.name() for j in after.found.journeys} == names
    assert {r.journey_id for r in store.ratings.standing(later)} == set(names)
    # The change can still be undone, and then a later run does not bring it back.
    after.undo()
    assert store.edits.on(after.person_id, after.scene.timeline) == []
