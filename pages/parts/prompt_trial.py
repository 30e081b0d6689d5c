"""Prompts on one real journey: as they would be sent, and the names that they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from journeys.discovery import DiscoveryConfig
from journeys.discovery.evidence import build_evidence
from journeys.discovery.trying import (
    Listener,
    Trial,
    trial_config,
    try_prompts,
    whole_prompt,
)
from journeys.jobs.namers import allowed_namer
from journeys.journey import LEVELS, Journey
from journeys.naming.estimate import count_tokens
from journeys.naming.ledger import Ledger
from journeys.naming.prompts import PromptSet
from pages.parts import state
from pages.parts.journey_choice import Chosen
from pages.parts.namer_words import namer_words
from pages.parts.namers import LABELS, available, captions, ways_to_a_model
from pages.parts.notices import told
from pages.parts.prompt_fields import language_field
from pages.parts.resources import settings, store
from pages.parts.text import count, duration, plain


@dataclass(frozen=True)
class _Asked:
    """One press of the button."""

    prompts: PromptSet
    namer: str
    language: str


def journey_field(chosen: Chosen) -> Journey:
    """The journey to try on."""
    journeys = {journey.id: journey for journey in chosen.found.journeys}
    id = st.selectbox(
        "Journey",
        list(journeys),
        format_func=lambda id: f"{journeys[id].rank}. {journeys[id].name(state.level())}",
        key=f"prompt-journey-{chosen.run.id}-{chosen.person.person_id}",
    )
    return journeys[id]


def trial_panel(chosen: Chosen, journey: Journey, prompts: PromptSet) -> None:
    """The whole prompt for a journey, and the button that has it named."""
    evidence = build_evidence(chosen.timeline, chosen.found, journey)
    now = available()
    usable = [namer for namer in ("openai", "local") if not now.problem(namer)]
    left, right = st.columns(2, gap="medium")
    with left:
        language = language_field(str(chosen.run.config.get("language", "")), "trial")
    messages = whole_prompt(evidence, prompts, language)
    tokens = count_tokens(messages)
    with st.expander(
        f"The whole prompt for this journey (about {count(tokens, 'token')})",
        icon=":material/visibility:",
    ):
        st.caption("Titles as redacted. This is all that is sent for one journey.")
        for message in messages:
            st.caption(message["role"])
            st.code(message["content"], language=None, wrap_lines=True)
    if not usable:
        st.info("To try prompts, a language model is needed.", icon=":material/info:")
        ways_to_a_model()
        return
    with right:
        said = dict(zip(now.offered, captions(now), strict=True))
        namer = st.radio(
            "By",
            usable,
            format_func=LABELS.__getitem__,
            captions=[said[namer] for namer in usable],
            key="prompt-namer",
        )
    usual = PromptSet.of_namer(str(namer))
    own = prompts.id == usual.id
    beside = not own and st.checkbox(
        "Also by the shipped prompts, to compare", value=True, key="prompt-beside"
    )
    if st.button(
        "Name this journey with these prompts", icon=":material/play_arrow:", key="prompt-try"
    ):
        with told():
            _try(chosen, journey, [prompts, usual][: 1 + beside], namer, language)
    _outcome(chosen, journey, prompts)


def _try(
    chosen: Chosen, journey: Journey, sets: Sequence[PromptSet], namer: str, language: str
) -> None:
    """Ask the model for each set, one after the other, and keep what came of it in the session."""
    own = DiscoveryConfig.from_dict(chosen.run.config)
    spent = _spent(chosen, own.namer == namer)
    evidence = build_evidence(chosen.timeline, chosen.found, journey)
    pace = "10 to 20 seconds, more while the machine is busy." if namer == "local" else ""
    with st.status("Naming the journey", expanded=True) as status:
        for prompts in sets:
            words = "the shipped prompts" if prompts.is_shipped else "these prompts"
            status.write(f"By {words}. {pace}")
            listener = Listener()
            open_namer, _ = allowed_namer(
                store(),
                settings(),
                trial_config(
                    own, namer=namer, prompts=prompts, language=language, spent=spent["ledger"]
                ),
                prompts=prompts,
                cache=listener.cache(store().completions),
                wrap=listener.chat,
            )
            if open_namer is None:
                return
            trial = try_prompts(open_namer, evidence, prompts, listener, spent["ledger"])
            spent["ledger"] = trial.ledger
            slot = "shipped" if prompts.is_shipped else "own"
            _kept(chosen, journey)[slot] = (_Asked(prompts, namer, language), trial)
        status.update(label="Named", state="complete", expanded=False)


def _spent(chosen: Chosen, same: bool) -> dict[str, Ledger]:
    """What counts against the run's limits: its own calls and this session's trials."""
    spent = state.kept("prompt-spent", (chosen.run.id, same))
    if "ledger" not in spent:
        own = chosen.run.manifest.get("llm", {}) if same else {}
        spent["ledger"] = Ledger.from_dict(own)
    return spent


def _kept(chosen: Chosen, journey: Journey) -> dict[Any, Any]:
    owner = (chosen.run.id, chosen.person.person_id, journey.id)
    return state.kept("prompt-trials", owner)


def _outcome(chosen: Chosen, journey: Journey, prompts: PromptSet) -> None:
    """Names now, by the shipped prompts and by these, side by side."""
    kept = _kept(chosen, journey)
    if not kept:
        return
    columns = [("Now", journey.names)]
    trials: list[tuple[str, _Asked, Trial]] = []
    for slot, title in (("shipped", "Shipped prompts"), ("own", "These prompts")):
        if slot in kept:
            asked, trial = kept[slot]
            trials.append((title, asked, trial))
            columns.append((title, trial.names))
    rows = [
        f"| | {' | '.join(title for title, _ in columns)} |",
        "|---|" + "---|" * len(columns),
    ]
    for level, meaning in enumerate(LEVELS, start=1):
        cells = [
            plain(names.at(level))
            + (" :orange-badge[key phrases stand in]" if level in names.fallback else "")
            for _, names in columns
        ]
        rows.append(f"| {level} :gray[{meaning}] | {' | '.join(cells)} |")
    st.markdown("\n".join(rows))
    st.caption(f"Names now: {namer_words(journey.names)}. Nothing of this trial is in the run.")
    if any(asked.namer == "local" for _, asked, _ in trials):
        st.caption(
            "The built-in model answers four times. Here the first answers that pass are shown; a "
            "discovery takes those that are nearest to the items and to each other."
        )
    for title, asked, trial in trials:
        if title != "Shipped prompts" and asked.prompts.id != prompts.id:
            st.caption(":material/history: The prompts were changed since; press again.")
        st.markdown(f"**{title}**: {_trial_words(asked, trial)}")
        if trial.refused:
            st.markdown("\n".join(_refused(trial)))


def _trial_words(asked: _Asked, trial: Trial) -> str:
    usage = trial.usage
    words = [plain(asked.language)] if asked.language else []
    words.append(
        f"{count(usage.calls, 'call')}, {count(usage.prompt_tokens, 'token')} sent and "
        f"{usage.completion_tokens:,} answered, {duration(trial.seconds)}"
        if usage.calls
        else "answered from an earlier call, nothing was sent"
    )
    if not trial.refused:
        words.append("every check passed")
    return ". ".join(words) + "."


def _refused(trial: Trial) -> list[str]:
    lines = []
    for refused in trial.refused:
        name = f"“{plain(refused.name)}” " if refused.name else "the name "
        lines.append(
            f"- :small[Answer {refused.answer}, level {refused.level}: {name}"
            f"{plain(refused.reason)}]"
        )
    return lines
