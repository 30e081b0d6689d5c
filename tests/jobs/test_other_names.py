"""One person's journeys named beside, by the real worker through a real HTTP endpoint."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from journeys.discovery import DiscoveryConfig
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import StoreError
from journeys.jobs.estimating import estimate_person
from journeys.jobs.execute import execute
from journeys.jobs.worker import work
from journeys.journey import UserJourneys
from journeys.naming.ledger import Ledger
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.store.runs import RunSummary
from journeys.study.editing import open_desk
from journeys.study.sources import collect_sources
from tests.discovery.test_naming_stage import Server
from tests.logs import make_log


@dataclass
class Place:
    """A discovered log, and an endpoint on this machine."""

    settings: Settings
    store: Store
    server: Server
    run_id: int
    person: int

    @property
    def found(self) -> UserJourneys:
        return self.store.results.user(
            self.run_id, self.person, self.store.logs.timeline(self.person)
        )

    def ask(self) -> int:
        config = DiscoveryConfig(map="none", namer="openai").to_dict()
        return self.store.naming_jobs.create(self.run_id, self.person, config)

    def carry_out(self) -> RunSummary:
        assert work(self.settings, idle_seconds=0) == 1
        job = self.store.naming_jobs.newest(self.run_id, self.person)
        assert job is not None
        return job

    def models(self) -> list[str]:
        collected = collect_sources(
            self.store, self.run_id, self.person, self.store.logs.timeline(self.person), self.found
        )
        return [source.namer for source in collected.sources]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    server = Server()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    settings = Settings.from_environment(
        {"JOURNEYS_HOME": str(tmp_path), "OPENAI_BASE_URL": server.url, "OPENAI_MODEL": "m"}
    )
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_MODEL", "m")
    store = open_store(settings)
    log_id = store.logs.add(make_log(users=2), "log")
    run_id = store.runs.create(log_id, DiscoveryConfig(map="none").to_dict())
    assert store.runs.claim(run_id, "test")
    execute(store, settings, run_id, "test", make_embedder=lambda _: FakeEmbedder())
    yield Place(settings, store, server, run_id, store.results.people(run_id)[0].person_id)
    store.close()
    server.shutdown()
    server.server_close()


def test_the_names_that_count_stay_and_nobody_else_is_named(place: Place) -> None:
    before = place.found.journeys
    place.ask()
    job = place.carry_out()
    assert (job.status, job.message) == ("done", "")
    assert [j.names for j in place.found.journeys] == [j.names for j in before]
    assert place.models() == ["keyphrase", "llm:m"]
    assert Ledger.from_dict(job.manifest["llm"]).calls >= len(before)
    run = place.store.runs.get(place.run_id)
    assert run.config["namer"] == "keyphrase"
    assert "llm" not in run.manifest or not Ledger.from_dict(run.manifest["llm"]).calls
    others = [p.person_id for p in place.store.results.people(place.run_id)]
    others.remove(place.person)
    for other in others:
        for records in place.store.names.of_person(place.run_id, other).values():
            assert not any(record.alternative for record in records)


def test_what_was_paid_for_is_not_paid_for_again(place: Place) -> None:
    place.ask()
    place.carry_out()
    asked = place.server.requests
    place.ask()
    assert place.carry_out().status == "done"
    assert place.server.requests == asked
    for records in place.store.names.of_person(place.run_id, place.person).values():
        assert sum(record.alternative for record in records) == 1


def test_an_endpoint_that_refuses_is_told_and_the_job_can_go_on(place: Place) -> None:
    place.server.failing = dict.fromkeys(range(1, 20), 401)
    job_id = place.ask()
    job = place.carry_out()
    assert job.status == "done"
    assert "journeys keep no other name" in job.message
    place.server.failing = {}
    place.store.runs.requeue(job_id)
    assert place.carry_out().message == ""
    assert place.models() == ["keyphrase", "llm:m"]


def test_a_cancelled_job_names_nothing_more(place: Place) -> None:
    job_id = place.ask()
    place.store.runs.request_cancel(job_id)
    assert place.store.runs.get(job_id).status == "cancelled"
    assert work(place.settings, idle_seconds=0) == 0
    assert place.server.requests == 0


def test_journeys_are_not_changed_under_a_job(place: Place) -> None:
    place.ask()
    desk = open_desk(place.store, place.run_id, place.person)
    one, other, *_ = place.found.journeys
    with pytest.raises(StoreError, match="naming"):
        desk.merge(one.id, other.id)


def test_erasing_the_person_takes_job_names_and_answers(place: Place) -> None:
    place.ask()
    place.carry_out()
    kept = {
        key
        for records in place.store.names.of_person(place.run_id, place.person).values()
        for record in records
        for key in record.names.completion_keys
    }
    assert kept
    place.store.erase_person(place.person)
    assert not any(place.store.completions.get(key) for key in kept)
    assert place.store.runs.list(every_kind=True) == place.store.runs.list()


def test_the_estimate_is_of_this_person_only(place: Place) -> None:
    told = estimate_person(
        place.store, place.run_id, place.person, DiscoveryConfig(namer="openai").to_dict()
    )
    assert told.journeys == len(place.found.journeys)
    assert place.server.requests == 0
