"""What a researcher keeps of a study: the report, and the data for R and Python."""

from __future__ import annotations

import streamlit as st

from journeys.study.analysis import Results
from journeys.study.bundle import write_bundle
from journeys.study.report import report_html
from journeys.study.report_pdf import pdf_available, report_pdf
from journeys.study.roles import Right
from pages.parts.study_role import allowed
from pages.parts.study_source import Source
from pages.parts.taking import taken


def downloads(source: Source, results: Results) -> None:
    """Files are made when they are asked for."""
    st.subheader("Report and export", anchor=False)
    st.caption(
        "The export holds every table as CSV and Parquet, a codebook and the design, under "
        "pseudonyms. "
        + (
            "Own words stand as they were written: read them before you pass it on. "
            if allowed(Right.SEE_WORDS)
            else "What participants wrote, and names made from their titles, are left out for you. "
        )
        + "What you download is beyond this app's reach: erasing a person does not erase it."
    )
    title, design_hash = source.title, source.design_hash
    with st.container(horizontal=True):
        st.download_button(
            "Report (HTML)",
            taken(
                lambda: report_html(results, title=title, design_hash=design_hash), source.subject
            ),
            "study-report.html",
            "text/html",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
        )
        st.download_button(
            "Report (PDF)",
            taken(
                lambda: report_pdf(results, title=title, design_hash=design_hash), source.subject
            ),
            "study-report.pdf",
            "application/pdf",
            on_click="ignore",
            disabled=not pdf_available(),
            help=None if pdf_available() else "It needs requirements-study.txt to be installed.",
        )
        st.download_button(
            "Data and codebook (zip)",
            taken(
                lambda: write_bundle(source.export(results), source.design or None), source.subject
            ),
            "study-data.zip",
            "application/zip",
            on_click="ignore",
        )
