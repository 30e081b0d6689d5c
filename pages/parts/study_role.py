"""The role of who looks at the app, and what it allows."""

from __future__ import annotations

import os

from journeys.study.roles import Right, Role, may, researcher_role


def role() -> Role:
    """Owner on their own machine, unless the environment says analyst."""
    return researcher_role(os.environ)


def allowed(right: Right) -> bool:
    """Whether who looks may do or see something."""
    return may(role(), right)
