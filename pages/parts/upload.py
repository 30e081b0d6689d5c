"""A file becomes a stored log: look at its head, correct the columns, import."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import available_timezones

import pandas as pd
import streamlit as st

from journeys.errors import InputError
from journeys.ingest import Preview, preview_log, read_log
from journeys.store import LogSummary
from pages.parts import state
from pages.parts.livebar import LiveBar
from pages.parts.notices import told
from pages.parts.resources import store
from pages.parts.text import count, plain, size

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

TYPES = ["csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "gz", "zip"]

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
        type=TYPES,
        key=state.upload_key(),
        help="CSV, TSV, JSON, JSON lines or Parquet; plain, gzip or zip. One event a row, with "
        "at least a time and a title.",
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
    zones = sorted(available_timezones())
    into = _into(key)
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
        index=zones.index("UTC"),
        key=f"{key}-zone",
    )
    found = preview_log(file, timezone=zone, name=file_name)
    mapping = _columns(found, key)
    preview = found
    if mapping != {ours: found.mapping.get(ours, "") for ours in COLUMNS}:
        preview = preview_log(file, mapping=mapping, timezone=zone, name=file_name)
    _head(preview, file_size)
    missing = [COLUMNS[ours][0].lower() for ours in ("title", "timestamp") if not mapping[ours]]
    if missing:
        st.warning(f"Choose which column has the {' and the '.join(missing)}.")
    ready = not missing and preview.readable > 0
    if st.button(
        "Import" if into is None else "Add to the log",
        type="primary",
        icon=":material/download_done:",
        disabled=not ready,
        key="import",
    ):
        with told():
            _import(file, file_name, into or name, mapping, zone)


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
    file: BinaryIO, file_name: str, into: LogSummary | str, mapping: dict[str, str], zone: str
) -> None:
    """Read the file into a stored log, or into a new one of this name."""
    bar = LiveBar("Reading the file")

    def reading(done: int, total: int | None) -> None:
        share = done / total / 2 if total else 0.0
        bar.show(share, f"Reading the file: {size(done)} of {size(total or done)}")

    def storing(done: int, total: int) -> None:
        bar.show(0.5 + done / total / 2, f"Storing: {done:,} of {count(total, 'event')}")

    log = read_log(file, mapping=mapping, timezone=zone, name=file_name, on_progress=reading)
    if isinstance(into, str):
        log_id = store().logs.add(log, into, on_progress=storing)
    else:
        log_id = into.id
        store().logs.append(log_id, log, on_progress=storing)
    state.let_upload_go()
    state.choose_log(log_id)
    state.remember_import(log_id)
    st.rerun()
