"""The settings of a discovery, with defaults that most people leave as they are."""

from __future__ import annotations

from typing import Any

import streamlit as st

from journeys.discovery.config import DiscoveryConfig
from journeys.extraction.registry import EXTRACTORS
from journeys.store import LogSummary
from pages.parts import state
from pages.parts.actions import discover
from pages.parts.local_model import fetch_progress
from pages.parts.namers import (
    FREE,
    LABELS,
    available,
    captions,
    tuned_model,
    ways_to_a_model,
)
from pages.parts.naming_costs import cost_fields, expected_for_log
from pages.parts.notices import told
from pages.parts.prompt_fields import manner_fields
from pages.parts.run_words import GRANULARITY, extractor_names, extractor_words
from pages.parts.text import plain

_DEFAULT = DiscoveryConfig()
#: Subsamples that stability is measured over.
STABILITY_DRAWS = 5

MAPS = {"user": "One map for each person", "log": "One map of everybody", "none": "No map"}


def run_form(log: LogSummary) -> None:
    """Settings and the button that starts a discovery."""
    granularity = st.select_slider(
        "How finely should interests be told apart, from few and broad to many and narrow?",
        list(GRANULARITY),
        value=_DEFAULT.granularity,
        format_func=lambda value: GRANULARITY[value],
        key="granularity",
    )
    namer, model, problem = _namer()
    with st.expander("Advanced"):
        rest = _advanced()
    if not EXTRACTORS[str(rest["extractor"])].granular:
        st.caption(f"Grouping by {rest['extractor']} does not look at how finely to tell apart.")
    costs: dict[str, Any] = {}
    if namer not in FREE and not problem:
        costs = manner_fields({"prompts": state.next_prompts() or ""}, key="new")
        with st.expander("Price and limits"):
            costs |= cost_fields(namer, {}, key="new")
        expected_for_log(log, {"namer": namer, **costs})
    if st.button(
        "Start discovery",
        type="primary",
        icon=":material/play_arrow:",
        disabled=bool(problem),
        help=plain(problem) if problem else None,
        key="start",
    ):
        with told():
            config = DiscoveryConfig(
                granularity=granularity, namer=namer, model=model, **rest, **costs
            )
            discover(log.id, config)
            state.use_prompts_next(None)
            st.rerun()


def _namer() -> tuple[str, str | None, str]:
    """The chosen namer, its model where it has several, and why it cannot be used now, or ''."""
    now = available()
    names = now.offered
    namer = st.radio(
        "Who names the journeys?",
        names,
        index=names.index(now.best()),
        format_func=LABELS.__getitem__,
        captions=captions(now),
        key="namer",
    )
    model = tuned_model(now, key="tuned-model") if namer == "tuned" else None
    if not now.any_model:
        st.info(
            "Names that read as a person would say them need a language model.",
            icon=":material/info:",
        )
        ways_to_a_model()
    elif now.problem(namer):
        ways_to_a_model()
    fetch_progress()
    return namer, model, now.problem(namer)


def _advanced() -> dict[str, Any]:
    extractor = st.selectbox(
        "How events are grouped",
        extractor_names(),
        format_func=extractor_words,
        help="The first is what was found to work best. Others are there to compare with it; the "
        "page Explore shows at once what one of them changes for a person.",
        key="extractor",
    )
    left, right = st.columns(2)
    return {
        "extractor": extractor,
        "min_user_events": left.number_input(
            "Fewest events of a person",
            1,
            1000,
            _DEFAULT.min_user_events,
            help="People with fewer events get no journeys.",
            key="min-user",
        ),
        "min_journey_events": right.number_input(
            "Fewest events of a journey",
            2,
            1000,
            _DEFAULT.min_journey_events,
            help="Smaller groups of events are no journeys.",
            key="min-journey",
        ),
        "map": left.selectbox("Map", list(MAPS), format_func=MAPS.__getitem__, key="map"),
        "seed": right.number_input(
            "Seed",
            0,
            2**31 - 1,
            _DEFAULT.seed,
            help="Of everything drawn at random. The same seed gives the same result.",
            key="seed",
        ),
        "embedder": st.text_input(
            "Text model",
            _DEFAULT.embedder,
            help="minilm is built in (English); minilm-int8 is the same, faster and a little "
            "coarser. Or any sentence-transformers model, by name or folder.",
            key="embedder",
        ).strip()
        or _DEFAULT.embedder,
        "stability_draws": STABILITY_DRAWS * _stability(),
    }


def _stability() -> bool:
    return st.checkbox(
        "Check how stable the journeys are",
        help=f"Finds them {STABILITY_DRAWS} times more among random parts of the events, and says "
        "how well the results agree. Grouping takes that much longer.",
        key="stability",
    )
