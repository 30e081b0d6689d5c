"""Study results: what participants answered, with how sure one can be, and the report to keep."""

from __future__ import annotations

import streamlit as st

from pages.parts.entry import through_app
from pages.parts.study_downloads import downloads
from pages.parts.study_figures import draw
from pages.parts.study_learning import learning_panel
from pages.parts.study_power import power_panel
from pages.parts.study_source import choose_source

through_app("pages/study_results.py")
st.title("Study results", anchor=False)
source = choose_source()
if source is not None:
    results = source.results()
    if results is not None:
        draw(results)
        learning_panel(source)
        downloads(source, results)
power_panel()
