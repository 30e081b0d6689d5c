"""Tables of which the database gives one page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

#: Rows of a page.
ROWS = 50


def paged(
    key: str,
    total: int,
    read: Callable[[int, int], Sequence[dict[str, Any]]],
) -> None:
    """A table with its pages below.

    Args:
        total: how many rows there are.
        read: (limit, offset) -> rows by column.
    """
    size = ROWS
    pages = max(1, -(-total // size))
    # What is chosen comes from below the table, and may be of a longer table.
    page = min(int(st.session_state.get(key) or 1), pages)
    st.dataframe(list(read(size, (page - 1) * size)), hide_index=True, key=f"{key}-table")
    if pages == 1:
        return
    st.session_state[key] = page
    with st.container(horizontal=True, vertical_alignment="center"):
        st.pagination(pages, key=key)
        first = (page - 1) * size + 1
        st.caption(f"{first:,} to {min(page * size, total):,} of {total:,}", width="content")
