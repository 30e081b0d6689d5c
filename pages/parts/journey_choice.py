"""Which log, run and person a page is about, and what to do where there is nothing to choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import streamlit as st

from journeys.journey import UserJourneys
from journeys.store import LogSummary, PersonResult, RunSummary
from journeys.timeline import Timeline
from pages.parts import state
from pages.parts.log_choice import log_choice
from pages.parts.paging import paged
from pages.parts.person_choice import LISTED, person_choice
from pages.parts.resources import store
from pages.parts.run_progress import active_runs
from pages.parts.run_words import settings_words
from pages.parts.text import count, plain


@dataclass(frozen=True)
class Chosen:
    """What the page shows."""

    log: LogSummary
    run: RunSummary
    n_people: int
    person: PersonResult
    timeline: Timeline
    found: UserJourneys


def choose() -> Chosen:
    """Let the user choose; where nothing can be shown, say what to do and end the page."""
    logs = {log.id: log for log in store().logs.list()}
    log = _current_log(logs)
    runs = store().runs.with_results(log.id)
    # A column for each choice that there is; a phone stacks them.
    widths = [3] * (len(logs) > 1) + [3] * (len(runs) > 1) + [4] * (len(runs) > 0)
    columns = iter(st.columns(widths or 1))
    if len(logs) > 1:
        with next(columns):
            log_choice(logs, "choice-log")
    if not runs:
        _no_result(log)
    run = _current_run(runs)
    if len(runs) > 1:
        with next(columns):
            _choose_run(runs, run)
    n_people = store().listing.number(run.id)
    with next(columns):
        person = _person(run.id, n_people)
    timeline = store().logs.timeline(person.person_id, run.id)
    found = store().results.user(run.id, person.person_id, timeline)
    return Chosen(log, run, n_people, person, timeline, found)


def _current_log(logs: Mapping[int, LogSummary]) -> LogSummary:
    if not logs:
        st.info("There is no log yet. Bring one in, or open the sample log.")
        st.page_link("pages/logs.py", label="Go to Logs", icon=":material/upload_file:")
        st.stop()
    if state.log_id() not in logs:
        state.choose_log(next(iter(logs)))
    return logs[state.log_id() or 0]


def _current_run(runs: Sequence[RunSummary]) -> RunSummary:
    """The run whose result is shown: the newest, unless another was chosen and is still there."""
    chosen = [run for run in runs if run.id == state.run_id()]
    if not chosen:
        state.choose_run(None)
    return chosen[0] if chosen else runs[0]


def _choose_run(runs: Sequence[RunSummary], shown: RunSummary) -> None:
    newest, by_id = runs[0].id, {run.id: run for run in runs}

    def choose() -> None:
        chosen = st.session_state["choice-run"]
        # Who looks at the newest goes on to the next one when it comes.
        state.choose_run(None if chosen == newest else chosen)

    st.session_state["choice-run"] = shown.id
    st.selectbox(
        "Discovery",
        list(by_id),
        format_func=lambda run_id: _run_words(by_id[run_id], newest),
        key="choice-run",
        on_change=choose,
        help="What each discovery of this log found. The newest is shown unless you choose.",
    )


def _run_words(run: RunSummary, newest: int) -> str:
    words = f"Run {run.id} · {settings_words(run.config)}"
    return f"{words} · newest" if run.id == newest else words


def _no_result(log: LogSummary) -> NoReturn:
    """Nothing was found yet: progress if a run is going, else the way to start one."""
    runs = store().runs.list(log.id)
    if any(run.active for run in runs):
        st.info(f"A discovery of {plain(log.name)} is going on. Journeys show here when found.")
        active_runs(log.id)
        st.fragment(run_every=1.0)(_rerun_on_first_result)(log.id)
    elif runs:
        why = plain(runs[0].message) or "It ended before it found anything."
        st.warning(f"The last discovery of {plain(log.name)} found nothing. {why}")
    else:
        st.info(f"No journeys were looked for in {plain(log.name)} yet.")
    st.page_link("pages/discover.py", label="Go to Discover", icon=":material/travel_explore:")
    st.stop()


def _rerun_on_first_result(log_id: int) -> None:
    if store().runs.latest_with_results(log_id) is not None:
        st.rerun()


def _person(run_id: int, number: int) -> PersonResult:
    listing = store().listing

    def listed(beginning: str) -> dict[int, str]:
        found = listing.of_run(run_id, beginning=beginning, limit=LISTED)
        return {person.person_id: _words(person) for person in found}

    def one(person_id: int) -> str | None:
        found = listing.one_of_run(run_id, person_id)
        return None if found is None else _words(found)

    chosen = person_choice(
        "choice-person",
        number,
        listed,
        one,
        help="People are known by pseudonyms. Those with most journeys stand first.",
    )
    person = None if chosen is None else listing.one_of_run(run_id, chosen)
    if person is None:
        st.info("This discovery holds nobody any more. Choose another, or load the page again.")
        st.stop()
    return person


def _words(person: PersonResult) -> str:
    journeys = count(person.n_journeys, "journey") if person.n_journeys else "no journeys"
    return f"{person.pseudonym} · {journeys} · {count(person.n_events, 'event')}"


def without_journeys(run_id: int) -> None:
    """Who has no journeys, by the name of the rule; the people themselves when it is unfolded."""
    totals = store().listing.totals(run_id)
    number = totals.people_without
    if not number:
        return
    words = ", ".join(f"{of:,} by {rule}" for rule, of in totals.without.items() if rule)
    label = f"{count(number, 'person has', 'people have')} no journeys"
    folded = st.expander(
        f"{label}{f' ({plain(words)})' if words else ''}", key="people-without", on_change="rerun"
    )
    if not folded.open:
        return
    with folded:
        paged(
            "people-without-page",
            number,
            lambda limit, offset: [
                {
                    "person": p.pseudonym,
                    "events": p.n_events,
                    "why": p.note.partition(":")[2] or "—",
                }
                for p in store().listing.without_journeys(run_id, limit=limit, offset=offset)
            ],
        )
        st.page_link(
            "pages/discover.py",
            label="Change the rules on the page Discover",
            icon=":material/tune:",
        )
