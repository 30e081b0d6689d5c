"""Who reads on this page, for the record of who saw which raw data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from streamlit.runtime.scriptrunner import get_script_run_ctx

from journeys.audit import Reader, Way
from pages.parts import state
from pages.parts.study_role import signed_in_as

#: Who nobody signs in is known as: the app is then open on its own machine only.
THIS_COMPUTER = "this computer"

#: A file is made outside any session, when it is asked for.
_TAKING: ContextVar[Reader | None] = ContextVar("taking", default=None)


def reader() -> Reader:
    """Who reads now, and on which page."""
    taking = _TAKING.get()
    if taking is not None:
        return taking
    if get_script_run_ctx(suppress_warning=True) is None:
        return Reader("unknown", Way.PAGE)
    return Reader(signed_in_as() or THIS_COMPUTER, Way.PAGE, state.page())


@contextmanager
def read_as(by: Reader) -> Iterator[None]:
    """Inside, ``by`` is who reads, where no session says so."""
    token = _TAKING.set(by)
    try:
        yield
    finally:
        _TAKING.reset(token)
