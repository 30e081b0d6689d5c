"""Discover: start a run, watch it, and read how it ended."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from journeys.discovery import DiscoveryConfig
from journeys.embedding.fake import FakeEmbedder
from journeys.jobs.execute import execute
from journeys.journey import Names
from journeys.models import DEFAULT_MODEL, spec
from journeys.naming import Evidence
from journeys.naming.endpoint import OpenAIChat
from journeys.naming.ladder import LadderNamer
from journeys.naming.ledger import Ledger
from journeys.settings import Settings
from journeys.store import Store
from journeys.store.engine import now
from tests.logs import make_log

Open = Callable[..., AppTest]


@pytest.fixture
def log_id(store: Store) -> int:
    return store.logs.add(make_log(), "A test log")


def texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info, *app.success]
    return "\n".join(part.value for part in parts).replace("\\", "").replace("\u2060", "")


def labels(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


def carry_out(store: Store, log_id: int, **config: object) -> int:
    """A run in full, with the deterministic embedder."""
    run_id = store.runs.create(log_id, DiscoveryConfig(map="none", **config).to_dict())
    assert store.runs.claim(run_id, "test")
    execute(
        store,
        Settings.from_environment(),
        run_id,
        "test",
        make_embedder=lambda name: FakeEmbedder(),
    )
    return run_id


def test_without_a_log_the_page_leads_to_logs(open_page: Open) -> None:
    app = open_page("discover")
    assert "Bring one in first" in texts(app)
    assert labels(app) == {"Go to Logs"}


def test_start_queues_what_was_set_and_wakes_the_worker(
    open_page: Open, store: Store, log_id: int, woken: list[str]
) -> None:
    app = open_page("discover")
    app.select_slider(key="granularity").set_value(0.75)
    app.selectbox(key="map").set_value("none")
    app.number_input(key="min-user").set_value(25)
    app.number_input(key="seed").set_value(3)
    app.button(key="start").click().run()
    assert not app.exception
    run = store.runs.list(log_id)[0]
    expected = DiscoveryConfig(granularity=0.75, map="none", min_user_events=25, seed=3)
    assert DiscoveryConfig.from_dict(run.config) == expected
    assert run.status == "queued"
    assert woken == ["woken"]
    assert "Cancel" in labels(app)


def test_without_a_language_model_there_are_two_ways_to_one(open_page: Open, log_id: int) -> None:
    app = open_page("discover")
    assert "need a language model" in texts(app)
    assert {"Connect an endpoint", "Fetch the built-in model"} <= labels(app)
    assert not app.button(key="start").disabled
    app.radio(key="namer").set_value("local").run()
    assert app.button(key="start").disabled


def test_fetching_asks_first_and_tells_size_and_provenance(
    open_page: Open, home: object, log_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(
        "pages.parts.local_model.start_fetch", lambda name, folder: started.append(name)
    )
    app = open_page("discover")
    app.button(key="fetch-model").click().run()
    shown = texts(app)
    assert "1.12 GB" in shown
    assert "SHA-256" in shown
    assert spec(DEFAULT_MODEL).hub_repo in shown
    fetch = next(button for button in app.button if button.label == "Fetch")
    assert fetch.disabled
    app.checkbox(key=f"agree-{DEFAULT_MODEL}").check()
    app.button(key="fetch-model").click()
    app.run()
    assert started == []
    next(button for button in app.button if button.label == "Fetch").click()
    app.button(key="fetch-model").click()
    app.run()
    assert started == [DEFAULT_MODEL]


def test_a_running_run_shows_counts_and_its_steps(
    open_page: Open, store: Store, log_id: int
) -> None:
    run_id = store.runs.create(log_id, DiscoveryConfig().to_dict())
    store.workers.sign_on("w", 1, "here")
    store.runs.claim(run_id, "w")
    store.runs.enter_stage(run_id, "w", "cluster", 2, 8)
    app = open_page("discover")
    bar = next(iter(app.get("progress")))
    assert bar.proto.text == "2 of 8 people"
    assert bar.proto.value == 25
    shown = texts(app)
    assert "check_circle:] Embedding texts" in shown
    assert "**Finding journeys**" in shown
    assert "Naming journeys" not in shown
    app.button(key=f"cancel-{run_id}").click().run()
    assert store.runs.get(run_id).cancel_requested
    assert "Stopping" in texts(app)


def test_without_a_worker_the_page_says_so_and_can_start_one(
    open_page: Open, store: Store, log_id: int, woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store.runs.create(log_id, DiscoveryConfig().to_dict())
    old = dataclasses.replace(store.runs.get(run_id), created_at=now() - 60_000_000)
    monkeypatch.setattr("journeys.store.runs.RunStore.list", lambda *_: [old])
    app = open_page("discover")
    assert "No worker is running" in texts(app)
    app.button(key=f"wake-{run_id}").click()
    monkeypatch.setattr("pages.parts.run_progress.wake_worker", lambda: woken.append("woken"))
    app.run()
    assert woken


def test_a_finished_run_says_what_it_found(open_page: Open, store: Store, log_id: int) -> None:
    run_id = carry_out(store, log_id)
    people = store.results.people(run_id)
    app = open_page("discover")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Journeys"] == str(sum(p.n_journeys for p in people)) != "0"
    assert shown["People with journeys"] == "4"
    share = sum(p.n_unassigned for p in people) / sum(p.n_events for p in people)
    assert shown["Events in no journey"] == f"{share:.0%}"
    words = texts(app)
    assert "1 person without journeys by the rule “fewest events of a person” (10)" in words
    assert "No language model was used." in words
    steps = app.dataframe[0].value
    assert "Grouping events" in steps["step"].tolist()
    assert "See journeys" in labels(app)


def test_provisional_names_can_be_handed_to_an_endpoint(
    open_page: Open, store: Store, log_id: int, woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = carry_out(store, log_id)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "some-model")
    app = open_page("discover")
    app.button(key=f"name-{run_id}").click().run()
    assert app.radio(key=f"namer-{run_id}").options == ["A language model at an endpoint"]
    app.button(key=f"start-naming-{run_id}").click()
    app.button(key=f"name-{run_id}").click()
    app.run()
    run = store.runs.get(run_id)
    assert (run.status, run.config["namer"]) == ("queued", "openai")
    assert woken == ["woken"]


def test_a_naming_problem_is_shown_and_the_run_stays_done(
    open_page: Open, store: Store, log_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing listens on the discard port.
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "some-model")
    defaults = OpenAIChat.__init__.__kwdefaults__ | {"retries": 0}
    monkeypatch.setattr("journeys.naming.endpoint.OpenAIChat.__init__.__kwdefaults__", defaults)
    run_id = carry_out(store, log_id, namer="openai")
    assert store.runs.get(run_id).status == "done"
    app = open_page("discover")
    assert "keep their keyphrase names" in app.warning[0].value


def test_a_failed_run_says_why_and_can_be_resumed_or_deleted(
    open_page: Open, store: Store, log_id: int, woken: list[str]
) -> None:
    run_id = carry_out(store, log_id, namer="local")
    assert store.runs.get(run_id).status == "failed"
    app = open_page("discover")
    assert "is not here yet" in texts(app)
    app.button(key=f"resume-{run_id}").click().run()
    assert store.runs.get(run_id).status == "queued"
    assert woken == ["woken"]
    store.runs.request_cancel(run_id)
    app.run()
    app.button(key=f"delete-{run_id}").click().run()
    app.button(key="delete-run").click()
    app.button(key=f"delete-{run_id}").click()
    app.run()
    assert store.runs.list(log_id) == []


def test_limits_and_an_estimate_before_naming_and_the_ledger_after(
    open_page: Open, store: Store, log_id: int, woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "some-model")
    app = open_page("discover")
    assert app.radio(key="namer").value == "openai"
    assert "journeys to name" in texts(app)
    assert "cost unknown" in texts(app)
    assert app.number_input(key="max-cost-new").disabled
    app.number_input(key="price-0-new").set_value(0.5)
    app.number_input(key="price-1-new").set_value(2.0).run()
    assert "cost unknown" not in texts(app)
    app.number_input(key="max-cost-new").set_value(1.5)
    app.number_input(key="max-calls-new").set_value(100)
    app.number_input(key="concurrency-new").set_value(20)
    app.button(key="start").click().run()
    assert not app.exception
    (run,) = store.runs.list(log_id)
    found = DiscoveryConfig.from_dict(run.config)
    assert found.price == (0.5, 2.0)
    assert (found.max_cost, found.max_calls, found.max_tokens, found.concurrency) == (
        1.5, 100, None, 20,
    )  # fmt: skip


def test_the_dialog_estimates_from_the_prompts_of_the_run(
    open_page: Open, store: Store, log_id: int, woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = carry_out(store, log_id)
    journeys, _ = store.results.counts(run_id)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "some-model")
    app = open_page("discover")
    app.button(key=f"name-{run_id}").click().run()
    assert f"{journeys} journeys to name" in texts(app)
    app.number_input(key=f"max-calls-run-{run_id}").set_value(7)
    app.button(key=f"start-naming-{run_id}").click()
    app.button(key=f"name-{run_id}").click()
    app.run()
    assert not app.exception
    assert store.runs.get(run_id).config["max_calls"] == 7


def test_an_estimate_is_made_again_only_when_something_changed(
    open_page: Open, store: Store, log_id: int, woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = carry_out(store, log_id)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "some-model")
    built: list[Evidence] = []
    prompt = LadderNamer.prompt

    def counted(namer: LadderNamer, evidence: Evidence) -> Any:
        built.append(evidence)
        return prompt(namer, evidence)

    monkeypatch.setattr(LadderNamer, "prompt", counted)
    app = open_page("discover")
    app.radio(key="namer").set_value("openai").run()
    first = len(built)
    assert first
    before = texts(app)
    app.run()
    assert (len(built), texts(app)) == (first, before)
    app.number_input(key="price-0-new").set_value(0.5)
    app.number_input(key="price-1-new").set_value(2.0).run()
    assert len(built) > first
    second = len(built)
    _, journey = store.results.unnamed(run_id, "")[0]
    store.results.add_names(run_id, journey, Names(("a", "b", "c", "d", "e"), "llm:x"))
    app.run()
    assert len(built) > second


def test_the_ledger_is_shown_while_naming_goes_on(
    open_page: Open, store: Store, log_id: int
) -> None:
    run_id = store.runs.create(log_id, DiscoveryConfig(namer="openai").to_dict())
    store.workers.sign_on("w", 1, "here")
    store.runs.claim(run_id, "w")
    store.runs.enter_stage(run_id, "w", "name", 2, 8)
    ledger = Ledger(
        calls=1200, cached=3, retries=2, prompt_tokens=5000, cost=0.5, failures={"timeout": 2}
    )
    store.runs.save_manifest(run_id, "w", {"llm": ledger.to_dict()})
    shown = texts(open_page("discover"))
    assert "1,200 calls, 5,000 tokens, 3 answered from earlier calls, about 0.50 US dol" in shown
    assert "2 requests failed (not answered in time 2); 2 sent again" in shown
