"""Two pictures of a person's years: shares of interests, and parts with their changes."""

from __future__ import annotations

import streamlit as st

from journeys.figures.partitions import partitions_figure
from journeys.figures.stream import MOST_BANDS, OTHERS, Streams, stream_figure, streams
from pages.parts.journey_pictures import ink
from pages.parts.text import count, day, plain
from pages.parts.years_choice import Chosen

_STILL = {"displayModeBar": False}


def pictures(chosen: Chosen) -> None:
    """The stream graph with its table, and the partitions on a time axis."""
    _stream(chosen)
    st.subheader("Parts and changes", anchor=False)
    st.plotly_chart(
        partitions_figure(chosen.years, ink=ink()),
        key="years-partitions",
        config=_STILL,
        alt="Each part from its first event to its last, with marks where interests began, "
        "returned, grew, faded or were dropped; “What changed” has them in words.",
    )
    late = sum(part.record.n_late for part in chosen.years.parts)
    striped = f" Stripes: {count(late, 'event')} came late." if late else ""
    st.caption(
        "Bars: parts, shaded in turn; blue where a model has told, grey where only events were "
        f"counted.{striped} Point at a mark for names. Times are in UTC."
    )


def _stream(chosen: Chosen) -> None:
    st.subheader("Interests over time", anchor=False)
    found = streams([part.record for part in chosen.years.parts], chosen.years.lives)
    if not found.bands:
        st.info(
            "No interests are known yet: no journeys were found in this log, and no model has told "
            "of any part."
        )
        return
    if len(found.spans) < 2:
        st.info("With one part there is nothing to compare. The second will start this picture.")
        return
    st.plotly_chart(
        stream_figure(found, ink=ink()),
        key="years-stream",
        config=_STILL,
        alt="Shares of the strongest interests over time; the table below has the numbers.",
    )
    parts = -(-len(chosen.years.parts) // len(found.spans))
    together = f" {count(parts, 'part')} are taken together." if parts > 1 else ""
    st.caption(
        f"The {MOST_BANDS} strongest interests; what is missing to 100% is in no journey.{together}"
    )
    if st.toggle("Show as a table", key="years-table"):
        _table(found)


def _table(found: Streams) -> None:
    """Periods down, interests across; real HTML, which a screen reader can walk."""
    lines = ["| From | To | " + " | ".join(_cell(band.name) for band in found.bands) + " |"]
    lines.append("|---" * (2 + len(found.bands)) + "|")
    for at, (start, end) in enumerate(found.spans):
        shares = " | ".join(f"{band.shares[at]:.0%}" for band in found.bands)
        lines.append(f"| {day(start)} | {day(end)} | {shares} |")
    st.markdown("\n".join(lines))


def _cell(name: str) -> str:
    return name if name == OTHERS else plain(name)
