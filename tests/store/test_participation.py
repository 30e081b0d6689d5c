"""What a participant reads and writes: their own, once, while they may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from journeys.errors import AccessDenied, InputError, StoreError
from journeys.store import Store
from journeys.study.answers import Correction, TrialAnswers
from tests.study_world import StudyWorld, open_study

SAID = TrialAnswers("all", 4, "right", 3, "yes", "last spring", "learning the ukulele")


@pytest.fixture
def world(store: Store) -> StudyWorld:
    return open_study(store)


def test_an_answer_is_kept_once_and_changed_in_place(world: StudyWorld) -> None:
    take, who = world.store.participation, world.enter()
    shown = world.shown(who)
    take.save_answer(who, shown, SAID, 4_200)
    take.save_answer(who, shown, SAID, 9_900)
    take.save_answer(who, shown, replace(SAID, identification=5), 1)
    (kept,) = take.answers(who)
    assert kept.shown == shown
    assert kept.answers == replace(SAID, identification=5)
    assert kept.response_ms == 4_200
    assert kept.saved_at > kept.first_saved_at


def test_a_trial_that_showed_something_else_is_not_overwritten(world: StudyWorld) -> None:
    take, who = world.store.participation, world.enter()
    shown = world.shown(who)
    take.save_answer(who, shown, SAID, 1)
    with pytest.raises(StoreError, match="another device"):
        take.save_answer(who, replace(shown, level=2), TrialAnswers(identification=1), 1)
    assert [record.answers for record in take.answers(who)] == [SAID]


def test_nobody_answers_about_the_journey_of_another(world: StudyWorld) -> None:
    take, first, second = world.store.participation, world.enter(0), world.enter(1)
    with pytest.raises(StoreError, match="not yours"):
        take.save_answer(second, world.shown(first), SAID, 1)
    with pytest.raises(StoreError, match="not yours"):
        take.save_answer(first, replace(world.shown(first), condition="b"), SAID, 1)
    assert not take.answers(first)
    assert not take.answers(second)


def test_nothing_is_saved_or_read_without_consent(world: StudyWorld) -> None:
    take, who = world.store.participation, world.enter(consent=False)
    with pytest.raises(AccessDenied, match="agree"):
        take.timeline(who)
    take.give_consent(who)
    shown = world.shown(who)
    take.give_consent(who)
    take.withdraw(who)
    with pytest.raises(AccessDenied, match="agree"):
        take.save_answer(who, shown, SAID, 1)
    assert take.consent(who) is None
    assert world.store.study_results.withdrawn(world.study_id) == 1


def test_a_closed_study_takes_nothing_and_still_gives_the_copy(world: StudyWorld) -> None:
    take, who = world.store.participation, world.enter()
    take.save_answer(who, world.shown(who), SAID, 1)
    shown = world.shown(who, 1, 1)
    world.store.studies.close(world.study_id)
    with pytest.raises(AccessDenied, match="no more answers"):
        take.save_answer(who, shown, SAID, 1)
    again = world.store.invitations.enter(world.tokens[0])
    assert not again.open
    copy = take.copy(again)
    assert copy["answers"][0]["answers"]["own_words"] == "learning the ukulele"  # type: ignore[index]


def test_stated_journeys_replace_those_before(world: StudyWorld) -> None:
    take, who = world.store.participation, world.enter()
    take.save_stated(who, ["  ukulele \x00 chords", "", "bread", "tax"])
    take.save_stated(who, ["ukulele", "bread"])
    assert take.stated(who) == ("ukulele", "bread")
    with pytest.raises(InputError, match="Up to"):
        take.save_stated(who, ["x"] * 51)


def test_items_before_and_after_stand_side_by_side(world: StudyWorld) -> None:
    take, who = world.store.participation, world.enter()
    take.save_items(who, "before", {"trust_intent": 2}, 100)
    take.save_items(who, "after", {"trust_intent": 5}, 100)
    take.save_items(who, "before", {"trust_intent": 3}, 100)
    assert take.items(who, "before") == {"trust_intent": 3}
    assert take.items(who, "after") == {"trust_intent": 5}
    for wrong in ({"trust_intent": 6}, {"nothing": 1}):
        with pytest.raises(InputError):
            take.save_items(who, "after", wrong, 1)


def test_corrections_are_kept_once_and_taken_back(world: StudyWorld) -> None:
    take, who = world.store.participation, world.enter()
    one, two = take.journeys(who, "a").journeys[:2]
    events = take.timeline(who).frame["event_id"].tolist()[:2]
    items = Correction("items", world.run_id, one.id, events=tuple(events))
    merge = Correction("merge", world.run_id, one.id, two.id)
    turned = Correction("merge", world.run_id, two.id, one.id)
    for correction in (items, merge, turned, Correction("missing", words="chess")):
        take.correct(who, correction)
    assert [c.kind for c in take.corrections(who)] == ["items", "merge", "missing"]
    take.take_back(who, merge.key)
    assert [c.kind for c in take.corrections(who)] == ["items", "missing"]


def test_corrections_are_about_ones_own(world: StudyWorld) -> None:
    take, who, other = world.store.participation, world.enter(0), world.enter(1)
    theirs = take.journeys(other, "a").journeys[0].id
    event = take.timeline(other).frame["event_id"].tolist()[0]
    mine = take.journeys(who, "a").journeys[0].id
    with pytest.raises(StoreError, match="not yours"):
        take.correct(who, Correction("merge", world.run_id, mine, theirs))
    with pytest.raises(InputError, match="not in your log"):
        take.correct(who, Correction("items", world.run_id, mine, events=(event,)))
    assert not take.corrections(who)


def test_steps_count_once_and_make_the_funnel(world: StudyWorld) -> None:
    take, who = world.store.participation, world.enter()
    take.reach(who, "opened")
    first = take.steps(who)["opened"]
    take.reach(who, "opened")
    take.finish(who)
    assert take.steps(who)["opened"] == first
    funnel = world.store.study_results.funnel(world.study_id)
    assert (funnel["invited"], funnel["opened"], funnel["stated"], funnel["done"]) == (2, 1, 0, 1)
    assert [i.state for i in world.store.invitations.list(world.study_id)] == ["done", "invited"]


def test_the_learned_level_is_kept_for_the_person(world: StudyWorld) -> None:
    who = world.enter()
    world.store.participation.keep_level(who, 2.5, 0.4, 6)
    world.store.participation.keep_level(who, 3.0, 0.3, 8)
    learned = world.store.studies.preferred_level(who.person_id)
    assert learned is not None
    assert (learned.level, learned.spread, learned.answers) == (3.0, 0.3, 8)


def test_the_results_leave_out_who_withdrew(world: StudyWorld) -> None:
    take, first, second = world.store.participation, world.enter(0), world.enter(1)
    for who in (first, second):
        take.save_stated(who, ["something"])
        take.save_answer(who, world.shown(who), SAID, 10)
    assert len(world.store.study_results.participants(world.study_id)) == 2
    take.withdraw(first)
    (left,) = world.store.study_results.participants(world.study_id)
    assert left.person_id == second.person_id
    assert left.stated == ("something",)
    assert left.trials[0].answers == SAID
    assert list(left.journeys) == [(world.run_id, left.trials[0].shown.journey_id)]
