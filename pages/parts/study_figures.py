"""The figures of a study: a plot, the numbers as a table, and what they assume."""

from __future__ import annotations

import streamlit as st

from journeys.figures.study import funnel_figure, section_figure
from journeys.study.analysis import Results
from journeys.study.report import FUNNEL_HEAD, Part, funnel_rows, report_rows
from pages.parts.journey_pictures import ink
from pages.parts.text import count, plain

_STILL = {"displayModeBar": False, "scrollZoom": False}

#: Section keys by tab, in order.
_TABS = {
    "Names": ("condition", "difference", "gate", "mixed"),
    "Levels": ("level", "specificity", "crossing", "preferred"),
    "Journeys": ("stated", "failures", "survey"),
    "Checks": ("foils", "change", "time", "pace", "agreement"),
}


def draw(results: Results) -> None:
    """All sections, by tab."""
    if results.simulated:
        st.warning("Simulated example. Nobody gave these answers.", icon=":material/robot_2:")
    people = count(results.participants, "participant")
    st.markdown(f"**{people}**, {count(results.trials, 'scored trial')}.")
    parts, queries = report_rows(results)
    by_key = {part.section.key: part for part in parts}
    for tab, keys in zip(st.tabs([*_TABS, "Drop-out"]), [*_TABS.values(), ()], strict=True):
        with tab:
            for key in keys:
                _section(by_key[key], queries)
            if not keys:
                _funnel(results)


def _section(part: Part, queries: list[tuple[str, str]]) -> None:
    section = part.section
    st.subheader(section.title, anchor=False)
    if part.rows:
        st.plotly_chart(
            section_figure(section, ink=ink()), key=f"study-{section.key}", config=_STILL
        )
    elif not section.note:
        st.caption("There is nothing to show yet.")
    if section.note:
        st.caption(plain(section.note))
    if not part.rows:
        return
    with st.expander("Numbers, queries and assumptions"):
        st.dataframe(
            [
                {
                    "Figure": row.name,
                    "Value": row.value,
                    "95% interval": row.interval,
                    "Participants": row.n,
                    "Answers": row.answers,
                    "p": row.p,
                }
                for row in part.rows
            ],
            hide_index=True,
            key=f"study-table-{section.key}",
        )
        for at in sorted({row.query for row in part.rows}):
            query, assumes = queries[at - 1]
            st.markdown(f"{plain(query)}\n\n:small[{plain(assumes)}]")


def _funnel(results: Results) -> None:
    if not results.steps:
        st.caption("The file has no table of participants, so it is not known who stopped where.")
        return
    st.plotly_chart(funnel_figure(results.steps, ink=ink()), key="study-funnel", config=_STILL)
    st.dataframe(
        [dict(zip(FUNNEL_HEAD, row, strict=True)) for row in funnel_rows(results)],
        hide_index=True,
        key="study-funnel-table",
    )
    st.caption("Counted are all who were invited, also those who withdrew and left no answers.")
