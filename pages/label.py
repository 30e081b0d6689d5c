"""Label names: people rate names without knowing who gave them."""

from __future__ import annotations

import streamlit as st

from pages.parts.entry import through_app
from pages.parts.label_card import label_card
from pages.parts.label_results import results
from pages.parts.label_setup import choose_run, rater, setup

through_app("pages/label.py")
st.title("Label names", anchor=False)
st.caption(
    "Read what a journey holds, then say how well a name fits and whether it is as specific as its "
    "level asks for. Who gave a name is not shown, and some names belong to other journeys."
)
run = choose_run()
plan = setup(run)
who = rater()
if who and plan:
    label_card(run, plan, who)
results(run)
