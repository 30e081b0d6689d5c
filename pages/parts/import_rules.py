"""What will be kept: each rule with its switch, its count and examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from journeys.errors import InputError
from journeys.ingest.preparing import Dropped, PrepareReport
from journeys.ingest.rules import RULES, ImportRules, domains_of
from journeys.sensitive import LABELS, TOPICS
from journeys.timeline import ActivityLog
from pages.parts.text import count, plain

#: Kind of a detail -> one of them, several.
KINDS = {
    "email": ("mail address", "mail addresses"),
    "phone": ("phone number", "phone numbers"),
    "card": ("card number", "card numbers"),
    "account": ("account or identity number", "account or identity numbers"),
    "secret": ("key or token", "keys and tokens"),
}


def chosen_rules(log: ActivityLog, rules: ImportRules, key: str) -> ImportRules:
    """The rules as the switches below stand, before they are drawn again.

    Streamlit keeps a widget's value under its key, so what is left out is known at the top of the
    page, above the switches themselves.
    """
    state = st.session_state
    switches = {
        name: bool(state.get(f"{key}-rule-{name}", getattr(rules, name)))
        for name in (*(rule.name for rule in RULES if not rule.chosen), "redact", "flag_topics")
    }
    rules = ImportRules.from_dict({**rules.to_dict(), **switches})
    typed = state.get(f"{key}-domains")
    try:
        domains = rules.domains if typed is None else domains_of(typed)
        return replace(
            rules,
            domains=domains,
            start=state.get(f"{key}-from", rules.start),
            end=state.get(f"{key}-to", rules.end),
            actions=tuple(state.get(f"{key}-actions", rules.actions)),
            sources=tuple(state.get(f"{key}-sources", rules.sources)),
            topics=tuple(state.get(f"{key}-topics", rules.topics)),
        )
    except InputError as error:
        st.warning(plain(str(error)))
        return rules


def rules_panel(
    places: Sequence[DeltaGenerator],
    log: ActivityLog,
    rules: ImportRules,
    report: PrepareReport,
    key: str,
) -> None:
    """The switches, with what each of them does to this log, in three places: cleaning, personal
    details, and what to leave out."""
    clean, privacy, leave = places
    with clean:
        _cleaning(report, rules, key)
    with privacy:
        _redaction(report, rules, key)
        _topics(report, rules, key)
    with leave:
        _leave_out(log, rules, key)


def _cleaning(report: PrepareReport, rules: ImportRules, key: str) -> None:
    found = [d for d in report.dropped if not d.chosen and d.events]
    none = [d for d in report.dropped if not d.chosen and not d.events]
    for dropped in found:
        _rule(dropped, rules, key)
    if not found:
        st.caption("No rule finds anything to leave out.")
    with st.expander(f"{count(len(none), 'rule')} that found nothing"):
        for dropped in none:
            _rule(dropped, rules, key)


def _rule(dropped: Dropped, rules: ImportRules, key: str) -> None:
    number = count(dropped.events, "event")
    if not hasattr(rules, dropped.rule):  # what no one can switch
        st.markdown(f"{dropped.label}: {number}")
    else:
        would = "" if dropped.on else " would be left out"
        st.toggle(
            f"{dropped.label}: {number}{would}",
            value=dropped.on,
            key=f"{key}-rule-{dropped.rule}",
        )
    shown = "; ".join(plain(title[:80]) for title in dropped.examples)
    st.caption(f"{dropped.why[0].upper()}{dropped.why[1:]}." + (f" E.g. {shown}" if shown else ""))


def _redaction(report: PrepareReport, rules: ImportRules, key: str) -> None:
    st.toggle(
        "Replace personal details before anything is stored",
        value=rules.redact,
        key=f"{key}-rule-redact",
        help="Mail addresses, phone, card and account numbers, keys and tokens in titles, texts "
        "and web addresses. Switched off, they are stored on this machine and replaced only "
        "before anything is sent to a language model.",
    )
    if not rules.redact:
        st.caption("Personal details will be stored as they are.")
        return
    if not report.redacted:
        st.caption("No personal details were found. No search finds all: look at the events below.")
        return
    told = ", ".join(count(n, *KINDS[kind]) for kind, n in report.redacted.items())
    st.caption(f"Will be replaced: {told}. Names of people are not recognised.")
    examples = [
        {"what": KINDS[e.kind][0], "stands there (masked)": e.before, "will be kept": e.after}
        for e in report.redactions.examples
    ]
    st.dataframe(examples, hide_index=True, height=min(len(examples) + 1, 7) * 35 + 3)


def _topics(report: PrepareReport, rules: ImportRules, key: str) -> None:
    st.toggle(
        "Flag what may be of a sensitive topic",
        value=rules.flag_topics,
        key=f"{key}-rule-flag_topics",
        help="By lists of words, on this machine. A flag leaves nothing out. Lists miss what is "
        "not said outright, and flag what only mentions a topic.",
    )
    for topic in report.topics:
        shown = "; ".join(plain(title[:60]) for title in topic.examples[:3])
        st.caption(f"**{LABELS[topic.topic]}**: {count(topic.events, 'event')}. E.g. {shown}")
    st.multiselect(
        "Leave out events of these topics",
        TOPICS,
        default=list(rules.topics),
        format_func=lambda topic: LABELS[topic],
        key=f"{key}-topics",
    )


def _leave_out(log: ActivityLog, rules: ImportRules, key: str) -> None:
    st.text_input(
        "Domains, with their subdomains",
        " ".join(rules.domains),
        placeholder="bank.example clinic.example",
        key=f"{key}-domains",
    )
    times = log.frame["timestamp"]
    first, last = times.min().date(), times.max().date()
    left, right = st.columns(2)
    bounds = {
        "min_value": min(first, rules.start or first),
        "max_value": max(last, rules.end or last),
    }
    left.date_input("First day", rules.start, key=f"{key}-from", **bounds)
    right.date_input("Last day", rules.end, key=f"{key}-to", **bounds)
    for label, column, chosen in (
        ("Actions", "action", rules.actions),
        ("Sources", "source", rules.sources),
    ):
        options = [value for value in log.frame[column].unique().tolist() if value]
        if len(options) > 1 or chosen:
            st.multiselect(
                label,
                list(dict.fromkeys([*options[:200], *chosen])),
                default=list(chosen),
                key=f"{key}-{column}s",
            )
