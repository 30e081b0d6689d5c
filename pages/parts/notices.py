"""Sentences for the user: what just happened, and errors without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from journeys.errors import JourneysError
from pages.parts import state
from pages.parts.text import plain


def show() -> None:
    """Show what an action before this script run had to say."""
    for sentence in state.take_notices():
        st.toast(plain(sentence), icon=":material/check:", duration="long")


@contextmanager
def told() -> Iterator[None]:
    """An error meant for the user becomes its sentence on the page, and the block ends there."""
    try:
        yield
    except JourneysError as error:
        st.error(plain(str(error)), icon=":material/error:")
