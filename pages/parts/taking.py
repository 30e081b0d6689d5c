"""Files of raw data that people take away: each is noted when it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from journeys.audit import Way
from journeys.store.audit import Subject
from pages.parts.reading import read_as, reader
from pages.parts.resources import store

T = TypeVar("T")


def taken(make: Callable[[], T], subject: Subject | None) -> Callable[[], T]:
    """``make`` for a download button: called when the file is asked for, and noted before.

    Args:
        subject: whose data is in it; None for what is of no stored log.
    """
    by, audit = replace(reader(), way=Way.DOWNLOAD), store().audit

    def made() -> T:
        with read_as(by):
            if subject is not None:
                audit.note(by, subject)
            return make()

    return made
