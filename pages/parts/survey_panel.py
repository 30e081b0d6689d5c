"""A person's and a log's journeys beside the published survey."""

from __future__ import annotations

import streamlit as st

from journeys.figures import survey_figure
from journeys.study.survey import (
    Comparison,
    K,
    PersonFigures,
    Share,
    compare_with_survey,
    log_figures,
    person_figures,
)
from pages.parts import state
from pages.parts.journey_choice import Chosen
from pages.parts.journey_pictures import ink
from pages.parts.resources import store
from pages.parts.text import count, day

#: Events that are read for everybody's figures. Of a larger log a sample of people is looked at.
MOST_EVENTS = 50_000

#: People that a sample has at least.
FEWEST = 300

_SURVEY = (
    "The survey asked users of a video platform what they pursue "
    "([Christakopoulou et al. 2023](https://arxiv.org/abs/2305.15498)). Here groups of "
    "events are counted, which is not the same: people tell what they value and leave out what "
    "they do in passing; a journey here lasts from its first event to its last, breaks included."
)


def survey_panel(chosen: Chosen) -> None:
    """This person first, then everybody where they are enough."""
    st.caption(_SURVEY)
    log = chosen.log
    st.subheader("This person", anchor=False)
    _person(
        chosen,
        person_figures(
            chosen.timeline.times, chosen.found.labels, first=log.first_time, last=log.last_time
        ),
    )
    st.subheader("Everybody in the log", anchor=False)
    _everybody(chosen)


def _span(chosen: Chosen) -> str:
    days = (chosen.log.last_time - chosen.log.first_time) / 86_400e6
    words = f"{days / 365.25:.1f} years" if days > 700 else f"{max(days / 30.44, 0.1):.1f} months"
    return f"{words}, {day(chosen.log.first_time)} to {day(chosen.log.last_time)}"


def _person(chosen: Chosen, figures: PersonFigures) -> None:
    if not figures.journeys:
        st.info("This person has no journeys to set beside the survey.")
        return
    whole = count(figures.journeys, "journey")
    st.markdown(
        "| | This person | Survey |\n|---|---|---|\n"
        f"| Journeys going on now | {figures.now} | 1 to 3 for 70% of people |\n"
        f"| Journeys with an event in the same month, on average | {figures.at_once:.1f} | 1 to 3 "
        "|\n"
        f"| Journeys of more than a month | {_at_least(figures.over_month, figures.maybe_month)} "
        f"of {whole} | 80% |\n"
        f"| Journeys of more than a year | {_at_least(figures.over_year, figures.maybe_year)} of "
        f"{whole} | half of people have some |"
    )
    st.caption(_limits(chosen))


def _limits(chosen: Chosen) -> str:
    short = (chosen.log.last_time - chosen.log.first_time) / 86_400e6 <= 365
    words = (
        f"The log spans {_span(chosen)}. “Going on” means pursued in its last 90 days. Journeys "
        "that reach within 30 days of the log's beginning or end may have lasted longer than is "
        "seen, hence “at least”."
    )
    return words + (" A log this short cannot show a journey of over a year." if short else "")


def _at_least(sure: int, maybe: int) -> str:
    return f"{sure}" if sure == maybe else f"at least {sure}"


def _everybody(chosen: Chosen) -> None:
    found = _comparison(chosen)
    if not found.shares:
        st.info(
            f"Across people nothing is shown of fewer than {K}; this log has "
            f"{count(found.people, 'person', 'people')}.",
            icon=":material/group:",
        )
        return
    if found.people < chosen.n_people:
        st.caption(
            f":material/grain: From {count(found.people, 'person', 'people')} drawn at random of "
            f"{chosen.n_people:,}; intervals are of that sample."
        )
    st.plotly_chart(
        survey_figure(found.shares, ink=ink()),
        key="survey-figure",
        config={"displayModeBar": False},
        alt="Shares of this log with intervals beside those of the survey; the table has them.",
    )
    rows = ["| | This log | Survey |", "|---|---|---|", *map(_row, found.shares)]
    if found.at_once is not None:
        rows.append(f"| Journeys in the same month, median person | {found.at_once:.1f} | 1 to 3 |")
    st.markdown("\n".join(rows))
    st.caption(
        "Bars and brackets are 95% intervals over people. A dotted line goes on to the most that "
        "the share could be, if all journeys at the log's edges lasted long enough."
    )


def _row(share: Share) -> str:
    least = "at least " if share.at_most is not None else ""
    return (
        f"| {share.asked} | {least}{share.value:.0%} [{share.low:.0%}, {share.high:.0%}] of "
        f"{share.people:,} | {share.survey:.0%} |"
    )


def _comparison(chosen: Chosen) -> Comparison:
    """Figures of the run; read once a session, as every event of the sample is looked at."""
    log, run = chosen.log, chosen.run
    kept = state.kept("survey", (run.id, chosen.n_people, log.n_users, run.active))
    if "comparison" not in kept:
        with st.spinner("Reading everybody's journeys"):
            figures = list(
                log_figures(
                    store().results.assignments(run.id, _people(chosen)),
                    first=log.first_time,
                    last=log.last_time,
                )
            )
        kept["comparison"] = compare_with_survey(figures)
    found: Comparison = kept["comparison"]
    return found


def _people(chosen: Chosen) -> int | None:
    """How many people are looked at: as many as have about :data:`MOST_EVENTS`; None for all."""
    if chosen.log.n_events <= 2 * MOST_EVENTS:
        return None
    return max(FEWEST, MOST_EVENTS * chosen.n_people // chosen.log.n_events)
