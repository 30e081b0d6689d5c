"""A file becomes a stored log: look at its head, correct the columns, import."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import available_timezones

import pandas as pd
import streamlit as st

from journeys.errors import InputError
from journeys.ingest import Preview, preview_log
from journeys.ingest.preparing import Prepared
from journeys.ingest.profiles import Profile
from journeys.ingest.provenance import provenance
from journeys.ingest.reviewing import Review
from journeys.store import LogSummary
from pages.parts import state
from pages.parts.import_profile import choose_profile, save_panel
from pages.parts.import_review import review
from pages.parts.import_state import Wish, let_go, pending
from pages.parts.livebar import LiveBar
from pages.parts.notices import told
from pages.parts.resources import store
from pages.parts.text import count, plain, size

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

#: What an item table may be.
TABLES = ["csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "gz", "zip", "item"]

#: Our columns, in the order in which they are asked for: label, and what stands for "none".
COLUMNS = {
    "title": ("Title", "Choose a column"),
    "timestamp": ("Time", "Choose a column"),
    "user_id": ("Person", "One person's log"),
    "text": ("Text", "None"),
    "url": ("Web address", "None"),
    "item_id": ("Item id", "None"),
    "action": ("Action", "None"),
    "source": ("Source", "None"),
}
_MAIN = ("title", "timestamp", "user_id")


def choose_file() -> UploadedFile | None:
    """The upload field; the chosen file, or None."""
    file = st.file_uploader(
        "Choose an activity log",
        key=state.upload_key(),
        help="The export of a platform or browser as you downloaded it (zip and all), or a table: "
        "CSV, JSON or Parquet, one event a row with at least a time and a title.",
    )
    st.caption(
        ":material/lock: The file is read on this machine. Ids of people are replaced by "
        "pseudonyms, and the file itself is not kept."
    )
    return file


def import_panel(file: UploadedFile) -> None:
    """Everything from a chosen file to its import."""
    try:
        _file_panel(file, file.name, file.size, f"{state.upload_key()}-{file.file_id}")
    except InputError as error:
        st.error(plain(str(error)), icon=":material/error:")


def _file_panel(file: BinaryIO, file_name: str, file_size: int, key: str) -> None:
    into = _into(key)
    profile_name, profile = choose_profile(key)
    key = f"{key}-{profile_name}" if profile_name else key
    zones = sorted(available_timezones())
    left, right = st.columns(2) if into is None else (st.container(), st.container())
    name = ""
    if into is None:
        name = left.text_input(
            "Name of the log",
            PurePath(file_name).name.split(".")[0],
            max_chars=200,
            key=f"{key}-name",
        )
    zone = right.selectbox(
        "Time zone of times that do not say theirs",
        zones,
        index=zones.index(profile.timezone) if profile.timezone in zones else zones.index("UTC"),
        key=f"{key}-zone",
    )
    given = dict(profile.mapping)
    found = preview_log(file, mapping=given, timezone=zone, name=file_name)
    if found.known:
        _head(found, file_size)
        ready, items, wish = found.readable > 0, None, Wish({}, zone, profile.keep)
    else:
        mapping = _columns(found, key)
        items, item_key = items_field(key)
        preview = found
        if mapping != {ours: found.mapping.get(ours, "") for ours in COLUMNS}:
            preview = preview_log(file, mapping=mapping, timezone=zone, name=file_name)
        _head(preview, file_size)
        needed = ("timestamp", "item_id" if items else "title")
        missing = [COLUMNS[ours][0].lower() for ours in needed if not mapping[ours]]
        if missing:
            st.warning(f"Choose which column has the {' and the '.join(missing)}.")
        ready = not missing and (preview.readable > 0 or items is not None)
        wish = Wish(mapping, zone, profile.keep, item_key)
    label = "Import" if into is None else "Add to the log"
    if not ready:
        st.button(label, type="primary", disabled=True, key="import")
        return
    waiting = pending(file, file_name, file_size, key, wish, items)
    if waiting is None:
        return
    prepared = review(waiting, profile.rules, key)
    if st.button(
        label,
        type="primary",
        icon=":material/download_done:",
        disabled=not len(prepared.log),
        key="import",
    ):
        with told():
            _import(waiting, prepared, into or name, zone, profile_name)
    save_panel(
        Profile(wish.mapping, zone, profile.keep, prepared.rules), profile_name, f"{key}-save"
    )


def items_field(key: str) -> tuple[UploadedFile | None, str]:
    """A second file that has the items' titles, and which column of it is the key."""
    with st.expander("Titles in another file?"):
        items = st.file_uploader(
            "A table of items (optional)",
            type=TABLES,
            key=f"{key}-items",
            help="Titles, descriptions and categories of the items that the events name by id.",
        )
        item_key = st.text_input(
            "Its column with the item's id, if it is not found by itself", key=f"{key}-item-key"
        )
    return items, item_key.strip()


def _into(key: str) -> LogSummary | None:
    """The stored log that the file's events are added to; None for a new log."""
    logs = {log.id: log for log in store().logs.list() if not log.is_sample}
    if not logs:
        return None
    chosen = st.selectbox(
        "Import as",
        [None, *logs],
        format_func=lambda log_id: "A new log" if log_id is None else _adding_to(logs[log_id]),
        key=f"{key}-into",
        help="Events that a log has already (same person, time and item) are left out, so a newer "
        "export of the same history can be added whole. Journeys keep their names and ratings "
        "when they are discovered again.",
    )
    return None if chosen is None else logs[chosen]


def _adding_to(log: LogSummary) -> str:
    return f"Add to “{log.name}” ({count(log.n_events, 'event')})"


def _columns(found: Preview, key: str) -> dict[str, str]:
    """Which column of the file is which, as recognised or corrected; '' where there is none."""
    st.markdown("**Which column is which?**")
    chosen = _column_row(_MAIN, found, key)
    others = [ours for ours in COLUMNS if ours not in _MAIN]
    recognised = [COLUMNS[ours][0].lower() for ours in others if ours in found.matches]
    label = "More columns" + (f": found {', '.join(recognised)}" if recognised else "")
    with st.expander(label):
        return chosen | _column_row(others, found, key)


def _column_row(names: tuple[str, ...] | list[str], found: Preview, key: str) -> dict[str, str]:
    chosen = {}
    for ours, cell in zip(names, st.columns(len(names)), strict=True):
        label, none = COLUMNS[ours]
        match = found.matches.get(ours)
        options = ["", *found.columns]
        chosen[ours] = cell.selectbox(
            label,
            options,
            index=options.index(match.column) if match else 0,
            format_func=lambda column, none=none: column or none,
            help=plain(f"Recognised: {match.why}.") if match else None,
            key=f"{key}-{ours}",
        )
    return chosen


def _head(preview: Preview, file_size: int) -> None:
    """The first records as they stand in the file, and how many of them can be read."""
    frame = pd.DataFrame(preview.rows, columns=list(preview.columns), dtype="str")
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    st.dataframe(frame, height=min(len(frame) + 1, 7) * 35 + 3)
    bad = len(preview.rejected)
    words = f"{plain(preview.format)}, {size(file_size)}. "
    if preview.readable or bad:
        words += f"Of the first {count(preview.records, 'row')}, {preview.readable:,} can be read."
    st.caption(words)
    for note in preview.notes:
        st.caption(f":material/info: {plain(note)}")
    if bad:
        table = [{"row": r.row, "why": r.reason, "what": r.excerpt} for r in preview.rejected[:50]]
        with st.expander(f"{count(bad, 'row')} at the head cannot be read", expanded=bad > 10):
            st.dataframe(table, hide_index=True)


def _import(
    waiting: Review, prepared: Prepared, into: LogSummary | str, zone: str, profile: str
) -> None:
    """Store the log, as a new one of this name or in another."""
    bar = LiveBar("Storing")

    def storing(done: int, total: int) -> None:
        bar.show(done / total, f"Storing: {done:,} of {count(total, 'event')}")

    log = waiting.to_store(prepared)
    record = provenance(prepared, [waiting.file], timezone=zone, join=waiting.join, profile=profile)
    if isinstance(into, str):
        log_id = store().logs.add(log, into, provenance=record, on_progress=storing)
    else:
        log_id = into.id
        store().logs.append(log_id, log, provenance=record, on_progress=storing)
    let_go()
    state.let_upload_go()
    state.choose_log(log_id)
    state.remember_import(log_id)
    st.rerun()
