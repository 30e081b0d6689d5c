"""Two namers' names beside each other, a journey a row, with the way to use either."""

from __future__ import annotations

import streamlit as st

from journeys.discovery.storage import PERSON_NAMER
from journeys.journey import Journey
from journeys.store.audit import Subject
from journeys.study.comparing import (
    KEYPHRASES,
    NamePair,
    Source,
    Tally,
    comparison_csv,
    pair_names,
    tally,
)
from journeys.study.sources import Sources, as_own
from pages.parts import state
from pages.parts.journey_choice import Chosen
from pages.parts.journey_events import event_list
from pages.parts.journey_history import undo_by_hand
from pages.parts.namer_words import source_words
from pages.parts.notices import told
from pages.parts.resources import store
from pages.parts.taking import taken
from pages.parts.text import count, plain

#: Items that help to judge a name.
CUES = 4

#: What stands behind language models as a first choice.
_LAST = {KEYPHRASES: 1, PERSON_NAMER: 2}


def compare_names(chosen: Chosen, collected: Sources, level: int) -> None:
    """Choose two namers, and see what each would call the journeys."""
    if len(collected.sources) < 2:
        st.info(
            "So far only key phrases have named these journeys. Have another namer name them "
            "below, or give names by hand on the page Journeys.",
            icon=":material/info:",
        )
        return
    first, second = _two(chosen, collected)
    pairs = pair_names(chosen.found.journeys, first, second, collected.own, level)
    numbers = tally(pairs)
    _numbers(numbers, level)
    only = st.toggle(
        "Only where they differ", key="compare-differ", disabled=numbers.differ == numbers.journeys
    )
    shown = [pair for pair in pairs if pair.differ or not only]
    for pair in shown:
        _row(chosen, pair, first, second)
    if not shown:
        st.caption("At this level both say the same of every journey.")
    _export(chosen, collected, first, second)


def _two(chosen: Chosen, collected: Sources) -> tuple[Source, Source]:
    """The namers to compare: at first the one whose names count most often, and the newest."""
    by_key = {source.key: source for source in collected.sources}
    keys = list(by_key)
    # Models before key phrases; the person's own names are no namer to begin with.
    likely = sorted(keys, key=lambda key: _LAST.get(by_key[key].namer, 0))
    namers = [key for key in likely if by_key[key].namer != PERSON_NAMER]
    usual = max(namers, key=lambda key: _counting(chosen, by_key[key]))
    other = next(key for key in likely if key != usual)
    columns = st.columns(2)
    picked = []
    place = f"{chosen.run.id}-{chosen.person.person_id}"
    for column, label, default in zip(
        columns, ("First namer", "Second namer"), (usual, other), strict=True
    ):
        key = f"compare-{label[:1]}-{place}"
        if st.session_state.get(key) not in by_key:
            st.session_state[key] = default
        picked.append(
            column.selectbox(
                label,
                keys,
                format_func=lambda key: (
                    f"{source_words(by_key[key])} · {count(len(by_key[key].names), 'journey')}"
                ),
                key=key,
            )
        )
    return by_key[picked[0]], by_key[picked[1]]


def _counting(chosen: Chosen, source: Source) -> int:
    """Of how many journeys the source's names are those that count."""
    return sum(_counts(journey, source) for journey in chosen.found.journeys)


def _counts(journey: Journey, source: Source) -> bool:
    """Whether the journey has the source's names now; of a person, at every level they named."""
    theirs = source.names.get(journey.id)
    return theirs is not None and all(
        said == now for said, now in zip(theirs.levels, journey.names.levels, strict=True) if said
    )


def _numbers(numbers: Tally, level: int) -> None:
    with st.container(horizontal=True, gap="large", key="compare-numbers"):
        st.metric(
            f"Differ at level {level}",
            f"{numbers.differ:,} of {numbers.both:,}",
            help="Of the journeys that both have named, those whose names say other words. Order, "
            "plurals and small words do not count.",
            width="content",
        )
        st.metric(
            "Fallbacks",
            f"{numbers.first_fallbacks:,} / {numbers.second_fallbacks:,}",
            help="Names at this level in place of an answer that did not pass the checks: the "
            "first namer's / the second's.",
            width="content",
        )
        own = "—"
        if numbers.first_agreement is not None and numbers.second_agreement is not None:
            own = f"{numbers.first_agreement:.2f} / {numbers.second_agreement:.2f}"
        st.metric(
            "Like the person's own",
            own,
            help="Mean likeness to the person's own names at this level, 0 to 1 (chrF, by common "
            f"letters), over {count(numbers.own, 'journey')}. Own names are those given by hand "
            "and “I would say” on the page Ratings.",
            width="content",
        )


def _row(chosen: Chosen, pair: NamePair, first: Source, second: Source) -> None:
    journey = pair.journey
    with st.container(border=True, key=f"compare-{journey.id}"):
        st.caption(f"Journey {journey.rank} · {count(len(journey), 'event')}{_sameness(pair)}")
        left, right = st.columns(2)
        with left:
            _name(chosen, pair, pair.first, pair.first_fallback, first, "first")
        with right:
            _name(chosen, pair, pair.second, pair.second_fallback, second, "second")
        if pair.own and PERSON_NAMER not in (first.namer, second.namer):
            likeness = " / ".join(
                "—" if value is None else f"{value:.2f}"
                for value in (pair.first_agreement, pair.second_agreement)
            )
            st.caption(f":material/person: In their own words: “{plain(pair.own)}” ({likeness})")
        items = st.expander(
            "Items", type="compact", key=f"compare-items-{journey.id}", on_change="rerun"
        )
        if items.open:
            with items:
                event_list(chosen.timeline, journey.central[:CUES])
        history = store().results.names_history(chosen.run.id, journey.id)
        if history:
            undo_by_hand(chosen.run.id, journey, history[0], "compare-undo")


def _sameness(pair: NamePair) -> str:
    if pair.differ or not (pair.first and pair.second):
        return ""
    return " · the same" if pair.first == pair.second else " · the same but for small words"


def _name(
    chosen: Chosen, pair: NamePair, name: str, fallback: bool, source: Source, side: str
) -> None:
    label = f":small[:gray[{plain(source_words(source))}]]  \n"
    if not name:
        st.markdown(f"{label}:gray[— no name]")
        return
    badges = " :orange-badge[fallback]" if fallback else ""
    used = _counts(pair.journey, source)
    if used:
        badges += " :green-badge[:material/check: in use]"
    st.markdown(f"{label}**{plain(name)}**{badges}")
    if not used:
        st.button(
            "Use this name",
            type="tertiary",
            icon=":material/check_circle:",
            key=f"use-{side}-{pair.journey.id}",
            help="With this namer's names at the other levels. The names of now stay in the "
            "journey's history.",
            on_click=_use,
            args=(chosen.run.id, pair.journey, source),
        )


def _use(run_id: int, journey: Journey, source: Source) -> None:
    with told():
        if source.namer == PERSON_NAMER:
            store().results.add_names(run_id, journey.id, as_own(journey, source.names[journey.id]))
        else:
            store().names.choose(run_id, journey.id, source.names[journey.id])
        state.notify("This name is used now. Undo is beside it.")


def _export(chosen: Chosen, collected: Sources, first: Source, second: Source) -> None:
    st.download_button(
        "Download the comparison (CSV)",
        taken(
            lambda: comparison_csv(chosen.found.journeys, first, second, collected.own),
            Subject(person_id=chosen.person.person_id),
        ),
        f"names-{chosen.person.pseudonym}.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        help="All levels. It holds names of one person's journeys: for the log's owner, not to "
        "share. Erasing the person does not reach a file that was downloaded.",
    )
