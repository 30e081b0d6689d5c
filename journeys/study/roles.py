"""Who may see and do what in the app.

=============  =====================================================================
owner          everything
analyst        designs, progress and answers; no titles, no raw words, no people
participant    their own, through their link (:mod:`journeys.store.participation`)
=============  =====================================================================

A role is a set of rights, and pages ask for the right, never for the role. Who has which role says
the sign-in (:mod:`journeys.access`); without one, whoever opens the app on its own machine is the
owner unless ``JOURNEYS_ROLE`` says "analyst".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from journeys.errors import AccessDenied, ConfigError
from journeys.settings import ROLE, Settings


class Right(Enum):
    """Something that a page shows or does."""

    SEE_DESIGN = "see the design"
    CHANGE_DESIGN = "change the design"
    INVITE = "invite people and see who they are"
    SEE_PROGRESS = "see how far invitations are"
    SEE_ANSWERS = "see and export answers"
    SEE_WORDS = "read what participants wrote"
    SEE_TITLES = "read titles from logs"
    DELETE = "delete a study"
    CHANGE_SETTINGS = "change what the app is set to"
    SEE_AUDIT = "see who saw which raw data"


class Role(Enum):
    OWNER = "owner"
    ANALYST = "analyst"
    PARTICIPANT = "participant"


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.ANALYST: frozenset({Right.SEE_DESIGN, Right.SEE_PROGRESS, Right.SEE_ANSWERS}),
    # A participant's own come by the link, and not by a right over a study.
    Role.PARTICIPANT: frozenset(),
}


def may(role: Role, right: Right) -> bool:
    """Whether a role has a right."""
    return right in RIGHTS[role]


def require(role: Role, right: Right) -> None:
    """Raises:
    AccessDenied: the role does not have the right.
    """
    if not may(role, right):
        raise AccessDenied(f"As {role.value} you may not {right.value}. Ask the study's owner.")


def researcher_role(settings: Settings) -> Role:
    """The role of whoever opens the app without sign-in: owner or analyst.

    Raises:
        ConfigError: it says something else.
    """
    said = settings.role.strip().lower() or Role.OWNER.value
    if said not in (Role.OWNER.value, Role.ANALYST.value):
        raise ConfigError(f"{ROLE} must be owner or analyst, not “{said}”.")
    return Role(said)
