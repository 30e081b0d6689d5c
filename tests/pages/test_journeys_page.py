"""Journeys: names at every level, evidence, renaming, pictures, and what stands where none are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from journeys.discovery import DiscoveryConfig
from journeys.journey import Journey, Names
from journeys.store import Store
from journeys.timeline import ActivityLog
from tests.logs import make_log
from tests.pages.filled import discovered
from tests.study_world import open_study

Open = Callable[..., AppTest]


def words(app: AppTest) -> str:
    """All words on the page, without the escapes."""
    parts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error]
    labels = [box.label for box in app.expander]
    return "\n".join([*(p.value for p in parts), *labels]).replace("\\", "").replace("\u2060", "")


def strongest(store: Store, run_id: int) -> tuple[int, Sequence[Journey]]:
    """The first person on the page, and their journeys."""
    person = store.results.people(run_id)[0].person_id
    return person, store.results.user(run_id, person, store.logs.timeline(person)).journeys


def headings(app: AppTest) -> list[str]:
    text = [m.value for m in app.markdown if m.value.startswith("#####")]
    return [h.removeprefix("##### ").replace("\\", "").replace("\u2060", "") for h in text]


def test_without_a_log_the_page_leads_to_logs(open_page: Open) -> None:
    app = open_page("journeys")
    assert "There is no log yet" in words(app)
    assert not app.select_slider


def test_without_a_discovery_the_page_leads_to_discover(open_page: Open, store: Store) -> None:
    store.logs.add(make_log(users=1), "Mine")
    assert "No journeys were looked for in Mine yet" in words(open_page("journeys"))


def test_a_discovery_that_has_found_nothing_yet_shows_its_progress(
    open_page: Open, store: Store
) -> None:
    log_id = store.logs.add(make_log(users=1), "Mine")
    run_id = store.runs.create(log_id, DiscoveryConfig().to_dict())
    assert "is going on" in words(open_page("journeys"))
    store.runs.claim(run_id, "test")
    store.runs.finish(run_id, "test", "failed", "The model is <b>missing</b>.")
    assert "found nothing. The model is <b>missing</b>." in words(open_page("journeys"))


def test_the_slider_changes_all_names_and_asks_for_no_work(
    open_page: Open, store: Store, woken: list[str]
) -> None:
    _, run_id = discovered(store)
    _, journeys = strongest(store, run_id)
    app = open_page("journeys")
    assert headings(app) == [f"{j.rank}. {j.name(3)}" for j in journeys]
    assert len(journeys) > 1
    for level in (1, 5, 3):
        app.select_slider[0].set_value(level).run()
        assert not app.exception
        assert headings(app) == [f"{j.rank}. {j.name(level)}" for j in journeys]
    assert [run.status for run in store.runs.list()] == ["done"]
    assert woken == []


def test_names_begin_at_the_level_that_was_learned_of_a_person(
    open_page: Open, store: Store
) -> None:
    world = open_study(store)
    who = world.enter(0)
    store.participation.keep_level(who, 1.7, 0.4, 8)
    people = [p.person_id for p in store.results.people(world.run_id)]
    app = open_page("journeys")
    app.selectbox(key="choice-person").set_value(who.person_id).run()
    assert app.select_slider[0].value == 2
    assert "preferred level 1.7" in words(app)
    app.select_slider[0].set_value(4).run()
    assert app.select_slider[0].value == 4, "a choice stands"
    other = next(person for person in people if person != who.person_id)
    app.selectbox(key="choice-person").set_value(other).run()
    assert app.select_slider[0].value == 3, "and is of this person"
    assert "preferred level" not in words(app)
    app.selectbox(key="choice-person").set_value(who.person_id).run()
    assert app.select_slider[0].value == 4


def test_the_level_and_person_go_along_to_ratings(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    other = store.results.people(run_id)[1].person_id
    app = open_page("journeys")
    app.select_slider[0].set_value(5).run()
    app.selectbox(key="choice-person").set_value(other).run()
    app.switch_page("pages/ratings.py").run()
    assert app.select_slider[0].value == 5
    assert app.selectbox(key="choice-person").value == other


def test_cards_say_what_a_journey_is(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    _, journeys = strongest(store, run_id)
    shown = words(open_page("journeys"))
    for journey in journeys:
        assert f"Evidence: {len(journey)} events" in shown
        assert f"active in {journey.active_months} month" in shown
    assert "provisional name" in shown
    assert "need a language model" in shown
    assert "In no journey:" in shown


def test_evidence_is_central_first_and_whole_on_demand(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    person, (journey, *_) = strongest(store, run_id)
    titles = store.logs.timeline(person).titles
    app = open_page("journeys", **{f"evidence-{journey.id}": True})
    assert titles[journey.central[0]] in words(app)
    app.toggle(key=f"all-{journey.id}").set_value(True).run()
    table = next(t.value for t in app.dataframe if len(t.value) == len(journey))
    assert sorted(table["title"]) == sorted(titles[at] for at in journey.members)
    assert table["timestamp"].is_monotonic_decreasing


def test_a_name_given_by_hand_stays_and_can_be_undone(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    _, (journey, *_) = strongest(store, run_id)
    app = open_page("journeys", **{f"naming-{journey.id}": True})
    app.text_input(key=f"rename-{journey.id}-3").set_value("strumming *with* <b>friends</b>")
    app.button(key=f"FormSubmitter:form-rename-{journey.id}-3-Save name").click().run()
    assert not app.exception
    assert headings(app)[0] == "1. strumming *with* <b>friends</b>"
    after = strongest(store, run_id)[1][0].names
    assert after.namer == "person"
    assert (
        after.levels[:2] + after.levels[3:] == journey.names.levels[:2] + journey.names.levels[3:]
    )
    assert "renamed by hand" in words(app)
    app.button(key=f"undo-{journey.id}").click().run()
    assert headings(app)[0] == f"1. {journey.name(3)}"
    assert strongest(store, run_id)[1][0].names == journey.names


def test_names_of_a_model_replace_the_provisional(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    _, journeys = strongest(store, run_id)
    for journey in journeys:
        levels = tuple(f"named {n} {journey.rank}" for n in range(1, 6))
        store.results.add_names(run_id, journey.id, Names(levels, "llm:test", fallback=(3,)))
    app = open_page("journeys")
    assert headings(app)[0] == "1. named 3 1"
    assert "provisional" not in words(app)
    assert "key phrases at this level" in words(app)


def test_a_run_that_is_naming_says_so_and_its_names_arrive(
    open_page: Open, store: Store, woken: list[str]
) -> None:
    _, run_id = discovered(store)
    _, (journey, *_) = strongest(store, run_id)
    store.runs.requeue(run_id, {**store.runs.get(run_id).config, "namer": "local"})
    store.runs.claim(run_id, "test")
    store.runs.enter_stage(run_id, "test", "name", 1, 6)
    app = open_page("journeys")
    assert app.progress[0].text == "Naming journeys: 1 of 6"
    assert "replace them one by one" in words(app)
    store.results.add_names(run_id, journey.id, Names(tuple("abcde"), "llm:test"))
    assert headings(app.run())[0] == "1. c"
    store.runs.finish(run_id, "test", "done", "2 of 6 journeys keep their keyphrase names.")
    app.run()
    assert not app.progress
    assert "2 of 6 journeys keep their keyphrase names." in words(app)


def test_people_without_journeys_are_listed_with_the_rule(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    nobody = next(p for p in store.results.people(run_id) if not p.n_journeys)
    app = open_page("journeys")
    assert "1 person has no journeys (1 by min_user_events)" in words(app)
    app.selectbox(key="choice-person").set_value(nobody.person_id).run()
    assert not app.exception
    assert "min_user_events: 3 events are fewer than" in words(app)
    assert "In no journey: 3 events (100% of 3 events)" in words(app)


def test_the_timeline_is_drawn_on_its_tab(open_page: Open, store: Store) -> None:
    discovered(store)
    app = open_page("journeys", **{"journeys-view": ":material/view_timeline: Timeline"})
    assert len(app.get("plotly_chart")) == 1
    assert "not to share" in words(app)


def test_why_there_is_no_map(open_page: Open, store: Store) -> None:
    discovered(store)
    app = open_page("journeys", **{"journeys-view": ":material/map: Map"})
    assert "asked to draw none" in words(app)


def test_the_map_is_drawn_with_every_event(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    person = store.results.people(run_id)[0]
    points = np.random.default_rng(0).normal(size=(person.n_events, 2)).astype(np.float32)
    store.maps.put("a-map", points)
    store.results.set_map(run_id, person.person_id, "a-map")
    app = open_page("journeys", **{"journeys-view": ":material/map: Map"})
    assert len(app.get("plotly_chart")) == 1
    assert "no units" in words(app)


def test_hostile_titles_are_shown_as_they_are(open_page: Open, store: Store) -> None:
    titles = [
        "<script>alert(1)</script> tower",
        "[click](javascript:alert(1)) tower",
        "![x](https://example.org/track.png) tower",
        "$x^2$ :smile: **bold** tower",
    ]
    times = pd.date_range("2024-01-01", periods=20, freq="7D", tz="UTC", unit="us")
    log = ActivityLog(
        pd.DataFrame(
            {
                "user_id": "u",
                "timestamp": times,
                "title": [titles[at % 4] for at in range(20)],
                "item_id": [f"i{at}" for at in range(20)],
            }
        )
    )
    _, run_id = discovered(store, log)
    folds = [(fold, j.id) for fold in ("evidence", "naming") for j in strongest(store, run_id)[1]]
    app = open_page("journeys", **{f"{fold}-{journey_id}": True for fold, journey_id in folds})
    assert "<script>alert(1)</script>" in words(app)
    for element in app.markdown:
        assert not element.proto.allow_html
        assert "<script>" not in element.value
        assert "](" not in element.value


def test_several_logs_can_be_chosen_between(open_page: Open, store: Store) -> None:
    first, _ = discovered(store)
    second = store.logs.add(make_log(users=1, seed=1), "Another *log*")
    app = open_page("journeys", log_id=first)
    assert headings(app)
    app.selectbox(key="choice-log").set_value(second).run()
    assert "No journeys were looked for in Another *log* yet" in words(app)


def test_naming_from_here_tells_the_cost_before_it_starts(
    open_page: Open, store: Store, woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, run_id = discovered(store)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "some-model")
    app = open_page("journeys")
    app.button(key="name-now").click().run()
    assert not app.exception
    assert f"{store.results.counts(run_id)[0]} journeys to name: about" in words(app)
    assert woken == []
    app.button(key=f"start-naming-{run_id}").click()
    app.button(key="name-now").click()
    app.run()
    assert store.runs.get(run_id).config["namer"] == "openai"
    assert woken == ["woken"]
