"""Why this name, names over time, and families, on the page Journeys."""

from __future__ import annotations

import html
import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from journeys.journey import Journey, Names
from journeys.naming import Completion
from journeys.naming.prompts import KEYS
from journeys.store import Store
from journeys.timeline import ActivityLog
from pages.parts.journey_why import marked
from tests.discovery.test_naming_stage import Server
from tests.pages.filled import discovered
from tests.pages.test_journeys_page import headings, strongest, words

Open = Callable[..., AppTest]

_MARK = re.compile(r"<mark[^>]*>(.*?)</mark>")


def evidence(app: AppTest) -> str:
    return "\n".join(part.proto.body for part in app.get("html"))


def marks(app: AppTest) -> set[str]:
    return {html.unescape(found).lower() for found in _MARK.findall(evidence(app))}


def unfolded(open_page: Open, journey: Journey, **session: object) -> AppTest:
    return open_page("journeys", **{f"naming-{journey.id}": True, **session})


def test_the_words_of_the_name_are_marked_in_its_items(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    person, (journey, *_) = strongest(store, run_id)
    titles = store.logs.timeline(person).titles
    word = titles[journey.central[0]].split()[0]
    levels = ("music", f"{word} fun", f"playing the {word}s nightly", "d", "e")
    store.results.add_names(run_id, journey.id, Names(levels, "llm:some", prompts="calm-1a2b"))
    app = unfolded(open_page, journey)
    assert f"Why “playing the {word}s nightly”?" in words(app)
    assert word in marks(app)
    assert all(mark.rstrip("s") == word.rstrip("s") for mark in marks(app))
    assert "font-weight: 700; text-decoration: underline" in evidence(app)
    shown = words(app)
    assert "In no title: “playing”, “nightly”." in shown
    assert f"{len(journey)} titles have words of it, of {len(journey)} titles in all" in shown
    assert "Language model some, prompts calm-1a2b · " in shown
    app.toggle(key=f"why-all-{journey.id}").set_value(True).run()
    assert evidence(app).count("<li>") == len(journey)


def test_what_the_model_cites_comes_first(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    person, (journey, *_) = strongest(store, run_id)
    timeline = store.logs.timeline(person)
    at = journey.central[-1]
    cited = (timeline.frame["item_id"].tolist()[at], "an item that is gone")
    names = Names(("a", "b", "c", "d", "e"), "llm:some", cited=((), (), cited, (), ()))
    store.results.add_names(run_id, journey.id, names)
    app = unfolded(open_page, journey)
    assert "The model says that the name rests on this item" in words(app)
    assert evidence(app).count("<li>") == 1
    assert html.escape(timeline.titles[at]) in evidence(app)
    app.select_slider[0].set_value(2).run()
    assert "No title has a word of it" in words(app)


def test_what_failed_and_what_it_cost_is_told(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    _, (journey, *_) = strongest(store, run_id)
    said = dict(zip(KEYS, ("a", "b", "lists; of <b>things</b>", "d", "e"), strict=True))
    store.completions.put("k" * 64, Completion(json.dumps(said), 700, 12))
    names = Names(tuple("abcde"), "llm:some", fallback=(3,), completion_keys=("k" * 64,))
    store.results.add_names(run_id, journey.id, names)
    app = unfolded(open_page, journey)
    assert "712 tokens in 1 answer" in words(app)
    assert "did not pass the checks" in words(app)
    assert "“lists; of <b>things</b>” has markup or a link in it" in words(app)
    store.completions.put("k" * 64, Completion("gone", 0, 0))
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM completion"))
    assert "Its answer is not kept any more" in words(app.run())


def test_an_older_name_can_be_used_again_and_undone(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    _, (journey, *_) = strongest(store, run_id)
    for model in ("one", "two"):
        levels = tuple(f"{model} {level}" for level in range(1, 6))
        store.results.add_names(run_id, journey.id, Names(levels, f"llm:{model}"))
    store.names.add_alternative(run_id, journey.id, Names(tuple("vwxyz"), "llm:three"))
    app = unfolded(open_page, journey)
    assert headings(app)[0] == "1. two 3"
    shown = words(app)
    assert "two 3 :green-badge[:material/check: current]" in shown
    assert "x :gray-badge[to compare]" in shown
    assert "language model one · " in shown
    # Newest first: two (current), three (beside), one, key phrases.
    app.button(key=f"again-{journey.id}-2").click().run()
    assert not app.exception
    assert headings(app)[0] == "1. one 3"
    assert "chosen by hand" in words(app)
    assert app.text_input(key=f"rename-{journey.id}-3").value == "one 3", "the field follows"
    app.button(key=f"undo-{journey.id}").click().run()
    assert headings(app)[0] == "1. two 3"
    assert f"undo-{journey.id}" not in [button.key for button in app.button]


def test_markup_in_titles_is_text_and_marks_stand_inside() -> None:
    title = '<img src=x onerror="alert(1)"> & tower'
    start = title.index("tower")
    shown = marked(title, [(start, start + 5)])
    assert re.sub(r"<mark style=\"[^\"<>]*\">tower</mark>", "tower", shown) == html.escape(title)


def test_hostile_titles_are_escaped_in_the_evidence(open_page: Open, store: Store) -> None:
    times = pd.date_range("2024-01-01", periods=20, freq="7D", tz="UTC", unit="us")
    bad = ["<script>alert(1)</script> tower", '"><img src=x onerror=alert(1)> tower']
    rows = [bad[at % 2] for at in range(20)]
    frame = pd.DataFrame({"user_id": "u", "timestamp": times, "title": rows})
    frame["item_id"] = [f"i{at}" for at in range(20)]
    _, run_id = discovered(store, ActivityLog(frame))
    journeys = strongest(store, run_id)[1]
    shown = evidence(
        open_page("journeys", **{f"naming-{journey.id}": True for journey in journeys})
    )
    assert "&lt;script&gt;" in shown
    assert "&lt;img" in shown
    assert "<script" not in shown
    assert "<img" not in shown


def test_families_are_offered_where_there_are_some(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    _, journeys = strongest(store, run_id)
    assert len(journeys) >= 3
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE journey SET family = 1"))
    assert "group-by-family" not in [toggle.key for toggle in open_page("journeys").toggle]
    with store.engine.begin() as connection:
        last = {"id": journeys[0].id}
        connection.execute(text("UPDATE journey SET family = 2 WHERE id = :id"), last)
    store.results.add_names(
        run_id, journeys[0].id, replace(journeys[0].names, levels=("*music*", *"bcde"))
    )
    app = open_page("journeys")
    app.toggle(key="group-by-family").set_value(True).run()
    assert not app.exception
    groups = [m.value for m in app.markdown if m.value.startswith("#### ")]
    assert len(groups) == 2
    assert groups[0].replace("\\", "").startswith("#### *music* ")
    assert sorted(headings(app)) == sorted(
        f"{j.rank}. {j.name(3)}" for j in strongest(store, run_id)[1]
    )


@pytest.mark.parametrize("page", ["journeys", "compare"])
def test_moving_the_slider_asks_no_model(
    open_page: Open, store: Store, woken: list[str], page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, run_id = discovered(store)
    _, journeys = strongest(store, run_id)
    for journey in journeys:
        levels = tuple(f"named {level} {journey.rank}" for level in range(1, 6))
        store.results.add_names(run_id, journey.id, Names(levels, "llm:m"))
    server = Server()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_MODEL", "m")
    try:
        app = open_page(page)
        for level in (1, 5, 2):
            app.select_slider[0].set_value(level).run()
            assert not app.exception
            assert all(f"named {level} {journey.rank}" in words(app) for journey in journeys)
        assert server.requests == 0
        assert woken == []
        assert store.runs.list(every_kind=True) == store.runs.list()
    finally:
        server.shutdown()
        server.server_close()
