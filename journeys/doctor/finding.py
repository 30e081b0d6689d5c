"""What the doctor says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    """Works, but something is worth knowing or doing."""
    MISSING = "missing"
    """Something that is needed is not there."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: what, in a word or two.
        found: what is there.
        advice: what to do, '' where there is nothing to do.
    """

    about: str
    state: State
    found: str
    advice: str = ""
