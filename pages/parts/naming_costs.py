"""What naming will cost, what it has cost, and the limit to it, in words and fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from journeys.discovery.config import MAX_CONCURRENCY
from journeys.discovery.namers import ENDPOINT_CONCURRENCY
from journeys.jobs.estimating import estimate_log, estimate_run
from journeys.naming.estimate import Estimate
from journeys.naming.ledger import Ledger
from journeys.store import LogSummary
from pages.parts import state
from pages.parts.resources import store
from pages.parts.text import count, duration, plain

#: What a person reads for each kind of failed request.
FAILURES = {
    "rate_limit": "told to slow down",
    "server_error": "server error",
    "timeout": "not answered in time",
    "connection": "no connection",
    "malformed": "unreadable answer",
    "refused": "refused",
    "not_understood": "not understood",
    "withheld": "withheld by a filter",
    "interrupted": "interrupted",
}


def cost_fields(namer: str, config: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Fields for price, limits and requests at once, as settings of a discovery.

    Args:
        config: settings whose values stand in the fields at first.
        key: tells the fields of one place from those of another.
    """
    if namer == "keyphrase":
        return {}
    chosen: dict[str, Any] = {}
    left, right = st.columns(2)
    if namer == "openai":
        price = config.get("price") or (None, None)
        labels = ("Price of a million tokens sent", "Price of a million tokens answered")
        fields = [
            column.number_input(
                f"{label} (US dollars)",
                min_value=0.0,
                value=known,
                format="%.3f",
                placeholder="Unknown",
                key=f"price-{at}-{key}",
            )
            for at, (column, label, known) in enumerate(
                zip((left, right), labels, price, strict=True)
            )
        ]
        chosen["price"] = None if None in fields else tuple(fields)
        chosen["max_cost"] = left.number_input(
            "Spend at most (US dollars)",
            min_value=0.0,
            value=config.get("max_cost"),
            placeholder="No limit",
            disabled=chosen["price"] is None,
            help="Naming stops there; what is named is kept. Needs the prices above.",
            key=f"max-cost-{key}",
        )
        if chosen["price"] is None:
            chosen["max_cost"] = None
        chosen["concurrency"] = right.number_input(
            "Requests at once",
            1,
            MAX_CONCURRENCY,
            config.get("concurrency"),
            placeholder=str(ENDPOINT_CONCURRENCY),
            help="Fewer are made while the endpoint asks to slow down.",
            key=f"concurrency-{key}",
        )
    chosen["max_calls"] = left.number_input(
        "Requests at most",
        min_value=1,
        value=config.get("max_calls"),
        placeholder="No limit",
        help="Naming stops there; what is named is kept.",
        key=f"max-calls-{key}",
    )
    chosen["max_tokens"] = right.number_input(
        "Tokens at most",
        min_value=1,
        value=config.get("max_tokens"),
        placeholder="No limit",
        key=f"max-tokens-{key}",
    )
    return chosen


def expected_for_run(run_id: int, config: Mapping[str, Any]) -> None:
    """What naming a run's journeys is expected to cost."""
    told = _for_run(run_id, config)
    st.caption(f":material/payments: {plain(told.in_words())}")


def expected_for_log(log: LogSummary, config: Mapping[str, Any]) -> None:
    """What naming a log's journeys is expected to cost, before they are found."""
    runs = store().runs.with_results(log.id)
    if runs:
        told = _for_run(runs[0].id, config, all_journeys=True)
        origin = f"By what run {runs[0].id} found in this log."
    else:
        prompts = store().prompts.chosen(
            str(config.get("prompts", "")), str(config.get("namer", ""))
        )
        told = estimate_log(log.n_events, config, prompts)
        origin = "Known better once the journeys are found; by typical logs, half or twice as much."
    st.caption(f":material/payments: {plain(told.in_words())} {origin}")


#: Settings of the naming to come that its estimate depends on.
_ESTIMATED_BY = ("namer", "prompts", "language", "price", "concurrency")


def _for_run(run_id: int, config: Mapping[str, Any], all_journeys: bool = False) -> Estimate:
    """The estimate for a run, made anew only when something that it depends on has changed.

    It reads the timelines of a sample of journeys and builds their prompts.
    """
    run = store().runs.get(run_id)
    kept = state.kept(
        f"estimate-{'all' if all_journeys else 'waiting'}",
        (
            run_id,
            store().results.counts(run_id),
            run.config,
            run.manifest.get("llm"),
            [config.get(name) for name in _ESTIMATED_BY],
        ),
    )
    if "estimate" not in kept:
        kept["estimate"] = estimate_run(store(), run_id, config, all_journeys=all_journeys)
    told: Estimate = kept["estimate"]
    return told


def cost_words(llm: Mapping[str, Any]) -> str:
    """One paragraph about the ledger of a run."""
    ledger = Ledger.from_dict(llm)
    if not ledger.requests and not ledger.cached:
        return "No language model was used."
    words = f"Language model: {count(ledger.calls, 'call')}, {count(ledger.tokens, 'token')}"
    words += " (in part estimated)" if ledger.estimated else ""
    if ledger.cached:
        words += f", {ledger.cached:,} answered from earlier calls"
    if ledger.cost is not None:
        words += f", about {ledger.cost:.2f} US dollars"
    elif ledger.calls:
        words += ", cost unknown (no price was given)"
    if ledger.seconds:
        words += f", {duration(ledger.seconds)}"
    if ledger.failures:
        kinds = ", ".join(
            f"{FAILURES.get(kind, 'other')} {number:,}"
            for kind, number in sorted(ledger.failures.items())
        )
        failed = sum(ledger.failures.values())
        words += f". {count(failed, 'request')} failed ({kinds}); {ledger.retries:,} sent again"
    return words + "."
