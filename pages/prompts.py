"""Prompts: what the language model is told, editable, and tried on one journey."""

from __future__ import annotations

import streamlit as st

from journeys.naming.prompts.validation import errors, validate
from pages.parts.entry import through_app
from pages.parts.journey_choice import choose
from pages.parts.prompt_choice import choose_set, collect_name, save_panel, set_before, set_buttons
from pages.parts.prompt_draft import draft_of
from pages.parts.prompt_editor import collect, files_panel
from pages.parts.prompt_examples import collect_examples
from pages.parts.prompt_trial import journey_field, trial_panel

through_app("pages/prompts.py")
st.title("Prompts", anchor=False)
st.markdown(
    "What a language model is told when it names a journey. Change it here, see the effect on one "
    "journey, and use it in a discovery."
)
chosen = choose_set()
draft = draft_of(chosen.id)
if draft is not None:
    collect(draft)
    collect_examples(draft)
    collect_name(draft)
shown = draft.prompts if draft else chosen
findings = validate(shown)
if draft is None:
    set_buttons(chosen)
else:
    save_panel(draft, findings)
files_panel(shown, draft, findings, chosen if draft else set_before(chosen))
st.caption(
    ":material/shield_person: Prompts are sent to the model as they are and kept apart from "
    "people's data: erasing a person does not look into them. Paste nobody's titles here, and make "
    "worked examples up."
)

st.subheader("On one journey", anchor=False)
person = choose()
if not person.found.journeys:
    st.info("This person has no journeys. Choose another to try the prompts on.")
elif errors(findings):
    st.info("Mend the errors above to see the prompt and to try it.", icon=":material/build:")
else:
    trial_panel(person, journey_field(person), shown)
