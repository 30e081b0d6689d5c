"""A study's invitations in numbers and in parts."""

from __future__ import annotations

from collections import Counter

import pytest

from journeys.store import Store
from journeys.study.answers import Correction
from tests.filled_study import fill_study
from tests.logs import make_log
from tests.study_world import StudyWorld, open_study


@pytest.fixture
def world(store: Store) -> StudyWorld:
    """Six people: one done, one withdrawn, one revoked, one who agreed, one who looked, one not."""
    made = open_study(store, log=make_log(users=6))
    done, withdrawn = made.enter(0), made.enter(1)
    store.participation.finish(done)
    store.participation.withdraw(withdrawn)
    made.enter(2, consent=False)
    made.enter(3)
    store.invitations.revoke(store.invitations.list(made.study_id)[4].id)
    return made


def test_progress_is_what_the_list_says(store: Store, world: StudyWorld) -> None:
    listed = store.invitations.list(world.study_id)
    states = [invitation.state for invitation in listed]
    assert states == ["done", "withdrawn", "opened", "consented", "revoked", "invited"]
    progress = store.invitations.progress(world.study_id)
    assert progress.states == Counter(states)
    assert (progress.invited, progress.opened) == (6, 4)
    assert store.invitations.progress(world.study_id + 1).invited == 0


@pytest.mark.parametrize("size", [1, 4, 100])
def test_parts_have_everybody_once(store: Store, world: StudyWorld, size: int) -> None:
    whole = list(store.invitations.list(world.study_id))
    found = []
    while part := store.invitations.list(world.study_id, limit=size, offset=len(found)):
        found += part
    assert found == whole
    (one,) = store.invitations.list(world.study_id, beginning=whole[3].pseudonym)
    assert one == whole[3]


def test_who_waits_has_journeys_and_is_not_invited(store: Store, world: StudyWorld) -> None:
    study = store.studies.create(
        world.log_id, store.studies.get(world.study_id).design, {"a": world.run_id}
    )
    runs = [world.run_id]
    store.invitations.invite(study, world.people[:2])
    waiting = store.invitations.waiting(study, runs, limit=100)
    assert {each.person_id for each in waiting} == set(world.people[2:])
    assert store.invitations.waiting_number(study, runs) == len(world.people) - 2
    assert list(store.invitations.waiting_ids(study, runs)) == sorted(world.people[2:])
    assert store.invitations.waiting(study, runs, limit=1) == waiting[:1]
    (one,) = store.invitations.waiting(study, runs, beginning=waiting[1].pseudonym, limit=5)
    assert one == waiting[1]
    assert store.invitations.waiting_number(world.study_id, runs) == 0


def test_remarks_are_of_those_whose_consent_stands(store: Store, world: StudyWorld) -> None:
    for at in (0, 3):
        store.participation.correct(world.enter(at), Correction("log", words=f"wrong {at}"))
    assert [words for _, words in store.invitations.remarks(world.study_id, 9)] == [
        "wrong 3",
        "wrong 0",
    ]
    store.participation.withdraw(world.enter(3))
    assert [words for _, words in store.invitations.remarks(world.study_id, 9)] == ["wrong 0"]


def test_the_extent_of_a_study_is_that_of_its_records(store: Store) -> None:
    study = fill_study(store, people=6)
    records = store.study_results.participants(study)
    extent = store.study_results.extent(study)
    assert extent.participants == len(records)
    assert extent.answers == sum(len(record.trials) for record in records)
    assert extent.newest == max(t.saved_at for record in records for t in record.trials)
    assert extent.said == sum(len(r.stated) + len(r.matches) + len(r.corrections) for r in records)
    assert extent.finished == sum(record.finished_at is not None for record in records)
    (run,) = set(store.studies.get(study).runs.values())
    assert extent.labels == len(store.labels.of_run(run)) > 0
