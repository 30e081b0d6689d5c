"""Corrections of a study as examples: read while allowed, and gone with what they made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from journeys.discovery import DiscoveryConfig
from journeys.errors import ConfigError
from journeys.jobs.namers import allowed_namer, examples_of
from journeys.journey import Names
from journeys.naming.fake import FakeChat
from journeys.naming.ladder import LadderNamer
from journeys.naming.tuning.card import ModelCard
from journeys.settings import Settings
from journeys.store import Participant, Store
from journeys.store.corrections import correction_pairs
from journeys.study.answers import TrialAnswers
from tests.study_world import StudyWorld, open_study


@pytest.fixture
def world(store: Store) -> StudyWorld:
    return open_study(store)


def say(
    world: StudyWorld, at: int, *, share: bool, extra: str = "lovers"
) -> tuple[Participant, str]:
    """A participant agrees and corrects their first journey; gives back what they said."""
    who = world.store.invitations.enter(world.tokens[at])
    world.store.participation.give_consent(who, as_examples=share)
    shown = world.shown(who)
    word = shown.name.split()[0].strip(":,")
    words = f"{word} {extra}"
    world.store.participation.save_answer(who, shown, TrialAnswers(own_words=words), 900)
    return who, words


def prompts_of(world: StudyWorld, at: int, chat: FakeChat | None = None) -> tuple[Names, str]:
    """Names that a model gives a person's first journey, and all that it was asked."""
    from journeys.discovery.evidence import build_evidence

    chat = chat or FakeChat()
    store = world.store
    timeline = store.logs.timeline(world.people[at])
    found = store.results.user(world.run_id, world.people[at], timeline)
    evidence = build_evidence(timeline, found, found.journeys[0])
    namer = LadderNamer(chat, examples=store.examples.book(world.study_id, world.log_id))
    return namer.name(evidence).names, json.dumps(chat.calls)


def test_only_who_agrees_serves_others(world: StudyWorld) -> None:
    _, open_words = say(world, 0, share=True, extra="openlyshared")
    _, own_words = say(world, 1, share=False, extra="keptforme")
    assert world.store.examples.sharing(world.study_id).people == 1
    assert world.store.examples.sharing(world.study_id).of == 2
    names, prompt = prompts_of(world, 0)
    assert open_words in prompt
    assert own_words not in prompt
    names, prompt = prompts_of(world, 1)
    assert open_words in prompt
    assert own_words in prompt
    assert len(names.examples) == 2


def test_in_another_log_nobody_is_themselves(world: StudyWorld) -> None:
    say(world, 1, share=False)
    allowed = world.store.examples.allowed(world.study_id, world.log_id + 1)
    assert allowed.own == allowed.others == frozenset()


def named(world: StudyWorld, at: int) -> tuple[str, Names]:
    """The person's first journey named with examples, and saved."""
    timeline = world.store.logs.timeline(world.people[at])
    journey = world.store.results.user(world.run_id, world.people[at], timeline).journeys[0]
    names, _ = prompts_of(world, at)
    world.store.results.add_names(world.run_id, journey.id, names)
    world.store.names.add_alternative(world.run_id, journey.id, names)
    return journey.id, names


def names_now(world: StudyWorld, journey_id: str) -> list[Names]:
    history = world.store.names.over_time(world.run_id, journey_id)
    return [record.names for record in history]


def test_the_examples_are_recorded_with_the_names(world: StudyWorld) -> None:
    say(world, 0, share=True)
    journey_id, names = named(world, 1)
    assert names.examples
    assert any(one.examples == names.examples for one in names_now(world, journey_id))
    pseudonyms = {p.person_id: p.pseudonym for p in world.store.results.people(world.run_id)}
    assert world.store.examples.teachers(world.study_id) == {pseudonyms[world.people[0]]}


def test_withdrawing_takes_examples_and_their_names_back(world: StudyWorld) -> None:
    who, words = say(world, 0, share=True)
    journey_id, names = named(world, 1)
    world.store.participation.withdraw(who)
    assert world.store.examples.sharing(world.study_id).people == 0
    assert all(not one.examples for one in names_now(world, journey_id))
    assert names.levels not in [one.levels for one in names_now(world, journey_id)]
    _, prompt = prompts_of(world, 1)
    assert words not in prompt
    # The journey waits to be named anew.
    found = world.store.results.unnamed(world.run_id, names.namer)
    assert journey_id in [id_ for _, id_ in found]


def test_names_saved_after_a_withdrawal_are_not_kept(world: StudyWorld) -> None:
    who, _ = say(world, 0, share=True)
    names, _ = prompts_of(world, 1)
    timeline = world.store.logs.timeline(world.people[1])
    journey = world.store.results.user(world.run_id, world.people[1], timeline).journeys[0]
    world.store.participation.withdraw(who)
    world.store.results.add_names(world.run_id, journey.id, names)
    world.store.names.add_alternative(world.run_id, journey.id, names)
    assert all(not one.examples for one in names_now(world, journey.id))


def test_names_that_a_person_chose_stay_without_the_example(world: StudyWorld) -> None:
    who, _ = say(world, 0, share=True)
    journey_id, names = named(world, 1)
    world.store.names.choose(world.run_id, journey_id, names)
    world.store.participation.withdraw(who)
    first = names_now(world, journey_id)[0]
    assert first.levels == names.levels
    assert first.examples == ()


def test_erasing_a_person_leaves_no_name_made_with_their_words(world: StudyWorld) -> None:
    _, words = say(world, 0, share=True)
    journey_id, _ = named(world, 1)
    world.store.erase_person(world.people[0])
    assert all(not one.examples for one in names_now(world, journey_id))
    with world.store.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'select * from "{table}"')).all()
            assert words not in repr(rows), table


def test_deleting_the_study_takes_them_along(world: StudyWorld) -> None:
    say(world, 0, share=True)
    journey_id, _ = named(world, 1)
    world.store.studies.delete(world.study_id)
    assert all(not one.examples for one in names_now(world, journey_id))


def test_foils_are_no_examples(world: StudyWorld) -> None:
    who, _ = say(world, 0, share=True)
    shown = world.shown(who)
    foil = replace(shown, trial=5, kind="foil", run_id=None, journey_id="foil1")
    world.store.participation.save_answer(
        who, foil, TrialAnswers(own_words=f"{shown.name} foiled"), 900
    )
    assert "foiled" not in prompts_of(world, 1)[1]


def test_tuning_pairs_follow_the_same_consent(world: StudyWorld) -> None:
    _, shared = say(world, 0, share=True, extra="shared")
    say(world, 1, share=False, extra="private")
    pairs = correction_pairs(world.store)
    assert [pair.name for pair in pairs] == [shared]
    pseudonyms = {p.person_id: p.pseudonym for p in world.store.results.people(world.run_id)}
    assert pairs[0].people == (pseudonyms[world.people[0]],)


def test_withdrawing_withdraws_tuned_namers(world: StudyWorld, tmp_path: Path) -> None:
    who, _ = say(world, 0, share=True)
    (pair,) = correction_pairs(world.store)
    folder = world.store.tuned or tmp_path
    store = replace(world.store, tuned=folder)
    (folder / "mine").mkdir(parents=True)
    card = ModelCard(
        "mine", "soft", "base", "", "", (3,), 1, 0, "hash", pair.people, {}, ready=True
    )
    card.write(folder / "mine")
    store.participation.withdraw(who)
    assert not (folder / "mine").exists()


def test_only_namers_that_read_examples_take_them(world: StudyWorld) -> None:
    settings = Settings.from_environment()
    config = DiscoveryConfig(namer="keyphrase", examples=world.study_id)
    with pytest.raises(ConfigError, match="read examples"):
        allowed_namer(world.store, settings, config, log_id=world.log_id)
    gone = DiscoveryConfig(namer="local", examples=999)
    with pytest.raises(ConfigError, match="not here any more"):
        examples_of(world.store, gone, world.log_id)
    assert examples_of(world.store, DiscoveryConfig(), world.log_id) is None
