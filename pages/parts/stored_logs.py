"""The stored logs: what each holds, how it was read, and rename, erase, delete."""

from __future__ import annotations

import io
from typing import Any

import streamlit as st

from journeys.spreadsheet import write_csv
from journeys.store import LogSummary
from journeys.store.audit import Subject
from pages.parts import state
from pages.parts.import_record import record_panel
from pages.parts.notices import told
from pages.parts.person_choice import LISTED, find_field
from pages.parts.resources import store
from pages.parts.taking import taken
from pages.parts.text import count, day, plain

#: Unreadable rows shown on the page; the download has all.
_SHOWN = 200

#: The button's words by whether journeys were found, and whether events came since.
_DISCOVER = {
    (False, False): "Discover journeys",
    (True, False): "Discover again",
    (True, True): "Discover again with the new events",
}

RENAME, REPORT, ERASE, DELETE = "Rename", "How it was read", "Erase a person", "Delete the log"


def log_card(log: LogSummary) -> None:
    """One log with its actions."""
    with st.container(border=True):
        badge = "  :gray-badge[made up]" if log.is_sample else ""
        st.markdown(f"**{plain(log.name)}**{badge}")
        st.caption(
            f"{count(log.n_events, 'event')} · {count(log.n_users, 'person', 'people')} · "
            f"{day(log.first_time)} to {day(log.last_time)}"
        )
        fresh = state.imported_log() == log.id
        if fresh:
            import_report(log)
            record_panel(log)
        with st.container(horizontal=True):
            latest = store().runs.latest_with_results(log.id)
            found = latest is not None
            fresher = latest is not None and log.added_since(latest.created_at) > 0
            if found and st.button(
                "See journeys",
                key=f"see-{log.id}",
                type="secondary" if fresher else "primary",
                icon=":material/route:",
            ):
                _open(log.id, "pages/journeys.py")
            if st.button(
                _DISCOVER[found, fresher],
                key=f"discover-{log.id}",
                type="secondary" if found and not fresher else "primary",
                icon=":material/travel_explore:",
            ):
                _open(log.id, "pages/discover.py")
            chosen = st.menu_button(
                "More", [RENAME, REPORT, ERASE, DELETE], key=f"more-{log.id}", type="tertiary"
            )
    if chosen == RENAME:
        _rename(log)
    elif chosen == REPORT:
        _report(log)
    elif chosen == ERASE:
        _erase(log)
    elif chosen == DELETE:
        _delete(log)


def _open(log_id: int, page: str) -> None:
    state.choose_log(log_id)
    state.remember_import(None)
    st.switch_page(page)


def import_report(log: LogSummary) -> None:
    """What was read, and what was not and why."""
    with st.container(horizontal=True):
        st.metric("Events", f"{log.n_events:,}", width="content")
        st.metric("People", f"{log.n_users:,}", width="content")
        st.metric("Duplicates left out", f"{log.n_duplicates:,}", width="content")
        st.metric("Rows not readable", f"{log.n_rejected:,}", width="content")
    for part in log.report.get("appended", []):
        st.caption(f":material/add_circle: {_added_words(part)}")
    for note in log.report.get("notes", []):
        st.caption(f":material/info: {plain(note)}")
    if not log.n_rejected:
        return
    reasons = log.report.get("rejected_by_reason", {})
    st.caption(
        "Not readable: "
        + "; ".join(f"{plain(why)}, {count(n, 'row')}" for why, n in reasons.items())
    )
    rows = store().logs.rejected(log.id, limit=_SHOWN)
    if not rows:
        st.caption("The rows themselves were forgotten when a person was erased.")
        return
    st.dataframe(
        [{"row": r.row, "why": r.reason, "what": r.excerpt} for r in rows],
        hide_index=True,
        height=min(len(rows) + 1, 6) * 35 + 3,
    )
    st.download_button(
        "Download the unreadable rows",
        taken(lambda: _rejected_csv(log.id), Subject(log_id=log.id)),
        file_name="unreadable_rows.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"rejected-{log.id}",
    )


def _added_words(part: dict[str, Any]) -> str:
    """What one addition to the log brought."""
    words = f"Added {day(part['at'])}: {count(part['events'], 'new event')}"
    if part["people"]:
        words += f", {count(part['people'], 'new person', 'new people')}"
    if part["duplicates"]:
        words += f"; {count(part['duplicates'], 'event was', 'events were')} there already"
    return words + "."


def _rejected_csv(log_id: int) -> bytes:
    out = io.StringIO(newline="")
    rows = ((r.row, r.reason, r.excerpt) for r in store().logs.rejected(log_id))
    write_csv(out, ["row", "reason", "excerpt"], rows)
    return out.getvalue().encode("utf-8-sig")


@st.dialog("How the log was read", width="large")
def _report(log: LogSummary) -> None:
    columns = ", ".join(
        f"{ours.replace('_', ' ')} from {plain(theirs)}"
        for ours, theirs in log.report.get("mapping", {}).items()
    )
    st.markdown(f"Format: {plain(log.report.get('format', ''))}. Columns: {columns or 'none'}.")
    import_report(log)
    record_panel(log)


@st.dialog("Rename the log")
def _rename(log: LogSummary) -> None:
    name = st.text_input("Name", log.name, max_chars=200, key=f"rename-{log.id}")
    if st.button("Rename", type="primary", key="rename", disabled=not name.strip()):
        store().logs.rename(log.id, name)
        state.notify("Renamed.")
        st.rerun()


@st.dialog("Erase a person")
def _erase(log: LogSummary) -> None:
    st.markdown(
        "This removes a person's events, journeys, names, ratings, and what was cached for them. "
        "It is final: nothing can bring it back. Files you exported earlier are beyond reach."
    )
    beginning = find_field(log.n_users, f"erase-find-{log.id}")
    found = store().listing.of_log(log.id, beginning=beginning, limit=LISTED)
    people = {person.pseudonym: person for person in found}
    chosen = st.selectbox(
        "Person",
        list(people),
        index=None,
        placeholder="Choose or type a pseudonym",
        format_func=lambda name: f"{name} ({count(people[name].n_events, 'event')})",
        key=f"erase-{log.id}",
    )
    wanted = st.button("Erase for good", type="primary", disabled=chosen is None, key="erase")
    if wanted and chosen is not None:
        with told(), st.spinner("Erasing"):
            erased = store().erase_person(people[chosen].id)
            state.choose_person(None)
            words = (
                f"Erased {count(erased.events, 'event')} and {count(erased.journeys, 'journey')}."
            )
            if erased.models:
                models = ", ".join(erased.models)
                words += f" Withdrawn, as trained on what this person did or said: {models}."
            state.notify(words)
            st.rerun()


@st.dialog("Delete the log")
def _delete(log: LogSummary) -> None:
    st.markdown(
        f"This deletes **{plain(log.name)}** with {count(log.n_events, 'event')}, every journey "
        "found in it, and every rating. It is final: nothing can bring it back."
    )
    if st.button("Delete for good", type="primary", icon=":material/delete:", key="delete"):
        with told(), st.spinner("Deleting"):
            store().logs.delete(log.id)
            if state.log_id() == log.id:
                state.choose_log(None)
            state.notify("The log is deleted.")
            st.rerun()
