"""Having one person's journeys named by another namer, beside the names that count."""

from __future__ import annotations

from typing import Any

import streamlit as st

from journeys.jobs.estimating import estimate_person
from journeys.models import catalogue, installed
from journeys.store import RunSummary
from pages.parts.actions import wake_worker
from pages.parts.example_choice import NO_EXAMPLES, example_fields
from pages.parts.job_progress import Wording, job_progress
from pages.parts.journey_choice import Chosen
from pages.parts.namers import FREE, LABELS, available, tuned_model, ways_to_a_model
from pages.parts.naming_costs import cost_fields, cost_words
from pages.parts.notices import told
from pages.parts.resources import settings, store
from pages.parts.text import count, plain

_COSTLESS = dict.fromkeys(("price", "concurrency", "max_cost", "max_tokens", "max_calls"))


def name_by_another(chosen: Chosen, *, expanded: bool = False) -> None:
    """Who else should name these journeys, what it will cost, and the start.

    Args:
        expanded: unfolded at first; what is folded is not drawn.
    """
    job = _job(chosen)
    folded = st.expander(
        "Have these journeys named by another namer",
        expanded=expanded,
        icon=":material/edit_note:",
        key="beside",
        on_change="rerun",
    )
    if not folded.open:
        return
    with folded:
        st.caption(
            "The names that count stay as they are: the others are kept beside them, to be "
            "compared and used one by one. It goes on when this page is closed."
        )
        now = available()
        models = [namer for namer in ("openai", "local", "tuned") if namer in now.offered]
        usable = [namer for namer in models if not now.problem(namer)]
        if not usable:
            st.markdown("Another namer needs a language model.")
            ways_to_a_model()
            return
        namer = st.radio("By", usable, format_func=LABELS.__getitem__, key="beside-namer")
        changes: dict[str, Any] = {"namer": namer, **_COSTLESS, **NO_EXAMPLES}
        changes["model"] = _model(namer)
        if namer not in FREE:
            changes |= example_fields(chosen.run.config, key="beside")
            changes |= cost_fields(namer, chosen.run.config, key="beside")
        config = chosen.run.config | changes
        if namer not in FREE:
            expected = estimate_person(store(), chosen.run.id, chosen.person.person_id, config)
            st.caption(f":material/payments: {plain(expected.in_words())}")
        busy = job is not None and job.active
        if st.button(
            f"Name {count(len(chosen.found.journeys), 'journey')}",
            type="primary",
            key="beside-start",
            disabled=busy or chosen.run.active,
            help="A naming is going on." if busy else None,
        ):
            with told():
                store().naming_jobs.create(chosen.run.id, chosen.person.person_id, config)
                wake_worker()
                st.rerun()


def _model(namer: str) -> str | None:
    """The model to ask; None for the usual one."""
    if namer == "local":
        here = installed(settings().models_dir)
        names = [model.name for model in catalogue() if model.name in here]
        titles = {model.name: model.title for model in catalogue()}
        if len(names) < 2:
            return names[0] if names else None
        return st.selectbox("Model", names, format_func=titles.__getitem__, key="beside-local")
    if namer == "tuned":
        return tuned_model(available(), key="beside-tuned")
    usual = available().endpoint
    typed = st.text_input(
        "Model",
        placeholder=usual.model if usual else None,
        help="Another model at the same endpoint, as the endpoint calls it.",
        key="beside-model",
    )
    return typed.strip() or None


def naming_progress(chosen: Chosen) -> None:
    """How far the person's newest job is, or how it ended; nothing where all is well."""
    job_progress(
        lambda: _job(chosen), f"beside-{chosen.run.id}-{chosen.person.person_id}", _WORDING
    )


def _job(chosen: Chosen) -> RunSummary | None:
    return store().naming_jobs.newest(chosen.run.id, chosen.person.person_id)


def _cost(job: RunSummary) -> None:
    st.caption(plain(cost_words(job.manifest.get("llm", {}))))


_WORDING = Wording(
    key="beside",
    doing=lambda job: f"Naming beside: {job.done:,} of {count(job.total, 'journey')}",
    kept="Names that are there are kept.",
    stopping="Stopping.",
    stopped="The naming was cancelled.",
    stop="Cancel",
    resume="Resume",
    more=_cost,
)
