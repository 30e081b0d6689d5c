"""The file that a session is importing, read once.

It lives in the session and nowhere else; letting the upload go lets go of it, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

import streamlit as st

from journeys.ingest import read_log
from journeys.ingest.joining import join_items, read_items
from journeys.ingest.provenance import SourceFile
from journeys.ingest.reading import LIMITS
from journeys.ingest.reviewing import Review
from pages.parts import state
from pages.parts.livebar import LiveBar
from pages.parts.resources import settings
from pages.parts.text import size

#: Larger files are read once their columns were looked at and a button was pressed.
AT_ONCE = 20_000_000


@dataclass(frozen=True)
class Wish:
    """How a file is to be read."""

    mapping: Mapping[str, str]
    timezone: str
    keep: tuple[str, ...] = ()
    item_key: str = ""


def pending(
    file: BinaryIO, name: str, size_bytes: int, key: str, wish: Wish, items: BinaryIO | None
) -> Review | None:
    """The file, read; None until the person asks for a large one to be read.

    Raises:
        InputError: the file or the item table cannot be used.
    """
    asked = (key, tuple(sorted(wish.mapping.items())), wish.timezone, wish.keep, wish.item_key,
             getattr(items, "file_id", None))  # fmt: skip
    kept = state.kept("import", asked)
    if "pending" in kept:
        return kept["pending"]  # type: ignore[no-any-return]
    if size_bytes > AT_ONCE and not st.button(
        f"Read the file ({size(size_bytes)})", type="primary", icon=":material/file_open:"
    ):
        return None
    kept["pending"] = _read(file, name, size_bytes, wish, items)
    return kept["pending"]  # type: ignore[no-any-return]


def let_go() -> None:
    """Forget what was read."""
    state.kept("import", None)


def _read(file: BinaryIO, name: str, size_bytes: int, wish: Wish, items: BinaryIO | None) -> Review:
    place = st.empty()
    with place:
        bar = LiveBar("Reading the file")

    def reading(done: int, total: int | None) -> None:
        share = done / total if total else 0.0
        bar.show(share, f"Reading the file: {size(done)} of {size(total or done)}")

    log = read_log(
        file,
        mapping=wish.mapping,
        timezone=wish.timezone,
        name=name,
        keep=wish.keep,
        on_progress=reading,
        limits=replace(LIMITS, seconds=settings().read_seconds),
        untitled=items is not None,
    )
    source, join = SourceFile(log.report, size_bytes), None
    if items is not None:
        table = read_items(items, log.frame["item_id"], key=wish.item_key, name="the item table")
        log, join = join_items(log, table)
    place.empty()
    return Review(log, source, join)
