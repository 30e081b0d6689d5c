"""Label names: blind, one after the other, saved at once, taken back, taken up again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from streamlit.testing.v1 import AppTest

from journeys.journey import Names
from journeys.store import Label, Store
from tests.pages.filled import discovered
from tests.pages.test_journeys_page import words

Open = Callable[..., AppTest]

INITIALS = "label-initials"


@pytest.fixture
def run_id(store: Store) -> int:
    """Six journeys of two people; a model named them too, one as the key phrases do."""
    _, run_id = discovered(store)
    for number, (_, journey_id) in enumerate(sorted(store.results.unnamed(run_id, "x"))):
        history = store.results.names_history(run_id, journey_id)
        own = [f"model name {number} at {level}" for level in range(1, 6)]
        if number == 0:
            own[2] = history[0].names.at(3)
        one, two, three, four, five = own
        names = Names((one, two, three, four, five), "llm:secret-model")
        store.results.add_names(run_id, journey_id, names)
    return run_id


def started(open_page: Open, initials: str = "AB ") -> AppTest:
    app = open_page("label")
    app.text_input(key=INITIALS).set_value(initials).run()
    assert not app.exception
    return app


def shown(app: AppTest) -> str:
    """The name that is asked about."""
    (name,) = [m.value for m in app.markdown if m.value.startswith("#### ")]
    return name.removeprefix("#### ").replace("\\", "").replace("\u2060", "")


def press(app: AppTest, *keys: str) -> AppTest:
    for key in keys:
        app.button(key=f"label-{key}").click().run()
        assert not app.exception
    return app


def labels(store: Store, run_id: int) -> list[Label]:
    return [record.label for record in store.labels.of_run(run_id)]


def test_without_a_discovery_the_page_leads_to_one(open_page: Open) -> None:
    assert "There are no names to label yet" in words(open_page("label"))


def test_nothing_is_asked_before_it_is_known_who_answers(open_page: Open, run_id: int) -> None:
    app = open_page("label")
    assert "Type your initials to begin" in words(app)
    assert not [b for b in app.button if b.key and b.key.startswith("label-fit")]


def test_two_presses_save_a_label_and_bring_the_next_name(
    open_page: Open, store: Store, run_id: int
) -> None:
    app = started(open_page)
    first = shown(app)
    press(app, "fit-4")
    assert labels(store, run_id) == []
    assert shown(app) == first
    press(app, "specificity-broad")
    (label,) = labels(store, run_id)
    assert (label.name, label.fit, label.specificity) == (first, 4, "broad")
    assert label.rater == "person:ab"
    assert shown(app) != first
    press(app, "specificity-right", "fit-5")
    assert [one.specificity for one in labels(store, run_id)] == ["broad", "right"]


def test_of_a_wrong_name_nothing_more_is_asked(open_page: Open, store: Store, run_id: int) -> None:
    press(started(open_page), "fit-1")
    (label,) = labels(store, run_id)
    assert (label.fit, label.specificity) == (1, "")


def test_the_namer_is_nowhere_on_the_page_while_labelling(open_page: Open, run_id: int) -> None:
    app = started(open_page)
    for _ in range(4):
        everything = words(app) + " ".join(b.label for b in app.button)
        card = everything.replace("Language model secret-model", "")
        assert "secret" not in card.replace(shown(app), "")
        assert "keyphrase" not in card
        press(app, "fit-1")


def test_a_name_of_two_namers_is_asked_once_and_counts_for_both(
    open_page: Open, store: Store, run_id: int
) -> None:
    app = started(open_page)
    while [m for m in app.markdown if m.value.startswith("#### ")]:
        press(app, "fit-1")
    real = [label for label in labels(store, run_id) if not label.foil]
    assert len(real) == 11, "six journeys, two namers, one name alike"
    assert [label.namers for label in real].count(("keyphrase", "llm:secret-model")) == 1
    journeys = [label.journey_id for label in labels(store, run_id)]
    assert all(a != b for a, b in pairwise(journeys))
    assert "All names are labelled" in " ".join(s.value for s in app.success)
    assert app.get("progress")[0].text.startswith(f"{len(journeys)} of {len(journeys)}")


def test_undo_brings_the_last_name_back(open_page: Open, store: Store, run_id: int) -> None:
    app = started(open_page)
    assert app.button(key="label-undo").disabled
    first = shown(app)
    press(app, "fit-1")
    second = shown(app)
    press(app, "fit-1", "undo")
    assert shown(app) == second
    press(app, "undo")
    assert shown(app) == first
    assert labels(store, run_id) == []


def test_a_skipped_name_comes_back_at_the_end(open_page: Open, store: Store, run_id: int) -> None:
    app = started(open_page)
    first = shown(app)
    press(app, "skip")
    seen = []
    while shown(app) != first:
        seen.append(shown(app))
        press(app, "fit-1")
    assert len(seen) == len(labels(store, run_id)) >= 10
    press(app, "fit-1")
    assert "All names are labelled" in " ".join(s.value for s in app.success)


def test_labelling_goes_on_where_it_stopped_and_others_begin_anew(
    open_page: Open, store: Store, run_id: int
) -> None:
    app = started(open_page)
    press(app, "fit-1", "fit-1")
    now = shown(app)
    again = started(open_page, "ab")
    assert shown(again) == now
    assert again.get("progress")[0].text.startswith("2 of ")
    other = started(open_page, "cd")
    assert other.get("progress")[0].text.startswith("0 of ")
    press(other, "fit-1")
    assert {label.rater for label in labels(store, run_id)} == {"person:ab", "person:cd"}


def test_the_choice_of_names_is_kept(open_page: Open, store: Store, run_id: int) -> None:
    app = started(open_page)
    app.multiselect(key=f"label-namers-{run_id}").set_value(["llm:secret-model"])
    app.multiselect(key=f"label-levels-{run_id}").set_value([1])
    next(b for b in app.button if b.label == "Use these names").click().run()
    assert not app.exception
    assert shown(app).endswith("at 1")
    again = started(open_page)
    assert shown(again) == shown(app)
    again.multiselect(key=f"label-levels-{run_id}").set_value([])
    next(b for b in again.button if b.label == "Use these names").click().run()
    assert "No name is chosen" in words(again)


def test_the_judges_figures_are_never_shown_without_enough_agreement(
    open_page: Open, store: Store, run_id: int
) -> None:
    app = started(open_page)
    press(app, "fit-4", "specificity-right")
    (label,) = labels(store, run_id)
    store.labels.save(run_id, replace(label, rater="judge:m@p", fit=5))
    opened = open_page("label", **{"label-results": True})
    text = words(opened)
    assert "The judge's scores are not shown: 1 human label" in text
    assert "Its agreement with" not in text
    tables = [frame.value for frame in opened.dataframe]
    assert sum("mean fit" in table.columns for table in tables) == 1, "those of people only"


def test_results_are_folded_away_at_first(open_page: Open, store: Store, run_id: int) -> None:
    app = started(open_page)
    press(app, "fit-4", "specificity-right")
    assert not app.dataframe
    opened = open_page("label", **{"label-results": True})
    assert "ab: 1 labelled" in words(opened)
    assert [b for b in opened.download_button if b.label == "Labels as CSV"]


def test_a_name_is_shown_as_text_and_never_runs(open_page: Open, store: Store, run_id: int) -> None:
    evil = "**bold** :red[x] <b>tag</b>"
    for person, journey_id in store.results.unnamed(run_id, "x"):
        assert person
        names = Names((evil, evil, evil, evil, evil), "llm:other")
        store.results.add_names(run_id, journey_id, names)
    store.choices.set(
        f"labelling-{run_id}", {"levels": [3], "namers": ["llm:other"], "sample": 60, "seed": 0}
    )
    app = started(open_page)
    (raw,) = [m.value for m in app.markdown if m.value.startswith("#### ")]
    assert raw.startswith("#### \\*\\*bold")
    assert shown(app) == evil
