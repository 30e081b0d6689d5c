"""Ratings in numbers, and as a file."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from journeys.figures import specificity_figure
from journeys.store import LogSummary, RatingRecord
from journeys.store.audit import Subject
from journeys.store.ratings import SPECIFICITY, AnswerCount
from journeys.study.export import codebook, ratings_csv, ratings_zip
from journeys.study.summary import Share, close_share, close_share_by_level, specificity_counts
from pages.parts.journey_level import level_words
from pages.parts.journey_pictures import ink
from pages.parts.resources import store
from pages.parts.taking import taken
from pages.parts.text import count


def summary(counts: Sequence[AnswerCount]) -> None:
    """What the ratings of a run say so far."""
    st.subheader("Summary", anchor=False)
    st.caption(
        "Answers given at this installation about all people of this discovery. Whoever answered "
        "need not be the person, so read them as a check of the names and not as a study."
    )
    left, right = st.columns(2, gap="large")
    with left:
        total = close_share(counts)
        st.metric(
            "Very or extremely closely",
            "–" if total.share is None else f"{total.share:.0%}",
            help="Share of the answered journeys, with a 95% Wilson interval.",
        )
        st.caption(_interval(total))
        by_level = close_share_by_level(counts)
        if by_level:
            st.dataframe(
                [
                    {
                        "level": level_words(level),
                        "share": f"{(share.share or 0):.0%}",
                        "95% interval": f"{share.low or 0:.0%} to {share.high or 0:.0%}",
                        "n": share.n,
                    }
                    for level, share in by_level.items()
                ],
                hide_index=True,
            )
    with right:
        said = specificity_counts(counts)
        st.markdown(f"How specific the names are · n = {sum(said.values())}")
        st.plotly_chart(
            specificity_figure(
                {SPECIFICITY[key]: number for key, number in said.items()}, ink=ink()
            ),
            key="specificity",
            config={"displayModeBar": False},
            alt=", ".join(f"{SPECIFICITY[key]}: {number}" for key, number in said.items()),
        )


def _interval(share: Share) -> str:
    if share.low is None or share.high is None:
        return "Nobody has answered yet."
    return f"{share.hits} of {share.n}; 95% interval {share.low:.0%} to {share.high:.0%}"


def export(log: LogSummary) -> None:
    """The ratings of all discoveries of a log as files, which are made when they are asked for."""
    number = store().ratings.number(log.id)
    st.subheader("Export", anchor=False)
    st.caption(
        f"{count(number, 'rating')} of all discoveries of this log, under pseudonyms. Own "
        "words stand as they were written. What you download is beyond this app's reach: erasing "
        "a person does not erase it."
    )
    with st.container(horizontal=True):
        st.download_button(
            "CSV with codebook (zip)",
            taken(lambda: ratings_zip(_records(log.id)), Subject(log_id=log.id)),
            "ratings.zip",
            "application/zip",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
            disabled=not number,
        )
        st.download_button(
            "CSV only",
            taken(lambda: ratings_csv(_records(log.id)), Subject(log_id=log.id)),
            "ratings.csv",
            "text/csv",
            on_click="ignore",
            disabled=not number,
        )
        st.download_button(
            "Codebook", codebook(), "codebook.md", "text/markdown", on_click="ignore"
        )


def _records(log_id: int) -> list[RatingRecord]:
    return [r for run in store().runs.list(log_id) for r in store().ratings.of_run(run.id)]
