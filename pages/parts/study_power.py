"""How many participants a study needs: power by simulation, on request."""

from __future__ import annotations

import streamlit as st

from journeys.errors import InputError
from journeys.figures.study import power_figure
from journeys.study.latent import Components
from journeys.study.power import Power, enough, power_table
from pages.parts import state
from pages.parts.journey_pictures import ink
from pages.parts.text import count, plain


def power_panel() -> None:
    """The form, and the last result of this session."""
    with st.expander("How many participants does a study need?", icon=":material/calculate:"):
        st.caption(
            "Studies are simulated and tested as above: participants rate the same journeys under "
            "two conditions. Power is the share of studies that find the difference (p < .05)."
        )
        with st.form("study-power"):
            difference = st.number_input(
                "Difference to find, in points of identification", 0.05, 2.0, 0.3, 0.05
            )
            person = st.number_input("How much people differ (logits)", 0.0, 3.0, 0.8, 0.1)
            journey = st.number_input("How much journeys differ (logits)", 0.0, 3.0, 0.8, 0.1)
            effect = st.number_input(
                "How much the difference itself differs between people (logits)", 0.0, 3.0, 0.4, 0.1
            )
            dropout = st.slider("Participants who will drop out", 0, 80, 15, 5, format="%d%%")
            asked = st.form_submit_button("Simulate", type="primary")
        kept = state.kept("study-power", 1)
        if asked:
            kept["table"] = _table(difference, Components(0.5, person, journey, effect), dropout)
        if kept.get("table"):
            _result(kept["table"])


def _table(difference: float, parts: Components, dropout: int) -> list[Power]:
    bar = st.progress(0.0, "Simulating studies")

    def progress(done: int, whole: int) -> None:
        bar.progress(done / whole, "Simulating studies")

    try:
        return power_table(
            difference,
            parts=parts,
            dropout=dropout / 100,
            on_progress=progress,
        )
    except InputError as error:
        st.error(plain(str(error)))
        return []
    finally:
        bar.empty()


def _result(table: list[Power]) -> None:
    st.plotly_chart(
        power_figure(table, ink=ink()), key="study-power-figure", config={"displayModeBar": False}
    )
    sizes = enough(table)
    if not sizes:
        st.markdown("None of these sizes reaches a power of 80%.")
    for row in sizes:
        st.markdown(
            f"- With {count(row.journeys, 'journey')} each: invite **{row.participants}** people "
            f"({count(row.ratings, 'rating')}) for a power of {row.power:.0%} "
            f"(simulation interval {row.low:.0%} to {row.high:.0%})."
        )
