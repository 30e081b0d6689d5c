"""Who saw which raw data, for owners: a page of records at a time, and all as a file."""

from __future__ import annotations

import io

import streamlit as st

from journeys.audit import HEADER, audit_csv, cells
from pages.parts.resources import settings, store
from pages.parts.text import count

#: Records on a page.
_SHOWN = 50


def audit_panel() -> None:
    """The newest records, filtered and paged by the database."""
    st.caption(
        "Each time titles, names or words of people are given to somebody, this is noted: when, "
        "to whom, in which way, and of whom, under pseudonyms. Looks within ten minutes are one "
        "record, kept for "
        f"{count(settings().audit_days, 'day')}. Of people who were erased only that somebody was "
        "looked at stays."
    )
    by_whom, of_whom = st.columns(2)
    who = by_whom.text_input("Who looked", key="audit-who", placeholder="Part of an address")
    person = of_whom.text_input("At whom", key="audit-person", placeholder="A pseudonym")
    who, person = who.strip(), person.strip()
    total = store().audit.count(who=who, person=person)
    if not total:
        chosen = who or person
        st.info("No record is like this." if chosen else "Nobody has looked at anything yet.")
        return
    pages = -(-total // _SHOWN)
    page = 1
    if pages > 1:
        # Another filter begins at its first page.
        page = int(
            st.number_input(
                f"Page, of {pages:,}", 1, pages, key=f"audit-page-{who}-{person}", width=160
            )
        )
    looks = store().audit.list(who=who, person=person, most=_SHOWN, after=(page - 1) * _SHOWN)
    st.dataframe(
        [dict(zip(HEADER, cells(look), strict=True)) for look in looks],
        hide_index=True,
        key="audit-table",
    )
    st.download_button(
        f"Download {count(total, 'record')} (CSV)",
        lambda: _csv(who, person),
        "who-saw-what.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="audit-download",
    )


def _csv(who: str, person: str) -> bytes:
    out = io.StringIO(newline="")
    audit_csv(out, store().audit.all(who=who, person=person))
    return out.getvalue().encode()
