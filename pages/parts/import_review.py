"""What will be kept: the person's own look at it, and every rule, before anything is stored."""

from __future__ import annotations

from contextlib import nullcontext

import streamlit as st

from journeys.ingest.joining import JoinReport
from journeys.ingest.preparing import Prepared, PrepareReport, nothing_left
from journeys.ingest.reviewing import Review
from journeys.ingest.rules import ImportRules
from pages.parts.import_events import events_panel
from pages.parts.import_rules import chosen_rules, rules_panel
from pages.parts.text import count, plain


def review(waiting: Review, rules: ImportRules, key: str) -> Prepared:
    """What will be kept, and the person's own look at it; the log as it would be stored now."""
    rules = chosen_rules(waiting.log, rules, key)
    with nullcontext() if waiting.is_ready(rules) else st.spinner("Applying the rules"):
        prepared = waiting.prepared(rules)
    report = prepared.report
    st.subheader("What will be kept", anchor=False)
    st.markdown(f"**{report.kept:,}** of {count(report.read, 'event')}{_gone(report)}.")
    if waiting.join is not None:
        _joined(waiting.join)
    if not report.kept:
        st.warning(plain(str(nothing_left(prepared))))
    events, *others = st.tabs(["Your events", "Cleaning", "Personal details", "Leave out"])
    with events:
        events_panel(waiting, prepared, key)
    rules_panel(others, waiting.log, rules, report, key)
    return prepared


def _gone(report: PrepareReport) -> str:
    parts = []
    if left := sum(report.left_out.values()):
        parts.append(f"{left:,} left out by rules")
    if report.deleted:
        parts.append(f"{report.deleted:,} deleted by you")
    if replaced := sum(report.redacted.values()):
        parts.append(f"{count(replaced, 'personal detail')} replaced")
    return "; " + ", ".join(parts) if parts else ""


def _joined(join: JoinReport) -> None:
    words = f"{count(join.titled, 'event')} got a title from the table of items"
    if join.untitled:
        shown = ", ".join(plain(item) for item in join.examples)
        words += f"; {join.untitled:,} have none, e.g. the items {shown}"
    st.caption(f":material/join: {words}.")
