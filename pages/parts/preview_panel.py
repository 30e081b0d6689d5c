"""Other settings for one person: try them, see what changes, then use them for everybody."""

from __future__ import annotations

import time
from dataclasses import replace

import streamlit as st

from journeys.discovery import DiscoveryConfig
from journeys.discovery.changes import Changes, compare
from journeys.discovery.preview import STEPS, why_not, with_known_names
from journeys.extraction.registry import EXTRACTORS
from journeys.figures import counts_figure, flow_figure
from journeys.journey import UserJourneys
from pages.parts import state
from pages.parts.actions import discover
from pages.parts.journey_choice import Chosen
from pages.parts.journey_pictures import ink
from pages.parts.notices import told
from pages.parts.preview_changes import change_table
from pages.parts.preview_person import Previews
from pages.parts.run_words import extractor_names, extractor_words, settings_words
from pages.parts.text import count, plain

#: The picture of flows needs room for names on both sides; a phone shows the table alone.
_WIDE_ONLY = "<style>@media (max-width: 700px) {.st-key-preview-flows {display: none}}</style>"


@st.fragment
def preview_panel(chosen: Chosen) -> None:
    """Settings to try, and what they change for the chosen person."""
    with told():
        _panel(chosen)


def _panel(chosen: Chosen) -> None:
    own = DiscoveryConfig.from_dict(chosen.run.config)
    config = _settings(own, chosen.run.id)
    previews = Previews(chosen)
    reason = why_not(config.extractor, events=len(chosen.timeline), whole_log=previews.whole_log)
    if reason:
        st.info(f"{reason} A discovery shows what it finds.", icon=":material/info:")
        _for_everybody(chosen, own, config)
        return
    began = time.perf_counter()
    with st.spinner("Grouping this person's events", show_time=False):
        after = with_known_names(chosen.found, previews.found(config))
    changes = compare(chosen.found, after)
    seconds = time.perf_counter() - began
    left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with left:
        _numbers(chosen, after, changes)
        _for_everybody(chosen, own, config)
    if not chosen.found.journeys and not after.journeys:
        st.info(plain(after.note) or "No journeys with these settings either.")
        return
    _flows(chosen.found, after, changes)
    change_table(chosen.found, after, changes)
    st.caption(
        f"{count(changes.events, 'event')} in {max(seconds, 0.1):.1f} seconds. New journeys are "
        "named by key phrases here. What was changed by hand stays. Nothing of this is stored."
    )
    if config == own and len(changes.of("stays")) < len(changes.changes):
        st.caption(
            ":material/info: With the settings of this discovery the journeys differ since it "
            "went on from an earlier one, which keeps what was there; here they are found afresh."
        )
    with right:
        # Last, since it asks for every other granularity too.
        _counts(previews, config)


def _settings(own: DiscoveryConfig, run_id: int) -> DiscoveryConfig:
    """What to try; at first the settings of the run."""
    left, right = st.columns(2, gap="medium")
    names = extractor_names()
    extractor = left.selectbox(
        "How events are grouped",
        names,
        index=names.index(own.extractor) if own.extractor in names else 0,
        format_func=extractor_words,
        key=f"preview-extractor-{run_id}",
    )
    granular = EXTRACTORS[extractor].granular
    granularity = right.slider(
        "Few and broad (0) to many and narrow (1)",
        0.0,
        1.0,
        own.granularity,
        0.05,
        disabled=not granular,
        help=None if granular else "This way of grouping has no such setting.",
        key=f"preview-granularity-{run_id}",
    )
    return replace(
        own,
        extractor=extractor,
        granularity=granularity if granular else own.granularity,
        extractor_settings=own.extractor_settings if extractor == own.extractor else {},
    )


def _numbers(chosen: Chosen, after: UserJourneys, changes: Changes) -> None:
    events = max(changes.events, 1)
    more = len(after.journeys) - len(chosen.found.journeys)
    unassigned = (changes.unassigned_after - changes.unassigned_before) / events
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Journeys",
            f"{len(after.journeys):,}",
            f"{more:+,}" if more else "as now",
            delta_color="off",
            delta_arrow="off" if not more else "auto",
            width="content",
        )
        st.metric(
            "Events in no journey",
            f"{changes.unassigned_after / events:.0%}",
            f"{unassigned * 100:+.0f} points" if round(unassigned, 2) else "as now",
            delta_color="off",
            delta_arrow="off" if not round(unassigned, 2) else "auto",
            help=f"{changes.unassigned_before:,} now, {changes.unassigned_after:,} with these "
            f"settings, of {count(changes.events, 'event')}.",
            width="content",
        )
        st.metric(
            "Stay as now",
            f"{len(changes.of('stays')):,} of {len(chosen.found.journeys):,}",
            help="Journeys with the same events, or all but a few of them.",
            width="content",
        )


def _for_everybody(chosen: Chosen, own: DiscoveryConfig, config: DiscoveryConfig) -> None:
    """The way from a preview to a run."""
    same = config == own
    with st.popover(
        "Use these settings for everybody",
        icon=":material/group:",
        type="primary",
        disabled=same,
        help="These are the settings of the discovery that is shown." if same else None,
    ):
        named = (
            "Names are made of key phrases."
            if config.namer == "keyphrase"
            else "The language model names the journeys that it has not named yet."
        )
        st.markdown(
            f"This starts a new discovery of **{plain(chosen.log.name)}** "
            f"({count(chosen.log.n_users, 'person', 'people')}, "
            f"{count(chosen.log.n_events, 'event')}): {plain(settings_words(config.to_dict()))}. "
            f"Its other settings are those of run {chosen.run.id}. Texts are not embedded again. "
            f"{named} Run {chosen.run.id} stays as it is."
        )
        if st.button("Start discovery", type="primary", key="preview-start"):
            with told():
                run_id = discover(chosen.log.id, config)
                state.choose_run(None)
                state.notify(f"Run {run_id} is on its way.")
                st.switch_page("pages/discover.py")


def _flows(before: UserJourneys, after: UserJourneys, changes: Changes) -> None:
    level = state.level()
    st.html(_WIDE_ONLY)
    with st.container(key="preview-flows"):
        st.plotly_chart(
            flow_figure(
                [journey.name(level) for journey in before.journeys],
                [journey.name(level) for journey in after.journeys],
                changes,
                ink=ink(),
            ),
            key="preview-flow-figure",
            config={"displayModeBar": False},
            alt="Ribbons of events from each journey now to each journey with the settings tried; "
            "the table below says the same in words.",
        )


def _counts(previews: Previews, config: DiscoveryConfig) -> None:
    counts = previews.counts(config)
    if counts is None:
        return
    st.caption("Journeys at each granularity")
    st.plotly_chart(
        counts_figure(STEPS, counts, chosen=config.granularity, ink=ink()),
        key="preview-counts",
        config={"displayModeBar": False},
        alt="Number of journeys by granularity: "
        + ", ".join(f"{n:,} at {step:.1f}" for step, n in zip(STEPS, counts, strict=True)),
    )
