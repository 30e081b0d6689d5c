"""Tabs of which only the open one is worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def open_tab(key: str, draws: Mapping[str, Callable[[T], None]], chosen: T) -> None:
    """Tabs by title, each with what draws it; a click on another runs the page again."""
    for tab, draw in zip(
        st.tabs(list(draws), key=key, on_change="rerun"), draws.values(), strict=True
    ):
        if tab.open:
            with tab:
                draw(chosen)
