"""Compare names: two namers side by side, using one, and having another name beside."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from journeys.discovery.renaming import renamed
from journeys.journey import Names
from journeys.store import Answer, Store
from journeys.store.runs import ACTIVE
from journeys.study.comparing import comparison_csv
from journeys.study.sources import collect_sources
from tests.pages.filled import discovered
from tests.pages.test_journeys_page import strongest, words

Open = Callable[..., AppTest]


def named(word: str, model: str, fallback: tuple[int, ...] = ()) -> Names:
    one, two, three, four, five = (f"{word} of level {level}" for level in "abcde")
    return Names((one, two, three, four, five), f"llm:{model}", fallback=fallback)


def keys(app: AppTest) -> list[str]:
    return [button.key or "" for button in app.button]


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_without_another_namer_the_page_says_what_to_do(open_page: Open, store: Store) -> None:
    discovered(store)
    app = open_page("compare")
    assert "So far only key phrases have named these journeys" in words(app)
    assert "Another namer needs a language model" in words(app)


def test_two_namers_stand_side_by_side(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    _, journeys = strongest(store, run_id)
    for journey in journeys:
        store.results.add_names(run_id, journey.id, named("current", "a"))
    store.names.add_alternative(run_id, journeys[0].id, named("other", "b", fallback=(3,)))
    store.names.add_alternative(run_id, journeys[1].id, named("current", "b"))
    app = open_page("compare")
    boxes = {box.label: box.value for box in app.selectbox}
    assert (boxes["First namer"], boxes["Second namer"]) == ("llm:a\n", "llm:b\n")
    assert metrics(app)["Differ at level 3"] == "1 of 2"
    assert metrics(app)["Fallbacks"] == "0 / 1"
    assert metrics(app)["Like the person's own"] == "—"
    shown = words(app)
    assert "**other of level c** :orange-badge[fallback]" in shown
    assert ":gray[— no name]" in shown
    app.toggle(key="compare-differ").set_value(True).run()
    assert f"Journey {journeys[0].rank} ·" in words(app)
    assert f"Journey {journeys[1].rank} ·" not in words(app)


def test_a_name_is_used_by_one_click_and_given_back_by_another(
    open_page: Open, store: Store
) -> None:
    _, run_id = discovered(store)
    _, (journey, *_) = strongest(store, run_id)
    store.results.add_names(run_id, journey.id, named("current", "a"))
    store.names.add_alternative(run_id, journey.id, named("other", "b"))
    app = open_page("compare")
    assert f"compare-undo-{journey.id}" not in keys(app)
    app.button(key=f"use-second-{journey.id}").click().run()
    assert not app.exception
    assert strongest(store, run_id)[1][0].names == named("other", "b")
    past = [record.names.namer for record in store.names.over_time(run_id, journey.id)]
    assert past == ["llm:b", "llm:b", "llm:a", "keyphrase"]
    app.button(key=f"compare-undo-{journey.id}").click().run()
    assert strongest(store, run_id)[1][0].names == named("current", "a")


def test_own_names_are_compared_with(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    _, (first, second, *_) = strongest(store, run_id)
    for journey in (first, second):
        store.results.add_names(run_id, journey.id, named("current", "a"))
    mine = renamed(named("current", "a"), 3, "current of level c!")
    store.results.add_names(run_id, first.id, mine)
    said = Answer(4, None, "*my* own words", 3, "current of level c", "llm:a")
    store.ratings.save(run_id, second.id, said)
    app = open_page("compare")
    shown = words(app)
    assert "In their own words: “*my* own words”" in shown
    assert metrics(app)["Like the person's own"].count("0.") == 2
    app.selectbox(key=next(b.key for b in app.selectbox if b.label == "Second namer")).set_value(
        "person\n"
    ).run()
    assert not app.exception
    app.button(key=f"use-second-{second.id}").click().run()
    names = strongest(store, run_id)[1][1].names
    assert names.at(3) == "*my* own words"
    assert names.at(2) == named("current", "a").at(2)


def test_the_download_is_of_the_person_shown(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    person, journeys = strongest(store, run_id)
    store.results.add_names(run_id, journeys[0].id, named("=other", "a"))
    timeline = store.logs.timeline(person)
    found = store.results.user(run_id, person, timeline)
    collected = collect_sources(store, run_id, person, timeline, found)
    phrases, model = collected.sources
    rows = list(csv.DictReader(io.StringIO(comparison_csv(journeys, model, phrases, {}))))
    assert len(rows) == 5 * len(journeys)
    assert rows[0]["first_name"] == "'=other of level a"
    app = open_page("compare")
    (download,) = app.get("download_button")
    assert download.proto.label == "Download the comparison (CSV)"


def test_another_namer_is_asked_in_the_background(
    open_page: Open, store: Store, woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, run_id = discovered(store)
    person, journeys = strongest(store, run_id)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "some-model")
    app = open_page("compare")
    assert f"{len(journeys)} journeys to name: about" in words(app)
    app.text_input(key="beside-model").set_value("bigger")
    app.button(key="beside-start").click().run()
    assert not app.exception
    job = store.naming_jobs.newest(run_id, person)
    assert job is not None
    assert job.status in ACTIVE
    assert (job.config["namer"], job.config["model"]) == ("openai", "bigger")
    assert store.runs.get(run_id).config["namer"] == "keyphrase"
    assert woken == ["woken"]
    assert app.button(key="beside-start").disabled

    store.runs.claim(job.id, "worker")
    store.workers.sign_on("worker", 1, "here")
    store.runs.enter_stage(job.id, "worker", "name", 1, len(journeys))
    app.run()
    assert app.progress[0].text == f"Naming beside: 1 of {len(journeys)} journeys"
    app.button(key="beside-cancel").click().run()
    assert store.runs.get(job.id).cancel_requested
    store.runs.finish(job.id, "worker", "cancelled")
    app.run()
    assert "The naming was cancelled. Names that are there are kept." in words(app)
    app.button(key="beside-resume").click().run()
    assert store.runs.get(job.id).active
    store.runs.claim(job.id, "worker")
    store.names.add_alternative(run_id, journeys[0].id, named("other", "bigger"))
    store.runs.finish(job.id, "worker", "done")
    app.run()
    assert not app.progress
    assert not app.warning
    assert "other of level c" in words(app)
    app.switch_page("pages/discover.py").run()
    assert f"Run {job.id}" not in words(app), "a job is no discovery"
