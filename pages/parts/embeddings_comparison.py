"""The newest comparison of text prompts with user embeddings."""

from __future__ import annotations

import streamlit as st

from journeys.figures import tokens_figure
from journeys.userllm.results import KeptRow, newest_result, results_folder
from pages.parts.embeddings_choice import Chosen
from pages.parts.journey_pictures import ink
from pages.parts.resources import settings
from pages.parts.text import count, plain

_TASKS = {
    "next_item": "next item (MRR)",
    "favourite_category": "favourite category (accuracy)",
    "journeys": "journeys (average precision)",
}
_COMMAND = "python -m journeys userllm evaluate --people 40 --examples 120"


def comparison(chosen: Chosen) -> None:
    """Score against tokens, and the table; where there is none, the command that makes it."""
    found = newest_result(results_folder(settings().home))
    if found is None:
        st.info(
            "Nothing was compared on this machine yet. This command asks a language model the same "
            "questions by text prompt and by embedding, on public data (ML-100k); it takes hours "
            "on a processor, goes on where it was, and its result is shown here:"
        )
        st.code(_COMMAND, language="bash", wrap_lines=True)
        return
    about = ", ".join(
        f"{key} {value}" for key, value in found.about.items() if isinstance(value, str | int)
    )
    people = count(max(row.people for row in found.rows), "person", "people")
    st.markdown(f"Made on {plain(found.made)} UTC; asked about {people}.")
    st.caption(plain(f"Settings: {about}"))
    st.plotly_chart(
        tokens_figure(found.rows, ink=ink()),
        key="embeddings-tokens",
        config={"displayModeBar": False},
        alt="Score of each route by the tokens it reads; the table below has the numbers.",
    )
    st.caption(
        "Right is dearer, up is better. Bars are 95% intervals over people; numbers at the points "
        "are the newest events that were known. Points of equal tokens stand side by side."
    )
    st.markdown(_table(found.rows))


def _table(rows: tuple[KeptRow, ...]) -> str:
    lines = [
        "| Route | Newest events | Task | Score | 95% interval | Tokens | Seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {plain(row.route)} | {row.history or 'all'} | {_TASKS.get(row.task, plain(row.task))} "
        f"| {row.score:.3f} | {row.low:.3f} to {row.high:.3f} | {row.tokens:,.0f} "
        f"| {row.seconds:.2f} |"
        for row in rows
    ]
    return "\n".join(lines)
