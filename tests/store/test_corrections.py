"""People's own names as pairs to learn from, and withdrawing what learned from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeys.discovery.renaming import renamed
from journeys.embedding.fake import FakeEmbedder
from journeys.jobs.execute import execute
from journeys.naming.tuning import ModelCard, tuned_models
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.store.corrections import correction_pairs
from tests.logs import make_log
from tests.pages.filled import discovered


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return Settings.from_environment()


@pytest.fixture
def store(settings: Settings) -> Store:
    return open_store(settings)


def rename(store: Store, run_id: int, level: int, name: str, at: int = 0) -> str:
    """Give a journey of the first person another name; returns the person's pseudonym."""
    person = store.results.people(run_id)[0]
    timeline = store.logs.timeline(person.person_id)
    journey = store.results.user(run_id, person.person_id, timeline).journeys[at]
    store.results.add_names(run_id, journey.id, renamed(journey.names, level, name))
    return person.pseudonym


def test_what_a_person_wrote_is_a_pair_and_a_namers_levels_are_not(store: Store) -> None:
    _, run_id = discovered(store)
    assert correction_pairs(store) == []
    rename(store, run_id, 3, "a first thought")
    rename(store, run_id, 3, "playing for my niece")
    person = rename(store, run_id, 1, "music, write to me@example.org")
    rename(store, run_id, 3, "lettuce without soil", at=1)
    pairs = {(pair.name, pair.level): pair for pair in correction_pairs(store)}
    mail = next(name for name, level in pairs if level == 1)
    assert mail.startswith("music")
    assert "example.org" not in mail, "redacted as titles are"
    assert set(pairs) - {(mail, 1)} == {("playing for my niece", 3), ("lettuce without soil", 3)}
    for pair in pairs.values():
        assert pair.people == (person,)
        assert len(pair.titles) > 3


def test_a_later_run_adds_no_pair(store: Store, settings: Settings) -> None:
    log_id, run_id = discovered(store)
    rename(store, run_id, 3, "playing for my niece")
    before = correction_pairs(store)
    again = store.runs.create(log_id, store.runs.get(run_id).config)
    assert store.runs.claim(again, "test")
    execute(store, settings, again, "test", make_embedder=lambda _: FakeEmbedder())
    found = correction_pairs(store)
    assert [(pair.name, pair.level) for pair in found] == [("playing for my niece", 3)]
    assert found == before


def keep(folder: Path, name: str, *people: str) -> None:
    """A trained model, as far as its card."""
    own = folder / name
    own.mkdir(parents=True)
    ModelCard(
        name, "soft", "tiny", "", "0", (3,), 4, 1, "0", people, {}, {"seconds": 1.0}, ready=True
    ).write(own)


def test_erasing_a_person_withdraws_the_models_that_learned_from_them(
    store: Store, settings: Settings
) -> None:
    _, run_id = discovered(store)
    folder = settings.home / "tuned"
    first, second, *_ = store.results.people(run_id)
    keep(folder, "theirs", first.pseudonym, second.pseudonym)
    keep(folder, "others", second.pseudonym)
    erased = store.erase_person(first.person_id)
    assert erased.models == ("theirs",)
    assert [card.name for card in tuned_models(folder)] == ["others"]


def test_deleting_a_log_withdraws_the_models_that_learned_from_it(
    store: Store, settings: Settings
) -> None:
    log_id, run_id = discovered(store)
    other = store.logs.add(make_log(users=3, seed=1), "another log")
    assert other
    folder = settings.home / "tuned"
    keep(folder, "theirs", store.results.people(run_id)[0].pseudonym)
    keep(folder, "nobodys")
    store.logs.delete(log_id)
    assert [card.name for card in tuned_models(folder)] == ["nobodys"]
