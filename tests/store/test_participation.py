"""What a participant reads and writes: their own, once, while they may."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import select

from journeys.errors import AccessDenied, InputError, StoreError
from journeys.store import Participant, Store
from journeys.store.study_schema import PreferredLevelRow
from journeys.study.answers import Correction, Shown, TrialAnswers
from journeys.study.default_design import default_design
from journeys.study.levels import LevelAnswer, group_start
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


def test_a_rating_is_timed_by_the_save_that_has_it(world: StudyWorld) -> None:
    take, who = world.store.participation, world.enter()
    shown = world.shown(who)
    take.save_answer(who, shown, TrialAnswers(recalled="some"), response_ms=5, recall_ms=900)
    (kept,) = take.answers(who)
    assert (kept.recall_ms, kept.response_ms) == (900, None), "the name was not rated yet"
    said = TrialAnswers(recalled="some", identification=4)
    take.save_answer(who, shown, said, response_ms=2_300, recall_ms=3_400)
    take.save_answer(who, shown, replace(said, identification=5), response_ms=9_000)
    (kept,) = take.answers(who)
    assert (kept.recall_ms, kept.response_ms) == (900, 2_300)


def test_own_matches_are_of_ones_own_journeys(world: StudyWorld) -> None:
    take, who, other = world.store.participation, world.enter(0), world.enter(1)
    take.save_stated(who, ["ukulele", "bread", "chess"])
    mine = (world.run_id, take.journeys(who, "a").journeys[0].id)
    theirs = (world.run_id, take.journeys(other, "a").journeys[0].id)
    take.save_match(who, 0, mine)
    take.save_match(who, 1, mine)
    take.save_match(who, 1, None)
    assert take.matches(who) == {0: mine, 1: None}
    for at, match in ((2, theirs), (2, (world.run_id + 1, mine[1])), (3, mine)):
        with pytest.raises(StoreError, match="not yours"):
            take.save_match(who, at, match)
    (record, _) = world.store.study_results.participants(world.study_id)
    assert record.matches == {0: mine, 1: None}
    assert take.copy(who)["matches"] == {"0": mine, "1": None}
    take.drop_match(who, 1)
    take.save_stated(who, [])
    assert take.matches(who) == {}


def test_a_prior_is_kept_once_and_only_while_they_take_part(world: StudyWorld) -> None:
    take, who = world.store.participation, world.enter()
    assert take.prior(who) is None
    take.keep_prior(who, group_start(()))
    take.keep_prior(who, {"mean": 1.0, "sd": 1.0, "weights": [], "people": 99})
    assert take.prior(who) == group_start(())
    take.withdraw(who)
    with pytest.raises(AccessDenied):
        take.keep_prior(who, group_start(()))


def test_level_answers_are_of_those_who_consent_and_of_own_journeys(world: StudyWorld) -> None:
    take, first, second = world.store.participation, world.enter(0), world.enter(1)
    for who in (first, second):
        take.save_answer(who, world.shown(who), SAID, 1)
        take.save_answer(who, replace(world.shown(who), trial=1, kind="repeat"), SAID, 1)
        take.save_answer(who, world.shown(who, 2, 1), TrialAnswers(), 1)
    results, study = world.store.study_results, world.study_id
    assert results.level_answers(study) == [[LevelAnswer(3, 4, "right")]] * 2
    assert len(results.level_answers(study, without=first.person_id)) == 1
    take.withdraw(second)
    assert results.level_answers(study, without=first.person_id) == []


def test_what_was_learned_does_not_outlast_consent(world: StudyWorld) -> None:
    who = world.enter()
    world.store.participation.keep_level(who, 2.5, 0.4, 6)
    world.store.participation.withdraw(who)
    assert world.store.studies.preferred_level(who.person_id) is None


def test_two_studies_of_one_person_at_once_keep_apart(world: StudyWorld) -> None:
    store, take = world.store, world.store.participation
    design = replace(default_design(), title="Another study")
    other_id = store.studies.create(world.log_id, design, {"a": world.run_id})
    store.studies.open(other_id)
    (link,) = store.invitations.invite(other_id, [world.people[0]])
    one, two = world.enter(0), store.invitations.enter(link.token)
    take.give_consent(two)
    two = store.invitations.enter(link.token)
    shown = [world.shown(one, trial, trial % 2) for trial in range(6)]
    gate = Barrier(4)

    def save(who: Participant, said: int, trials: list[Shown]) -> None:
        gate.wait()
        for trial in trials:
            answers = TrialAnswers(identification=said, own_words=f"study {who.study_id}")
            take.save_answer(store.invitations.enter(tokens[who.study_id]), trial, answers, said)
        take.save_stated(who, [f"stated in {who.study_id}"])
        take.correct(who, Correction("missing", words="chess"))
        take.keep_level(who, float(said), 0.5, said)

    tokens = {one.study_id: world.tokens[0], two.study_id: link.token}
    with ThreadPoolExecutor(4) as pool:
        # Each study twice: two devices of one person in each.
        jobs = [pool.submit(save, who, said, shown) for who, said in ((one, 2), (two, 5)) * 2]
        for job in jobs:
            job.result(timeout=60)
    for who, said in ((one, 2), (two, 5)):
        kept = take.answers(who)
        assert [r.shown for r in kept] == shown
        assert {(r.answers.identification, r.answers.own_words) for r in kept} == {
            (said, f"study {who.study_id}")
        }
        assert take.stated(who) == (f"stated in {who.study_id}",)
        assert len(take.corrections(who)) == 1
    with store.engine.connect() as connection:
        levels = connection.execute(
            select(PreferredLevelRow.study_id, PreferredLevelRow.level).order_by(
                PreferredLevelRow.study_id
            )
        ).all()
    assert [tuple(row) for row in levels] == [(one.study_id, 2.0), (two.study_id, 5.0)]
    store.studies.delete(other_id)
    assert len(take.answers(one)) == 6
    learned = store.studies.preferred_level(world.people[0])
    assert learned is not None
    assert learned.level == 2.0, "what the other study had learned went with it, and this stays"
