"""Encoders and readers by jobs of the worker, and what is asked of a reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from journeys.embedding.fake import FakeEmbedder
from journeys.errors import ConfigError, InputError, ModelError
from journeys.jobs.execute import execute
from journeys.jobs.storage import DatabaseProgress
from journeys.models.encoders import encoders_folder
from journeys.settings import Settings
from journeys.store import EncoderJob, Store, open_store
from journeys.userllm.installed import find_encoder
from journeys.userllm.naming import open_namer
from journeys.userllm.questions import JOURNEYS, NEXT_ITEM
from journeys.userllm.reader_card import read_card
from journeys.userllm.readers import load_reader, naming_text, reader_people
from journeys.userllm.stored import named_journeys, read_stored
from tests.userllm.stored_world import (
    carried_out,
    discovered_log,
    needs_packages,
    taught,
    tiny_base,
    trained,
)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path))
    opened = open_store(Settings.from_environment())
    yield opened
    opened.close()


def folder() -> Path:
    return encoders_folder(Settings.from_environment().models_dir)


def test_a_job_trains_an_encoder_and_says_how_far_it_is(store: Store) -> None:
    log = discovered_log(store)
    run = trained(store, log)
    found = store.encoder_jobs.newest(log)
    assert found is not None
    assert (found.id, found.stage, found.done, found.total) == (run, "train", 2, 2)
    card = find_encoder("ours", folder()).card
    assert card.data == "A made-up log"
    assert set(card.people) == {each.pseudonym for each in store.logs.people(log)}


def test_a_stopped_job_goes_on_where_it_was(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    log = discovered_log(store)
    run = store.encoder_jobs.create(log, EncoderJob("ours", epochs=3))
    settings = Settings.from_environment()
    progress = store.runs.progress

    def ask_to_stop(run_id: int, lease: str, done: int, total: int) -> bool:
        progress(run_id, lease, done, total)
        return done == 1 and total == 3  # After the first epoch.

    with monkeypatch.context() as patch:
        patch.setattr(store.runs, "progress", ask_to_stop)
        at_once = partial(DatabaseProgress, every=0.0)
        patch.setattr("journeys.jobs.execute.DatabaseProgress", at_once)
        assert store.runs.claim(run, "test")
        execute(store, settings, run, "test", make_embedder=lambda _: FakeEmbedder())
    assert store.runs.get(run).status == "cancelled"
    assert (folder() / "ours" / "checkpoint.safetensors").is_file()
    store.runs.requeue(run)
    assert store.runs.claim(run, "test")
    execute(store, settings, run, "test", make_embedder=lambda _: FakeEmbedder())
    assert store.runs.get(run).status == "done"
    assert len(find_encoder("ours", folder()).card.metrics["loss"]) == 3


def test_a_job_that_is_none_is_refused(store: Store) -> None:
    with pytest.raises(ConfigError, match="encoder's name"):
        EncoderJob("../up")
    with pytest.raises(ConfigError, match="one of encoder, reader"):
        EncoderJob("ours", "poem")
    log = discovered_log(store)
    run = carried_out(store, log, EncoderJob("ours", "reader"))
    assert store.runs.get(run).status == "failed"
    assert "Train it again" in store.runs.get(run).message


def test_titles_stand_beside_their_events(store: Store) -> None:
    log = discovered_log(store)
    read = read_stored(store, log, FakeEmbedder())
    data = read.data
    for user, name in enumerate(data.users):
        (person,) = [each for each in store.logs.people(log) if each.pseudonym == name]
        timeline = store.logs.timeline(person.id)
        own = slice(int(data.starts[user]), int(data.starts[user + 1]))
        assert sorted(read.titles[own]) == sorted(timeline.titles)
        items = data.ids["item"][own].tolist()
        assert [data.catalogue.titles[each] for each in items] == list(read.titles[own])


def test_what_a_reader_learns_tells_no_future_and_has_wrong_answers(store: Store) -> None:
    log = discovered_log(store)
    read = read_stored(store, log, FakeEmbedder())
    newest = store.runs.latest_with_results(log)
    assert newest is not None
    named = named_journeys(store, newest.id)
    people = reader_people(read, named)
    assert {each.id for each in people} == set(read.data.users)
    for person in people:
        own = set(read.titles[person.start : person.known])
        for question in person.questions:
            right = {a for a, fits in zip(question.answers, question.right, strict=True) if fits}
            if question.task == NEXT_ITEM:
                assert read.data.times[person.known] > read.data.times[person.known - 1]
                assert not own & right
            else:
                assert question.task == JOURNEYS
                assert right <= {each.name for each in named[person.id]}
    asked = [q.text for q in people[0].questions]
    first = named[people[0].id][0].evidence.recent
    assert naming_text(first) in asked


@needs_packages
def test_a_reader_answers_side_by_side_and_names(store: Store, tmp_path: Path) -> None:
    log = discovered_log(store)
    trained(store, log)
    encoder = find_encoder("ours", folder())
    settings = Settings.from_environment()
    with pytest.raises(ModelError, match="No language model was taught"):
        load_reader(encoder, folder() / "ours", settings.models_dir)
    taught(store, log, tiny_base(tmp_path / "tiny"))
    card = read_card(folder() / "ours")
    assert card is not None
    assert card.people == 4
    reader = load_reader(encoder, folder() / "ours", settings.models_dir)
    read = read_stored(store, log, FakeEmbedder(), vocabulary=encoder.vocabulary)
    newest = store.runs.latest_with_results(log)
    assert newest is not None
    journeys = named_journeys(store, newest.id)
    who = next(person for person in read.data.users if journeys[person])  # not the visitor
    few = reader.ask(read, who, "What does this person like?", 5)
    more = reader.ask(read, who, "What does this person like?", 10)
    assert [each.route for each in few] == ["text prompt", "user embedding"]
    assert more[0].tokens > few[0].tokens
    assert more[1].tokens == few[1].tokens, "latents and the question, whatever the history"
    assert all(each.seconds > 0 for each in few)
    with pytest.raises(InputError, match="not in the log"):
        reader.ask(read, "nobody", "What?", 5)

    journey = journeys[who][0].evidence
    namer = open_namer(store, settings, log, embedder=FakeEmbedder())
    found = namer.name(journey)
    assert found.names.namer == namer.id == "embedding:ours"
    assert all(found.names.levels)
    said = namer.raw(journey)
    assert (found.names.levels[2] == said) != bool(found.names.fallback)
    # Whose journey it is matters, and of a stranger nothing is said.
    stranger = namer.name(replace(journey, person="nobody"))
    assert stranger.names.fallback == (3,)


@needs_packages
def test_erasing_somebody_withdraws_the_reader_with_the_encoder(
    store: Store, tmp_path: Path
) -> None:
    log = discovered_log(store)
    trained(store, log)
    taught(store, log, tiny_base(tmp_path / "tiny"))
    erased = store.erase_person(store.logs.people(log)[0].id)
    assert erased.models == ("ours",)
    assert not (folder() / "ours").exists()
