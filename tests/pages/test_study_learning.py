"""Examples from corrections in the naming form, and the comparison on the page of results."""

from __future__ import annotations

from dataclasses import replace

from journeys.discovery.evidence import build_evidence
from journeys.naming.fake import FakeChat
from journeys.naming.ladder import LadderNamer
from journeys.store import Store
from journeys.study.answers import TrialAnswers
from journeys.study.default_design import default_design
from journeys.study.design import Condition
from tests.pages.conftest import OpenPage
from tests.study_world import StudyWorld, open_study


def world_with_a_correction(store: Store) -> StudyWorld:
    conditions = (Condition("a", "plain"), Condition("b", "taught"))
    design = replace(
        default_design(conditions=conditions), corrections_as_examples=True, arrangement="within"
    )
    world = open_study(store, design)
    who = store.invitations.enter(world.tokens[0])
    store.participation.give_consent(who, as_examples=True)
    shown = world.shown(who)
    words = f"{shown.name.split()[0]} and such"
    store.participation.save_answer(
        who, shown, TrialAnswers(identification=3, own_words=words), 900
    )
    return world


def test_the_comparison_leaves_out_who_gave_examples(store: Store, open_page: OpenPage) -> None:
    world = world_with_a_correction(store)
    timeline = store.logs.timeline(world.people[1])
    found = store.results.user(world.run_id, world.people[1], timeline)
    namer = LadderNamer(FakeChat(), examples=store.examples.book(world.study_id, world.log_id))
    evidence = build_evidence(timeline, found, found.journeys[0])
    names = namer.name(evidence).names
    store.names.add_alternative(world.run_id, found.journeys[0].id, names)
    other = world.enter(1)
    for trial, (condition, points) in enumerate((("a", 2), ("b", 4))):
        shown = replace(world.shown(other, trial), condition=condition)
        store.participation.save_answer(other, shown, TrialAnswers(identification=points), 900)
    page = open_page("study_results")
    assert any("With and without examples" in head.value for head in page.subheader)
    table = next(each.value for each in page.dataframe if "n" in each.value)
    held = table[table["Participants"] == "held-out"].set_index("Figure")
    assert held.loc["no examples", "n"] == held.loc["with examples", "n"] == 1
    assert set(table["Participants"]) == {"held-out", "gave examples"}


def test_the_naming_form_offers_examples_only_where_somebody_allows_it(
    store: Store, open_page: OpenPage
) -> None:
    from streamlit.testing.v1 import AppTest

    def form() -> None:
        import streamlit as st

        from pages.parts.example_choice import example_fields

        st.json(example_fields({}, key="x"))

    none = AppTest.from_function(form).run()
    assert not none.selectbox
    world_with_a_correction(store)
    some = AppTest.from_function(form).run()
    assert not some.exception
    assert some.selectbox[0].value is None  # off until chosen
    assert "1 of 1 participants allow it" in some.selectbox[0].options[1]
