"""The record of an import: shown with the stored log, and exported."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from journeys.ingest.provenance import as_markdown
from journeys.sensitive import LABELS
from journeys.store import LogSummary
from pages.parts.import_rules import KINDS
from pages.parts.text import count, plain


def record_panel(log: LogSummary) -> None:
    """What was done to a log at each import, with the data dictionary and the downloads."""
    records = log.report.get("provenance", [])
    for number, record in enumerate(records):
        _told(record)
        with st.expander("Data dictionary"):
            st.dataframe(record["dictionary"], hide_index=True)
        with st.container(horizontal=True):
            st.download_button(
                "Record (JSON)",
                json.dumps(record, indent=2),
                file_name="provenance.json",
                mime="application/json",
                icon=":material/download:",
                on_click="ignore",
                key=f"record-json-{log.id}-{number}",
            )
            st.download_button(
                "Record (Markdown)",
                as_markdown(record),
                file_name="provenance.md",
                mime="text/markdown",
                icon=":material/download:",
                on_click="ignore",
                key=f"record-md-{log.id}-{number}",
            )


def _told(record: dict[str, Any]) -> None:
    counts = record["counts"]
    words = [f"Kept {counts['events_kept']:,} of {count(counts['events_read'], 'event')} read"]
    if counts["left_out"]:
        rules = ", ".join(
            f"{plain(name.replace('_', ' '))} {n:,}"
            for name, n in record["left_out_by_rule"].items()
        )
        words.append(f"{counts['left_out']:,} left out by rules ({rules})")
    if counts["deleted_by_hand"]:
        words.append(f"{counts['deleted_by_hand']:,} deleted by hand")
    st.caption(":material/filter_alt: " + "; ".join(words) + ".")
    if record["redacted_by_kind"]:
        kinds = ", ".join(count(n, *KINDS[kind]) for kind, n in record["redacted_by_kind"].items())
        st.caption(f":material/visibility_off: Replaced before storing: {kinds}.")
    if record["sensitive_topics"]:
        topics = ", ".join(f"{LABELS[t]} {n:,}" for t, n in record["sensitive_topics"].items())
        st.caption(f":material/flag: May be of a sensitive topic: {topics}.")
    files = "; ".join(
        f"{plain(file['format'])}, SHA-256 {file['sha256'][:12]}…" for file in record["files"]
    )
    product = record["product"].get("interest-journeys", "")
    st.caption(
        f":material/fingerprint: {files}. Version {plain(product)}, {record['imported_at']}."
    )
