"""Ratings: how closely each name describes what a person is pursuing."""

from __future__ import annotations

import streamlit as st

from journeys.store.ratings import LOCAL_RATER
from pages.parts.entry import through_app
from pages.parts.journey_choice import choose
from pages.parts.journey_level import level_slider
from pages.parts.journey_naming import watch
from pages.parts.rating_card import rating_card
from pages.parts.rating_summary import export, summary
from pages.parts.resources import store
from pages.parts.text import plain

through_app("pages/ratings.py")
st.title("Ratings", anchor=False)
chosen = choose()
watch(chosen)
journeys = chosen.found.journeys
if journeys:
    level = level_slider()
    given = {
        record.journey_id: record.answer
        for record in store().ratings.standing(chosen.run.id, chosen.person.person_id)
        if record.rater == LOCAL_RATER
    }
    rated = sum(answer.identification is not None for answer in given.values())
    st.progress(rated / len(journeys), f"{rated} of {len(journeys)} rated. Answers save at once.")
    for journey in journeys:
        rating_card(chosen, journey, level, given)
else:
    st.info(f"This person has no journeys to rate. {plain(chosen.found.note)}")
    st.page_link(
        "pages/discover.py", label="Change the rules on the page Discover", icon=":material/tune:"
    )

summary(store().ratings.standing_counts(chosen.run.id, LOCAL_RATER))
export(chosen.log)
