"""A progress bar that is drawn a few times a second, however often it is told."""

from __future__ import annotations

import time

import streamlit as st

_EVERY_SECONDS = 0.15


class LiveBar:
    """A bar for work inside one script run. Leaving the page ends that work."""

    def __init__(self, text: str) -> None:
        self._bar = st.progress(0.0, text)
        self._shown = 0.0

    def show(self, share: float, text: str) -> None:
        """Show the share that is done, 0 to 1, with words."""
        at = time.monotonic()
        if at - self._shown >= _EVERY_SECONDS or share >= 1:
            self._shown = at
            self._bar.progress(min(max(share, 0.0), 1.0), text)
